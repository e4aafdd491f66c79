import type { Fault } from '../../workers/fault.js'
import type { Family, RecordFileInfo, SessionInfo } from '../../workers/thread/contract.js'
import { version } from '../version.js'
import type { Bundle } from './bundle.js'

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
  /** What a session saved as a file holds; absent = none was given. */
  readonly bundle?: {
    readonly name: string
    /** Version of the Remora that wrote it. */
    readonly by: string
    /** Range of the trace clock that its traces were trimmed to, decimal; null = they are whole. */
    readonly trimmed: { readonly from: string; readonly to: string } | null
    readonly notes: readonly { readonly kind: string; readonly text: string }[]
    readonly views: readonly { readonly name: string; readonly caption: string }[]
  }
}

export const bundleReport = ({ manifest, content }: Bundle): InfoReport['bundle'] => ({
  name: manifest.name,
  by: manifest.by,
  trimmed: manifest.trimmed,
  notes: (content.view?.notes ?? []).map(({ kind, text }) => ({ kind, text })),
  views: content.views.map(({ name, caption }) => ({ name, caption })),
})

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
