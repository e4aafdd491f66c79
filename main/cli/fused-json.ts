import type { FusedViews } from '../../workers/analysis/views.js'
import { eachSpan, type Intervals } from '../../workers/model/intervals.js'
import type { Session } from '../../workers/model/session.js'
import {
  FusedState,
  SpanFlag,
  type DeltaByLayer,
  type FusedTotals,
  type FusedTrack,
  type PreemptionReport,
} from '../../workers/thread/contract.js'
import { version } from '../version.js'

/** What the reports on virtual machines have in common. Times are counted from `epoch`; lengths are in `unit`. */
interface Frame {
  readonly remora: string
  readonly unit: 'ns' | 'ticks'
  readonly epoch: string
  /** Names of the machines, by index. */
  readonly machines: readonly string[]
}

/** One state of a row. */
export interface IntervalReport {
  readonly from: number
  readonly to: number
  readonly state: string
  readonly label: string
  /** No switch says so: its beginning follows from the next event. */
  readonly inferred: boolean
}

/** What `remora fused --json` prints: docs/schema/fused.schema.json. */
export interface FusedReport extends Frame, Omit<FusedTotals, 'version'> {
  /** What the time from .. to went to, for the tasks and vCPUs that were asked for. */
  readonly delta?: DeltaByLayer['subjects']
  readonly tracks: readonly (FusedTrack & { readonly intervals?: readonly IntervalReport[] })[]
}

/** What `remora preemptions --json` prints: docs/schema/preemptions.schema.json. */
export interface PreemptionsReport extends Frame, Omit<PreemptionReport, 'version'> {
  readonly vcpus: FusedTotals['vcpus']
  readonly maxSteal: number | null
  /** One sentence a limit that is exceeded. */
  readonly failures: readonly string[]
}

export const frameOf = ({ unit, epoch, machines }: Session): Frame => ({
  remora: version,
  unit,
  epoch: String(epoch),
  machines: machines.map((m) => m.name),
})

const names = new Map<number, string>(Object.entries(FusedState).map(([name, state]) => [state, name]))

/** Intervals of one row that touch from .. to, whole. */
export function* intervalsOf(
  { labels }: FusedViews['model'],
  x: Intervals,
  row: number,
  range: { readonly from: number; readonly to: number },
): Generator<IntervalReport> {
  const entries: number[] = []
  eachSpan(x, row, range, (i, from, to) => to > from && entries.push(i))
  for (const i of entries) {
    const label = labels[x.value[i]!]
    yield {
      from: x.t[i]!,
      to: x.t[i + 1]!,
      state: names.get(x.state[i]!)!,
      label: label ? `${label.text}${label.detail === null ? '' : ` (${label.detail})`}` : '',
      inferred: (x.flags[i]! & SpanFlag.Inferred) !== 0,
    }
  }
}

/** @param subjects rows of tasks and vCPUs of which to say where the time went */
export function fusedReport(
  session: Session,
  views: FusedViews,
  totals: FusedTotals,
  intervals: boolean,
  subjects: readonly string[],
): FusedReport {
  const { version: _, ...rest } = totals
  const { from, to } = totals
  const delta = subjects.length > 0 ? { delta: views.deltaByLayer({ from, to, tracks: subjects }).subjects } : {}
  const tracks = views.model.tracks.map((track, row) =>
    intervals ? { ...track, intervals: [...intervalsOf(views.model, views.model.intervals, row, totals)] } : track,
  )
  return { ...frameOf(session), ...rest, ...delta, tracks }
}
