// Wake-ups as stack analyses see them: which stack, which flags, how long until the first timekeeping read, in which run.

import { STAGES, WAKE_STAGES, RecordKind, type WakeRecords } from '../../model/wake-record.js'
import { decodeWakeFlags, type WakeFlagTable } from '../wake-flags.js'
import { signatureOf, signatureText } from './signature.js'

/** Until when a wake-up's delta is measured; from its first stage on. */
export const DELTAS = ['first_read', 'switch_in', 'wakeup'] as const
export type DeltaEnd = (typeof DELTAS)[number]

const STAGE_OF: Readonly<Record<DeltaEnd, number>> = {
  first_read: WAKE_STAGES.indexOf(RecordKind.FirstRead),
  switch_in: WAKE_STAGES.indexOf(RecordKind.SwitchIn),
  wakeup: WAKE_STAGES.indexOf(RecordKind.Wakeup),
}

/** One wake-up. */
interface Observation {
  /** Index of Observations.signatures. */
  readonly signature: number
  /** Index of Observations.constellations. */
  readonly constellation: number
  /** Index of the run and of the side that it belongs to. */
  readonly run: number
  readonly side: number
  /** ns from the first stage to each of DELTAS; NaN = not recorded. */
  readonly deltas: readonly number[]
}

/**
 * The flags of a wake-up: as its activation had them where that is recorded (there MIGRATED is set by then), otherwise as the
 * caller gave them, and whether the CPUs before and after say that it migrated.
 */
export interface Constellation {
  /** `SYNC|MIGRATED`, `SYNC at entry, migrated`, `not recorded, not migrated`. */
  readonly text: string
  /** `0x30`, of the flags decoded; null = not recorded. */
  readonly raw: string | null
  readonly captured: 'activation' | 'entry' | 'none'
  readonly names: readonly string[]
  /** By the flag, or by the CPUs where no flag says so; null = neither tells. */
  readonly migrated: boolean | null
}

export class Observations {
  readonly signatures: { readonly frames: readonly string[]; count: number }[] = []
  readonly constellations: Constellation[] = []
  readonly all: Observation[] = []
  readonly runs: string[] = []
  /** Wake-ups without a stack, which cannot be clustered, per side. */
  readonly without: number[] = []
  readonly #bySignature = new Map<string, number>()
  readonly #byFlags = new Map<string, number>()

  /**
   * Takes in the wake-ups of one run.
   * @param keep whether a wake-up is to be looked at; absent = all
   * @param table names of the flags; absent = by the records' kernel
   */
  add(
    run: string,
    side: number,
    records: WakeRecords,
    keep: (wake: number) => boolean = () => true,
    table: WakeFlagTable | null = records.flagNames.table(),
  ): void {
    const index = this.run(run)
    const { wakes, stacks, strings } = records
    const signatures = new Map<number, number>()
    for (let i = 0; i < wakes.count; i++) {
      if (!keep(i)) continue
      const stack = wakes.stack[i]!
      let signature = signatures.get(stack) ?? -1
      if (signature < 0 && stack >= 0) {
        signature = this.signature([...stacks[stack]!].map((s) => strings[s]!))
        signatures.set(stack, signature)
      }
      const flags = [wakes.flagsEntry[i]!, wakes.flagsActivate[i]!, wakes.derivedMigrated[i]!] as const
      this.observe(
        index,
        side,
        signature,
        () => this.constellation(...flags, table),
        () => deltasOf(records, i),
      )
    }
  }

  /** A new run; returns its index. */
  run(name: string): number {
    return this.runs.push(name) - 1
  }

  /** Takes in one wake-up; `signature` -1 = it has no stack. */
  observe(
    run: number,
    side: number,
    signature: number,
    constellation: () => number,
    deltas: () => readonly number[],
  ): void {
    this.without[side] ??= 0
    if (signature < 0) {
      this.without[side]!++
      return
    }
    this.signatures[signature]!.count++
    this.all.push({ signature, constellation: constellation(), run, side, deltas: deltas() })
  }

  /** Index of a stack's signature. */
  signature(frames: readonly string[]): number {
    const signature = signatureOf(frames)
    const text = signatureText(signature)
    const known = this.#bySignature.get(text)
    if (known !== undefined) return known
    this.#bySignature.set(text, this.signatures.length)
    return this.signatures.push({ frames: signature, count: 0 }) - 1
  }

  /** Index of the flags of a wake-up, as constellationOf takes them. */
  constellation(entry: number, activate: number, derived: number, table: WakeFlagTable | null): number {
    const key = `${table?.name ?? ''}/${activate < 0 ? entry : -1}/${activate}/${derived}`
    const known = this.#byFlags.get(key)
    if (known !== undefined) return known
    const made = constellationOf(entry, activate, derived, table)
    // Kernels may number the same flags in different ways.
    const same = this.constellations.findIndex((c) => c.text === made.text)
    const index = same >= 0 ? same : this.constellations.push(made) - 1
    this.#byFlags.set(key, index)
    return index
  }
}

/** The flags of one wake-up; -1 = not recorded. `derived` 1 = the CPUs differ, 0 = they do not. */
export function constellationOf(
  entry: number,
  activate: number,
  derived: number,
  table: WakeFlagTable | null,
): Constellation {
  const captured = activate >= 0 ? 'activation' : entry >= 0 ? 'entry' : 'none'
  const flags = captured === 'none' ? null : decodeWakeFlags(activate >= 0 ? activate : entry, table)
  const byCpus = derived < 0 ? null : derived === 1
  const told = captured === 'activation' && !flags!.ambiguous
  const migrated = told ? flags!.names.includes('MIGRATED') : byCpus
  const cpus = told || byCpus === null ? '' : byCpus ? ', migrated' : ', not migrated'
  const words = flags === null ? 'flags not recorded' : `${flags.text}${captured === 'entry' ? ' at entry' : ''}`
  return { text: `${words}${cpus}`, raw: flags?.raw ?? null, captured, names: flags?.names ?? [], migrated }
}

/** ns from a wake-up's first stage to each of DELTAS; NaN = not recorded. */
export function deltasOf({ wakes, records }: WakeRecords, wake: number): number[] {
  const timeOf = (stage: number): number => {
    const at = wakes.stages[wake * STAGES + stage]!
    return at < 0 ? Number.NaN : records.t[at]!
  }
  const first = WAKE_STAGES.findIndex((_, s) => wakes.stages[wake * STAGES + s]! >= 0)
  const start = timeOf(first)
  return DELTAS.map((end) => (STAGE_OF[end] === first ? Number.NaN : timeOf(STAGE_OF[end]) - start))
}
