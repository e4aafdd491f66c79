import type { Fault } from '../../workers/fault.js'
import type { Family, RecordFileInfo, SessionInfo } from '../../workers/thread/contract.js'
import { version } from '../version.js'

/** What `remora info --json` prints: docs/schema/info.schema.json. `events` is null with --heads. */
export interface InfoReport {
  readonly remora: string
  readonly files: Family['files']
  readonly machines: Family['machines']
  readonly clocks: SessionInfo['clocks']
  readonly events: {
    readonly unit: 'ns' | 'ticks'
    readonly epoch: string
    readonly from: number
    readonly to: number
    readonly count: number
    /** Known number of lost events; places with an unknown number count 0 here. */
    readonly lost: number
    readonly partial: string | null
    readonly streams: SessionInfo['streams']
    readonly types: SessionInfo['eventTypes']
  } | null
  /** Files of wake-up records; empty with --heads. */
  readonly records: readonly RecordFileInfo[]
  readonly faults: readonly Fault[]
}

export function headsReport(family: Family): InfoReport {
  const { files, machines, faults } = family
  return { remora: version, files, machines, clocks: [], events: null, records: [], faults }
}

export function sessionReport(info: SessionInfo, records: readonly RecordFileInfo[] = []): InfoReport {
  const { files, machines, clocks, faults, unit, epoch, from, to, count, partial, streams } = info
  const lost = streams.reduce((sum, stream) => sum + Math.max(0, stream.lost), 0)
  const types = info.eventTypes
    .filter((type) => type.count > 0)
    .sort((a, b) => b.count - a.count || a.name.localeCompare(b.name))
  return {
    remora: version,
    files,
    machines,
    clocks,
    events: { unit, epoch, from, to, count, lost, partial, streams, types },
    records,
    faults,
  }
}
