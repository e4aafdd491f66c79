// From every file's own clock to the session's one time. The session's time is the time of the first machine (the host); its
// epoch is that machine's file epoch, so that the host's columns are used as they were decoded.

import type { Fault } from '../fault.js'
import { FaultList, RequestError } from '../fault.js'
import type { TraceFile } from '../readers/types.js'
import type { ClockChoice, ClockMethod, ClockState, Family, MachineInfo } from '../thread/contract.js'
import type { MachineIndex } from '../units.js'
import { chain, offsetStage, rationalStage, type Stage } from './stages.js'
import { compatStage, recordedStage, samplesOf, withoutOutliers, type ShiftSample } from './time-shift.js'

/** Times of one stream: FileTicks in, SessionTime out. */
export interface StreamClock {
  /** True when SessionTime equals FileTicks; the columns can then be shared. */
  readonly identity: boolean
  /** out[i] = session time of ticks[i], i < n. */
  apply(ticks: Float64Array, n: number, out: Float64Array): void
}

export interface Relation {
  readonly unit: 'ns' | 'ticks'
  /** Clock value (after the relation) that SessionTime 0 stands for. */
  readonly epoch: bigint
  readonly states: readonly ClockState[]
  readonly faults: readonly Fault[]
  clockOf(file: number, cpu: number): StreamClock
}

/** Per guest: the relation estimated from the events. */
export type Assessments = ReadonlyMap<MachineIndex, EventRelation>

export interface EventRelation {
  /** Whether there is an estimate to apply; if not, why, in one sentence. */
  readonly lacking: string | null
  /** Session times of a column of ticks since the epoch of the guest's first file. */
  apply(cpu: number, ticks: Float64Array, n: number, out: Float64Array): void
}

/** From the clock of a file of records to that of its machine's recording; files without one have the same clock. */
export type Bridges = ReadonlyMap<number, Stage>

const NS_CLOCKS = /^(local|global|perf|mono|mono_raw|boot|tai|uptime|ktime|monotonic.*|)$/

/** Whether a file's timestamps are ns: by its clock, or because it says how to convert its TSC. */
export const countsNs = (file: { readonly clock: string; readonly tsc2nsec: object | null }): boolean =>
  file.tsc2nsec !== null || NS_CLOCKS.test(file.clock)

/**
 * Relates all files' clocks.
 * @param choices per machine; absent = recorded where there is a TIME_SHIFT, the clock as it is for the first machine, from-start for unrelated others
 * @param assessed what the events say about guests' clocks; needed for the method `events`
 * @param bridges from the clocks of files of records to those of their machines' recordings
 * @throws RequestError when a choice is not available for its machine
 */
export function relateClocks(
  files: readonly TraceFile[],
  family: Family,
  choices: Readonly<Record<number, ClockChoice>> = {},
  assessed: Assessments = new Map(),
  bridges: Bridges = new Map(),
): Relation {
  const faults = new FaultList()
  // What is bridged counts in the units of the recording that it belongs to.
  const counting = files.filter((_, f) => !bridges.has(f))
  const unit = counting.every((f) => countsNs(f.meta)) ? 'ns' : 'ticks'
  if (unit === 'ticks' && counting.some((f) => countsNs(f.meta))) {
    faults.add({
      severity: 'warning',
      code: 'clock-units-differ',
      message: `Some files count ns (${namesOf(counting.filter((f) => countsNs(f.meta)))}), others ticks of a clock whose rate is not recorded (${namesOf(counting.filter((f) => !countsNs(f.meta)))}); their times cannot be compared.`,
    })
  }
  for (const f of files) {
    if (f.meta.clock === 'local') {
      faults.add({
        severity: 'note',
        code: 'local-clock',
        message:
          'The trace clock is local: it is not synchronised between the CPUs, so the order of events of different CPUs may be off.',
        file: f.meta.name,
      })
    }
  }

  const first = family.machines[0]
  const chosen = family.machines.map((m) => choose(m, files, family, assessed, choices[m.machine]))
  const own = family.machines.map((m, i) => stagesOf(m, files, chosen[i]!, faults))

  // A guest's clock leads to its host's, and on to that host's host. TSC to ns and DATE/OFFSET come last, from the guest's own
  // file or, where that says nothing, from the file of the machine whose clock was reached.
  const stagesFor = (m: MachineInfo, fileIndex: number, cpu: number): Stage[] => {
    const bridge = bridges.get(fileIndex)
    const stages = [...(bridge ? [bridge] : []), ...own[m.machine]!.toParent(cpu)]
    const line = [files[bridge ? m.files[0]! : fileIndex]!]
    for (let at = m; chosen[at.machine]!.method === 'recorded' && at.parent !== null;) {
      at = family.machines[at.parent]!
      stages.push(...own[at.machine]!.toParent(0))
      line.push(files[at.files[0]!]!)
    }
    const tsc = line.find((f) => f.meta.tsc2nsec !== null && f.meta.tsc2nsec.mult > 0)?.meta.tsc2nsec
    if (tsc) stages.push(rationalStage(0n, BigInt(tsc.mult), 1n << BigInt(tsc.shift)))
    const date = line.find((f) => f.meta.dateOffset !== 0n)?.meta.dateOffset
    if (date) stages.push(offsetStage(date))
    return stages
  }
  const stageFor = (m: MachineInfo, file: number, cpu: number): Stage => chain(stagesFor(m, file, cpu))

  const epochFile = first?.files[0] ?? 0
  const base = stageFor(first!, epochFile, files[epochFile]?.meta.streams[0]?.cpu ?? 0)
  const epoch = base.at(files[epochFile]?.meta.epoch ?? 0n)
  const startOf = (m: MachineInfo): bigint | null => {
    let start: bigint | null = null
    for (const f of m.files) {
      files[f]!.meta.streams.forEach((s, i) => {
        const span = files[f]!.span(i)
        if (!span) return
        const t = stageFor(m, f, s.cpu).at(span.first)
        if (start === null || t < start) start = t
      })
    }
    return start
  }
  const sessionStart = first ? (startOf(first) ?? epoch) : epoch

  const extra = family.machines.map((m, i) => {
    const c = chosen[i]!
    const moved = c.method === 'from-start' ? sessionStart - (startOf(m) ?? sessionStart) : 0n
    return moved + BigInt(c.offset)
  })

  return {
    unit,
    epoch,
    states: family.machines.map((m, i) => stateOf(m, files, family, chosen[i]!, own[i]!, extra[i]!, unit)),
    faults: faults.list,
    clockOf(file, cpu) {
      const m = family.machines[family.files[file]!.machine]!
      const inEpoch = files[file]!.meta.epoch
      const shift = extra[m.machine]!
      const estimated = chosen[m.machine]!.method === 'events' ? assessed.get(m.machine) : undefined
      if (estimated) {
        // Guest times of the estimate count from the epoch of the guest's first file, session times from the session's.
        const from = Number(inEpoch - files[m.files[0]!]!.meta.epoch)
        return {
          identity: false,
          apply(ticks, n, out) {
            const bridge = bridges.get(file)
            if (bridge) bridge.apply(ticks, n, out, inEpoch, files[m.files[0]!]!.meta.epoch)
            else offsetStage(0n).apply(ticks, n, out, BigInt(from), 0n)
            estimated.apply(cpu, out, n, out)
            offsetStage(shift).apply(out, n, out, 0n, 0n)
          },
        }
      }
      const stages = stagesFor(m, file, cpu)
      return {
        identity: stages.length === 0 && inEpoch + shift === epoch,
        apply: (ticks, n, out) => chain(stages).apply(ticks, n, out, inEpoch, epoch - shift),
      }
    },
  }
}

type Chosen = Required<ClockChoice>

function available(m: MachineInfo, files: readonly TraceFile[]): ClockMethod[] {
  const shifted = m.files.some((f) => files[f]!.meta.timeShift !== null)
  return [
    ...(shifted ? (['recorded', 'compat'] as const) : []),
    ...(m.parent === null ? [] : (['events'] as const)),
    'none',
    'from-start',
    'user',
  ]
}

function choose(
  m: MachineInfo,
  files: readonly TraceFile[],
  family: Family,
  assessed: Assessments,
  choice?: ClockChoice,
): Chosen {
  const methods = available(m, files)
  const byDefault =
    methods[0] === 'recorded' ? 'recorded' : m.machine === 0 || sameMachine(m, family) ? 'none' : 'from-start'
  const method = choice?.method ?? byDefault
  if (!methods.includes(method)) {
    throw new RequestError(
      `${m.name} has no recorded time shift; its clock can be taken as it is, from its own start, or moved by hand.`,
    )
  }
  if (method === 'events') {
    const lacking = assessed.get(m.machine)?.lacking
    if (lacking !== null) throw new RequestError(lacking ?? `The events have not been assessed for ${m.name}.`)
  }
  const offset = choice?.offset ?? '0'
  if (!/^[+-]?\d{1,19}$/.test(offset)) throw new RequestError(`The offset "${offset}" is not a whole number.`)
  return { method, offset: String(BigInt(offset.replace(/^\+/, ''))) }
}

/** Two recordings with one trace id share their clock. */
const sameMachine = (m: MachineInfo, family: Family): boolean => {
  const id = family.files[m.files[0]!]?.traceId
  return id !== null && id !== undefined && family.files.some((f) => f.machine === 0 && f.traceId === id)
}

interface MachineStages {
  toParent(cpu: number): Stage[]
  readonly samples: readonly (readonly ShiftSample[])[]
  readonly dropped: number
}

function stagesOf(m: MachineInfo, files: readonly TraceFile[], chosen: Chosen, faults: FaultList): MachineStages {
  const file = files[m.files[0]!]!
  const shift = file.meta.timeShift
  const none = { toParent: () => [], samples: [], dropped: 0 }
  if (!shift || (chosen.method !== 'recorded' && chosen.method !== 'compat')) return none
  const all = shift.cpus.map((_, cpu) => samplesOf(shift, cpu))
  if (chosen.method === 'compat') {
    const span = spanOf(file)
    const stages = all.map((s) => compatStage(s, shift.interpolate, span))
    return { toParent: (cpu) => (stages[cpu] ? [stages[cpu]] : []), samples: all, dropped: 0 }
  }
  const sieved = all.map(withoutOutliers)
  const dropped = sieved.reduce((n, s) => n + s.dropped.length, 0)
  sieved.forEach((s, cpu) => {
    for (const d of s.dropped) {
      faults.add({
        severity: 'warning',
        code: 'time-shift-outlier',
        message: `The clock sample ${d.offset} at ${d.time} of CPU ${cpu} is ${farFrom(d, s.kept)} away from the others and was left out.`,
        file: file.meta.name,
        cpu,
      })
    }
  })
  const stages = sieved.map((s) => recordedStage(s.kept, shift.interpolate))
  return { toParent: (cpu) => (stages[cpu] ? [stages[cpu]] : []), samples: sieved.map((s) => s.kept), dropped }
}

const farFrom = (d: ShiftSample, kept: readonly ShiftSample[]): string => {
  const by = d.offset - (kept[0]?.offset ?? d.offset)
  return `${by < 0n ? -by : by} ticks`
}

function spanOf(file: TraceFile): readonly [bigint, bigint] {
  const spans = file.meta.streams.map((_, i) => file.span(i)).filter((s) => s !== null)
  const firsts = spans.map((s) => s.first)
  const lasts = spans.map((s) => s.last)
  const min = firsts.reduce((a, b) => (b < a ? b : a), firsts[0] ?? 0n)
  const max = lasts.reduce((a, b) => (b > a ? b : a), lasts[0] ?? 0n)
  return [min, max]
}

function stateOf(
  m: MachineInfo,
  files: readonly TraceFile[],
  family: Family,
  chosen: Chosen,
  own: MachineStages,
  extra: bigint,
  unit: 'ns' | 'ticks',
): ClockState {
  const file = files[m.files[0]!]!
  return {
    machine: m.machine,
    clock: file.meta.clock || 'not recorded',
    method: chosen.method,
    offset: chosen.offset,
    available: available(m, files),
    statement: statement(m, file, family, chosen, own, extra, unit),
    verdict: null,
    accuracy: null,
  }
}

function statement(
  m: MachineInfo,
  file: TraceFile,
  family: Family,
  chosen: Chosen,
  own: MachineStages,
  extra: bigint,
  unit: 'ns' | 'ticks',
): string {
  const units = unit === 'ns' ? 'ns' : 'ticks'
  const host = m.parent === null ? 'its host' : family.machines[m.parent]!.name
  const byHand = chosen.offset === '0' ? '' : ` Moved by hand by ${chosen.offset} ${units}.`
  switch (chosen.method) {
    case 'recorded':
    case 'compat': {
      const counts = own.samples.map((s) => s.length)
      const total = counts.reduce((a, b) => a + b, 0)
      const left = own.dropped > 0 ? `, ${own.dropped} left out as impossible` : ''
      const how = chosen.method === 'compat' ? ', applied exactly as trace-cmd does it' : ''
      const repaired = file.meta.timeShift?.repaired ? ' The option was damaged and its counts were derived anew.' : ''
      return `Related to ${host} by the ${total} clock samples that trace-cmd recorded (${counts.join(' + ')} per CPU${left})${how}; how accurate they are is not recorded.${repaired}${byHand}`
    }
    case 'events':
      return `Estimated from the events.${byHand}`
    case 'from-start':
      return `No relation to the other files is recorded: it is shown from its own start (moved by ${extra} ${units}), and times must not be compared between them.${byHand}`
    case 'user':
      return `Moved by hand by ${chosen.offset} ${units}; nothing recorded confirms it.`
    case 'none':
      return family.machines.length === 1 || m.machine === 0
        ? `The times are those of its own clock (${file.meta.clock || 'not recorded'}).${byHand}`
        : `Its own clock is taken as it is; no relation to the other files is applied.${byHand}`
  }
}

const namesOf = (files: readonly TraceFile[]): string => files.map((f) => f.meta.name).join(', ')
