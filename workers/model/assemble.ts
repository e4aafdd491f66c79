// Puts the parts of a loaded session together: streams in their order, event types, counts, and what a screen is told.

import { columnBytes, type StreamPlan } from '../columns/builder.js'
import { EventTable, type StreamColumns, wakingsOf } from '../columns/event-table.js'
import type { Relation } from '../clocks/relate.js'
import type { Fault } from '../fault.js'
import { RECORD_BUFFER } from '../readers/records/trace-file.js'
import type { TraceFile } from '../readers/types.js'
import type { EventTypeInfo, Family, SessionInfo, TrackInfo } from '../thread/contract.js'
import { eventTypeIndex, sessionTime, streamIndex } from '../units.js'
import { PidIndex } from './pids.js'
import type { RunBuilder } from './runs.js'
import type { Session } from './session.js'
import type { MachineCensus } from './tracks.js'

export interface Layout {
  readonly plans: readonly StreamPlan[]
  readonly types: readonly { readonly system: string; readonly name: string }[]
}

/**
 * The streams of all files in the order in which `trace-cmd report` takes events of equal time: the top buffers of all files,
 * CPU after CPU, then the other buffers of all files. Event types of one system and name are one type.
 */
export function layOut(files: readonly TraceFile[], family: Family, relation: Relation): Layout {
  const types: { system: string; name: string }[] = []
  const known = new Map<string, number>()
  const maps = files.map((file) =>
    Uint16Array.from(file.meta.eventTypes, ({ system, name }) => {
      const key = `${system}:${name}`
      const index = known.get(key) ?? types.push({ system, name }) - 1
      known.set(key, index)
      return index
    }),
  )
  const all = files.flatMap((file, f) => {
    const buffers = [...new Set(file.meta.streams.map((s) => s.buffer))]
    return file.meta.streams.map((meta, inFile) => ({ meta, f, inFile, rank: buffers.indexOf(meta.buffer) }))
  })
  all.sort(
    (a, b) =>
      Number(a.meta.buffer !== '') - Number(b.meta.buffer !== '') ||
      a.f - b.f ||
      a.rank - b.rank ||
      a.meta.cpu - b.meta.cpu,
  )
  return {
    types,
    plans: all.map(({ meta, f, inFile }, i) => ({
      stream: streamIndex(i),
      file: f,
      inFile,
      machine: family.files[f]!.machine,
      cpu: meta.cpu,
      buffer: meta.buffer,
      bytes: meta.bytes,
      types: maps[f]!,
      clock: relation.clockOf(f, meta.cpu),
    })),
  }
}

/** Counts that need a look at every event; times do not matter. */
export interface Census {
  readonly eventTypes: readonly EventTypeInfo[]
  readonly machines: readonly MachineCensus[]
  readonly pids: readonly PidIndex[]
}

export function takeCensus(streams: readonly StreamColumns[], types: Layout['types'], machines: number): Census {
  const byType = new Float64Array(types.length)
  const pids = Array.from({ length: machines }, () => new PidIndex())
  const perMachine = pids.map((index) => ({ events: 0, cpus: new Map<number, number>(), byPid: new Counter(index) }))
  for (const s of streams) {
    const m = perMachine[s.machine]!
    m.events += s.count
    m.cpus.set(s.cpu, (m.cpus.get(s.cpu) ?? 0) + s.count)
    const local = new Uint32Array(s.types.length)
    for (let i = 0; i < s.count; i++) local[s.type[i]!]!++
    local.forEach((n, type) => (byType[s.types[type]!]! += n))
    m.byPid.add(s.pid, s.count, 1)
    m.byPid.add(s.switchNext, s.switches, 0)
    const woken = wakingsOf(s).pid
    m.byPid.add(woken, woken.length, 0)
  }
  return {
    eventTypes: types.map((type, i) => ({ type: eventTypeIndex(i), ...type, count: byType[i]! })),
    machines: perMachine.map((m) => ({ events: m.events, cpus: m.cpus, pids: m.byPid.counts })),
    pids,
  }
}

class Counter {
  readonly #n: number[] = []
  constructor(private readonly index: PidIndex) {}

  add(pids: Int32Array, count: number, each: number): void {
    let pid = -1
    let slot = -1
    for (let i = 0; i < count; i++) {
      if (slot < 0 || pids[i] !== pid) {
        pid = pids[i]!
        slot = this.index.add(pid)
        if (slot === this.#n.length) this.#n.push(0)
      }
      this.#n[slot]! += each
    }
  }

  get counts(): Map<number, number> {
    return new Map(this.index.pids.map((pid, i) => [pid, this.#n[i]!]))
  }
}

export interface SessionParts {
  readonly version: number
  readonly files: readonly TraceFile[]
  readonly family: Family
  readonly relation: Relation
  readonly streams: readonly StreamColumns[]
  readonly order: Uint32Array
  readonly eventTypes: readonly EventTypeInfo[]
  readonly tracks: readonly TrackInfo[]
  /** First and last time of the session. */
  readonly ends: { readonly from: number; readonly to: number }
  readonly within: Session['within']
}

export function buildSession(p: SessionParts): Session {
  return {
    version: p.version,
    unit: p.relation.unit,
    epoch: p.relation.epoch,
    from: p.ends.from,
    to: p.ends.to,
    files: p.files,
    machines: p.family.machines,
    eventTypes: p.eventTypes,
    tracks: p.tracks,
    clocks: p.relation.states,
    table: new EventTable(p.streams, p.order),
    within: p.within,
  }
}

export function describeSession(
  session: Session,
  family: Family,
  faults: readonly Fault[],
  indexBytes: number,
  partial: string | null,
): SessionInfo {
  const { table } = session
  const count = table.streams.reduce((n, s) => n + s.count, 0)
  const bytes = table.streams.reduce((n, s) => n + columnBytes(s), table.order.byteLength) + indexBytes
  return {
    version: session.version,
    name: session.files.map((f) => f.meta.name).join(' + '),
    unit: session.unit,
    epoch: String(session.epoch),
    from: sessionTime(session.from),
    to: sessionTime(session.to),
    count,
    files: family.files,
    machines: family.machines,
    streams: table.streams.map((s) => ({
      stream: s.stream,
      file: s.file,
      machine: s.machine,
      buffer: s.buffer,
      cpu: s.cpu,
      count: s.count,
      lost: s.lost.reduce((n, l) => n + Math.max(1, l.events), 0),
    })),
    eventTypes: session.eventTypes,
    tracks: session.tracks,
    clocks: session.clocks,
    faults,
    memory: { bytes, perEvent: count === 0 ? 0 : bytes / count },
    partial,
  }
}

/** What the runs could not be told from sched_switch alone. */
export function runFaults(builders: readonly RunBuilder[], family: Family): Fault[] {
  return family.machines.flatMap((m): Fault[] => {
    const own = builders.filter((b) => b.of.machine === m.machine)
    const file = family.files[m.files[0]!]!.name
    if (own.every((b) => b.recorded === 0)) {
      // Records of wake-ups were never meant to tell of switches.
      if (own.every((b) => b.count === 0 || b.of.streams.every((s) => s.buffer === RECORD_BUFFER))) return []
      const message =
        'No sched_switch events were recorded: which task ran follows from the pid of each event alone. Record with -e sched to see when tasks really switched.'
      return [{ severity: 'warning', code: 'no-sched-switch', message, file }]
    }
    return own.flatMap((b): Fault[] => {
      if (b.inferred === 0) return []
      const fromIdle = b.inferredFromIdle
      const what =
        fromIdle === b.inferred
          ? `${fromIdle} switches out of idle`
          : `${b.inferred} switches${fromIdle > 0 ? ` (${fromIdle} of them out of idle)` : ''}`
      const message = `CPU ${b.of.cpu} did not record ${what} beside the ${b.recorded} that it did; they were inferred from the pid of the next event, and each happened between that event and the one before it.`
      return [{ severity: 'warning', code: 'switch-inferred', message, file, cpu: b.of.cpu, times: b.inferred }]
    })
  })
}

/** While loading, CPUs are all that is shown. */
export function partialCensus(layout: Layout, streams: readonly StreamColumns[], family: Family): Census {
  const census = takeCensus([], layout.types, family.machines.length)
  const machines = census.machines.map((m, i) => {
    const own = streams.filter((s) => s.machine === i)
    const cpus = new Map<number, number>()
    for (const s of own) cpus.set(s.cpu, (cpus.get(s.cpu) ?? 0) + s.count)
    return { events: own.reduce((n, s) => n + s.count, 0), cpus, pids: m.pids }
  })
  return { ...census, machines }
}
