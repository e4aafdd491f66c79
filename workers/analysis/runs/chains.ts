// Runs of a chain: the first record of its first probe, then of each next the first that follows. What is missing or begins twice
// is named.

import type { FaultList } from '../../fault.js'
import type { ChainDefinition } from '../../thread/contract.js'
import { flagsText } from '../../readers/records/fields.js'
import { wakeFlagTable } from '../wake-flags.js'
import type { Book, RawRun } from './book.js'
import type { Place } from './rows.js'

export interface Run {
  readonly environment: string
  readonly session: string
  /** Within its session and environment. */
  readonly id: string
  readonly attributes: ReadonlyMap<string, string>
  readonly stack: string | null
  /** Times of the chain's steps, since `epoch` seconds. */
  readonly times: Float64Array
  readonly epoch: number
  /** null: taken from a recording. */
  readonly place: Place | null
  /** Positions of the steps' events in the open recording. */
  readonly positions: Uint32Array | null
  /** Where its steps are on machines with clocks of their own; null: one clock saw all. */
  readonly across: Across | null
}

/** What is known of the clocks behind a run's times. */
export interface Across {
  /** Of each step. */
  readonly machines: readonly number[]
  /** How far two times of different machines may be off against each other, to either side. */
  readonly accuracy: number
}

export interface ChainRuns {
  readonly chain: ChainDefinition
  /** In an order that does not depend on that of the input. */
  readonly runs: readonly Run[]
  /** Runs that lack a probe, by environment. */
  readonly incomplete: ReadonlyMap<string, number>
}

/** `total`, then the segments. */
export const measuresOf = ({ steps }: ChainDefinition): string[] => {
  const segments = steps.slice(1).map((step, i) => `${steps[i]} -> ${step}`)
  return segments.length > 1 ? ['total', ...segments] : ['total']
}

export function valueOf(run: Run, measure: number): number {
  const { times } = run
  return measure === 0 ? times[times.length - 1]! - times[0]! : times[measure]! - times[measure - 1]!
}

/** How far a measure may be off because two clocks are behind it, to either side; null: it has but one. */
export function accuracyOf({ across, times }: Run, measure: number): number | null {
  if (!across) return null
  const [from, to] = measure === 0 ? [0, times.length - 1] : [measure - 1, measure]
  return across.machines[from] === across.machines[to] ? null : across.accuracy
}

const natural = (a: string, b: string): number => {
  const [x, y] = [Number(a), Number(b)]
  return Number.isFinite(x) && Number.isFinite(y) && x !== y ? x - y : a < b ? -1 : a > b ? 1 : 0
}

export const inOrder = (a: Run, b: Run): number =>
  natural(a.environment, b.environment) || natural(a.session, b.session) || natural(a.id, b.id)

/** Takes the runs of `chain` out of the book. */
export function chainRuns(book: Book, chain: ChainDefinition, faults: FaultList): ChainRuns {
  const wanted = new Map(chain.steps.map((step, i) => [book.labelOf(step), i]))
  const runs: Run[] = []
  const incomplete = new Map<string, number>()
  for (const raw of book.runs) {
    const session = book.session(raw.environment, raw.session)!
    const attributes = new Map([...session.metadata, ...raw.attributes])
    nameFlags(attributes)
    const found = raw.chain === null ? passes(raw, wanted, chain, faults) : single(raw, wanted, chain, faults)
    if (found.lacking > 0) incomplete.set(raw.environment, (incomplete.get(raw.environment) ?? 0) + found.lacking)
    for (const { id, times, line } of found.complete) {
      runs.push({
        environment: raw.environment,
        session: raw.session,
        id,
        attributes,
        stack: raw.stack,
        times,
        epoch: raw.epoch,
        place: { file: raw.place.file, line },
        positions: null,
        across: null,
      })
    }
  }
  runs.sort(inOrder)
  return { chain, runs, incomplete }
}

/** wake_flags in the words of the kernel that the records name; the raw value stays beside them. */
function nameFlags(attributes: Map<string, string>): void {
  const [raw, kernel] = [attributes.get('wake_flags'), attributes.get('kernel')]
  if (raw === undefined || kernel === undefined || !/^0x[0-9a-fA-F]{1,8}$/.test(raw)) return
  const table = wakeFlagTable(kernel)
  if (table) attributes.set('wake_flags', flagsText(Number(raw), table))
}

interface Found {
  readonly complete: readonly { readonly id: string; readonly times: Float64Array; readonly line: number }[]
  readonly lacking: number
}

/** A run with an id of its own. */
function single(raw: RawRun, wanted: ReadonlyMap<number, number>, chain: ChainDefinition, faults: FaultList): Found {
  const times = new Float64Array(chain.steps.length)
  let next = 0
  let line = raw.place.line
  let any = false
  for (let i = 0; i < raw.probe.length; i++) {
    const step = wanted.get(raw.probe[i]!)
    if (step === undefined) continue
    any = true
    if (step === 0 && next > 0) {
      faults.add({
        severity: 'warning',
        code: 'two-runs-one-id',
        file: raw.place.file,
        message: `Line ${raw.line[i]} begins run ${raw.chain} of session ${raw.session} a second time; what follows of it is left out.`,
      })
      break
    }
    if (step !== next) continue
    if (step === 0) line = raw.line[i]!
    times[next++] = raw.time[i]!
    // What comes after the last step belongs to no segment, but a second beginning is still looked for.
  }
  if (next === times.length) return { complete: [{ id: raw.chain!, times, line }], lacking: 0 }
  if (any) {
    const lacks = chain.steps[next]!
    const after = next > 0 ? ` after ${chain.steps[next - 1]}` : ''
    faults.add({
      severity: 'warning',
      code: 'incomplete-run',
      file: raw.place.file,
      message: `Run ${raw.chain} of session ${raw.session} (line ${line}) has no ${lacks}${after}; it is left out.`,
    })
  }
  return { complete: [], lacking: any ? 1 : 0 }
}

/** Records without ids: every first probe begins a run. */
function passes(raw: RawRun, wanted: ReadonlyMap<number, number>, chain: ChainDefinition, faults: FaultList): Found {
  const complete: { id: string; times: Float64Array; line: number }[] = []
  let times = new Float64Array(chain.steps.length)
  let next = 0
  let line = 0
  let lacking = 0
  const giveUp = (): void => {
    if (next === 0) return
    lacking++
    faults.add({
      severity: 'warning',
      code: 'incomplete-run',
      file: raw.place.file,
      message: `The run of session ${raw.session} that begins in line ${line} has no ${chain.steps[next]}; it is left out.`,
    })
  }
  for (let i = 0; i < raw.probe.length; i++) {
    const step = wanted.get(raw.probe[i]!)
    if (step === undefined) continue
    if (step === 0) {
      giveUp()
      next = 0
      line = raw.line[i]!
    }
    if (step !== next) continue
    times[next++] = raw.time[i]!
    if (next === times.length) {
      complete.push({ id: String(complete.length + 1), times, line })
      times = new Float64Array(chain.steps.length)
      next = 0
    }
  }
  giveUp()
  return { complete, lacking }
}

/** The probes that most runs have, in the order in which most pass them; null where runs have fewer than two. */
export function suggestChain(book: Book): ChainDefinition | null {
  const orders = new Map<string, number>()
  for (const raw of book.runs) {
    const seen = [...new Set(raw.probe)].map((label) => book.labels[label]!)
    if (seen.length < 2 || seen.length > 12) continue
    const key = seen.join('\0')
    orders.set(key, (orders.get(key) ?? 0) + 1)
  }
  const best = [...orders].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]
  if (!best) return null
  const steps = best[0].split('\0')
  return { name: steps.join(' -> '), steps }
}
