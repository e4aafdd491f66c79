// Wake-ups by flag constellation, as a wake_flags.cfg says. The file, line by line (`#` begins a comment):
//
//   kernel = 6.12                          whose names the flags have; a version, or the text of uname
//   flag HURRY = 0x100                     a flag of one's own, or another bit for a known one
//   constellation tight = SYNC|MIGRATED    exactly these bits
//   constellation moved = MIGRATED|*       these, whatever else is set
//   constellation alone = !SYNC|!FORK|*    none of these
//   constellation none  = 0
//
// The first constellation that fits counts; what fits none is `other`.

import { InputError } from '../../fault.js'
import { STAGES, WAKE_STAGES, type WakeRecords } from '../../model/wake-record.js'
import { idText } from '../correlation-id.js'
import { figures, sorted, type Figures } from '../statistics/describe.js'
import { decodeWakeFlags, wakeFlagTable, type WakeFlag, type WakeFlagTable } from '../wake-flags.js'

/** A row of the file: bits that must be set, that must not be, and whether others may be. */
interface ConstellationRule {
  readonly name: string
  /** As written. */
  readonly text: string
  readonly terms: readonly { readonly name: string; readonly not: boolean }[]
  readonly open: boolean
}

interface FlagsConfig {
  /** null = by the records themselves. */
  readonly kernel: string | null
  readonly flags: readonly WakeFlag[]
  readonly constellations: readonly ConstellationRule[]
}

export const NO_CONFIG: FlagsConfig = { kernel: null, flags: [], constellations: [] }

/** Reads a wake_flags.cfg. Throws InputError naming file and line. */
export function readFlagsConfig(text: string, file: string): FlagsConfig {
  let kernel: string | null = null
  const flags: WakeFlag[] = []
  const constellations: ConstellationRule[] = []
  text.split(/\r?\n/).forEach((line, i) => {
    const bare = line.replace(/#.*/, '').trim()
    if (bare === '') return
    const fail = (why: string): never => {
      throw new InputError(`Line ${i + 1} of ${file} cannot be used: ${why}.`, 'bad-flags-config', file)
    }
    const parts = /^(kernel|flag|constellation)(?:\s+([\w.-]+))?\s*=\s*(.+)$/.exec(bare)
    if (!parts) return fail('it is neither kernel = .., flag NAME = .. nor constellation NAME = ..')
    const [, what, name, value] = parts
    if (what === 'kernel') {
      if (!wakeFlagTable(value!)) fail(`"${value}" is no kernel version`)
      kernel = value!
    } else if (name === undefined) fail(`the ${what} has no name`)
    else if (what === 'flag') {
      if (!/^(0x[0-9a-fA-F]{1,8}|\d{1,10})$/.test(value!) || Number(value) > 0xffff_ffff || Number(value) === 0)
        fail(`"${value}" is no bit of wake_flags`)
      flags.push({ name, bit: Number(value) })
    } else {
      if (constellations.some((c) => c.name === name)) fail(`there are two constellations ${name}`)
      const terms = value!.split('|').map((t) => t.trim())
      const wrong = terms.find((t) => !/^(\*|0|!?[A-Za-z_]\w*|!?0x[0-9a-fA-F]{1,8})$/.test(t))
      if (wrong !== undefined) fail(`"${wrong}" is neither a flag, !flag, * nor 0`)
      constellations.push({
        name,
        text: value!,
        terms: terms
          .filter((t) => t !== '*' && t !== '0')
          .map((t) => ({ name: t.replace(/^!/, '').replace(/^WF_/, ''), not: t.startsWith('!') })),
        open: terms.includes('*'),
      })
    }
  })
  return { kernel, flags, constellations }
}

/** The flags' names under a configuration; null where the kernel is not known and the configuration names no flags. */
function configuredTable(config: FlagsConfig, kernel: string): WakeFlagTable | null {
  const known = wakeFlagTable(config.kernel ?? kernel)
  if (config.flags.length === 0) return known
  const own = new Set(config.flags.map((f) => f.name))
  const kept = known?.flags.filter((f) => !own.has(f.name)) ?? []
  return { name: known ? `${known.name} and own` : 'own', flags: [...kept, ...config.flags] }
}

/** One wake-up or trace, in the seeds' fields. */
export interface TraceData {
  readonly trace_id: string
  /** Raw hex. */
  readonly flags: string
  /** ns, decimal. */
  readonly timestamp: string
}

interface AggregateGroup {
  readonly name: string
  /** The rule as written, or the flags where no configuration is given. */
  readonly flags: string
  readonly count: number
  /** 0..1 of all that have flags. */
  readonly share: number
  /** ns, decimal; null where the group is empty. */
  readonly first: string | null
  readonly last: string | null
  /** ns between one and the next of the group within one file; null where there are fewer than two. */
  readonly gaps: Figures | null
  /** ns from the first stage to the last one recorded; null where there is no second stage. */
  readonly deltas: Figures | null
  readonly traces: readonly TraceData[]
}

export interface Aggregate {
  /** Names of the flag tables used. */
  readonly tables: readonly string[]
  readonly count: number
  /** Wake-ups without flags. */
  readonly without: number
  readonly groups: readonly AggregateGroup[]
}

interface Bin {
  readonly flags: string
  readonly traces: TraceData[]
  readonly gaps: number[]
  readonly deltas: number[]
  first: bigint | null
  last: bigint | null
}

/** Wake-ups of several files by constellation. Final flags count where they are recorded, those of the call otherwise. */
export function aggregate(files: readonly WakeRecords[], config: FlagsConfig = NO_CONFIG, kernel?: string): Aggregate {
  const bins = new Map<string, Bin>(config.constellations.map((c) => [c.name, { flags: c.text, ...emptyBin() }]))
  const tables = new Set<string>()
  let without = 0
  let count = 0
  for (const file of files) {
    const table = configuredTable(config, kernel ?? file.header.kernel)
    tables.add(table?.name ?? 'kernel not known')
    const before = new Map<Bin, bigint>()
    for (const wake of inTime(file)) {
      const { flagsEntry, flagsActivate } = file.wakes
      const flags = flagsActivate[wake]! >= 0 ? flagsActivate[wake]! : flagsEntry[wake]!
      if (flags < 0) {
        without++
        continue
      }
      count++
      const [name, text] = nameOf(flags, table, config.constellations)
      const bin = bins.get(name) ?? { flags: text, ...emptyBin() }
      bins.set(name, bin)
      take(bin, file, wake, flags, before)
    }
  }
  const byCount = ([a, x]: [string, Bin], [b, y]: [string, Bin]): number =>
    y.traces.length - x.traces.length || (a < b ? -1 : 1)
  const ordered = config.constellations.length > 0 ? [...bins] : [...bins].sort(byCount)
  return {
    tables: [...tables].sort(),
    count,
    without,
    groups: ordered.map(([name, bin]) => ({
      name,
      flags: bin.flags,
      count: bin.traces.length,
      share: count === 0 ? 0 : bin.traces.length / count,
      first: bin.first === null ? null : String(bin.first),
      last: bin.last === null ? null : String(bin.last),
      gaps: bin.gaps.length === 0 ? null : figures(sorted(bin.gaps)),
      deltas: bin.deltas.length === 0 ? null : figures(sorted(bin.deltas)),
      traces: bin.traces,
    })),
  }
}

const emptyBin = (): Omit<Bin, 'flags'> => ({ traces: [], gaps: [], deltas: [], first: null, last: null })

/** Wake-ups of a file in the order of their times. */
function inTime({ wakes, records }: WakeRecords): number[] {
  const order = Array.from({ length: wakes.count }, (_, i) => i)
  return order.sort((a, b) => records.t[wakes.first[a]!]! - records.t[wakes.first[b]!]! || a - b)
}

function nameOf(
  flags: number,
  table: WakeFlagTable | null,
  rules: readonly ConstellationRule[],
): readonly [name: string, text: string] {
  const text = decodeWakeFlags(flags, table).text
  if (rules.length === 0) return [text, text]
  const rule = rules.find((r) => fits(flags, table, r))
  return rule ? [rule.name, rule.text] : ['other', 'none of these']
}

function fits(flags: number, table: WakeFlagTable | null, { terms, open }: ConstellationRule): boolean {
  let wanted = 0
  for (const { name, not } of terms) {
    const bit = name.startsWith('0x') ? Number(name) : table?.flags.find((f) => f.name === name)?.bit
    // A flag that this kernel does not have is never set.
    const set = bit !== undefined && (flags & bit) !== 0
    if (set === not) return false
    if (!not) wanted |= bit ?? 0
  }
  return open || (flags & ~wanted) >>> 0 === 0
}

function take(bin: Bin, file: WakeRecords, wake: number, flags: number, before: Map<Bin, bigint>): void {
  const { wakes, records, epoch } = file
  const time = epoch + BigInt(records.t[wakes.first[wake]!]!)
  bin.traces.push({
    trace_id: idText(wakes.id[wake]!),
    flags: `0x${flags.toString(16)}`,
    timestamp: String(time),
  })
  const last = before.get(bin)
  if (last !== undefined) bin.gaps.push(Number(time - last))
  before.set(bin, time)
  if (bin.first === null || time < bin.first) bin.first = time
  if (bin.last === null || time > bin.last) bin.last = time
  const stages = WAKE_STAGES.flatMap((_, s) => {
    const at = wakes.stages[wake * STAGES + s]!
    return at < 0 ? [] : [records.t[at]!]
  })
  if (stages.length > 1) bin.deltas.push(stages.at(-1)! - stages[0]!)
}
