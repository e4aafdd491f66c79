// wake_flags by name. The kernel has renumbered them several times (kernel/sched/sched.h): what a bit means follows from the
// version, which a trace tells by its UNAME, or from a table of the user's own.

/** A bit of wake_flags. */
export interface WakeFlag {
  readonly name: string
  readonly bit: number
}

/** The flags of a range of kernels. */
export interface WakeFlagTable {
  /** `6.6-6.11`, or the name of a user's table. */
  readonly name: string
  readonly flags: readonly WakeFlag[]
}

type Version = readonly [major: number, minor: number]

const table = (name: string, flags: Readonly<Record<string, number>>): WakeFlagTable => ({
  name,
  flags: Object.entries(flags).map(([flag, bit]) => ({ name: flag, bit })),
})

const SINCE_6_0 = { EXEC: 0x02, FORK: 0x04, TTWU: 0x08, SYNC: 0x10, MIGRATED: 0x20 }

/** Oldest first; each holds from its version up to the next one's. */
const TABLES: readonly { readonly since: Version; readonly table: WakeFlagTable }[] = [
  { since: [0, 0], table: table('<=5.7', { SYNC: 0x01, FORK: 0x02, MIGRATED: 0x04 }) },
  { since: [5, 8], table: table('5.8-5.10', { SYNC: 0x01, FORK: 0x02, MIGRATED: 0x04, ON_CPU: 0x08 }) },
  { since: [5, 11], table: table('5.11-5.19', { ...SINCE_6_0, ON_CPU: 0x40 }) },
  { since: [6, 0], table: table('6.0-6.5', SINCE_6_0) },
  { since: [6, 6], table: table('6.6-6.11', { ...SINCE_6_0, CURRENT_CPU: 0x40 }) },
  { since: [6, 12], table: table('>=6.12', { ...SINCE_6_0, CURRENT_CPU: 0x40, RQ_SELECTED: 0x80 }) },
]

/** All tables, for choosing one. */
export const WAKE_FLAG_TABLES: readonly WakeFlagTable[] = TABLES.map((t) => t.table)

/**
 * Major and minor version in the text of `uname -a`, `uname -r`, or `6.1`; null where there is none. A host name may look like a
 * version, so a word that also states a patch level or a local version counts before one that does not.
 */
export function kernelVersion(uname: string): Version | null {
  const words = uname.trim().split(/\s+/)
  const found =
    words.find((w) => /^\d+\.\d+(\.\d+|[-+]|$)/.test(w) && /^\d+\.\d+[.-]/.test(w)) ??
    words.find((w) => /^\d+\.\d+$/.test(w))
  const m = found === undefined ? null : /^(\d+)\.(\d+)/.exec(found)
  return m && [Number(m[1]), Number(m[2])]
}

/** The flags of a kernel: by the text of its UNAME, a version, or a table's name; null where the version is not known. */
export function wakeFlagTable(kernel: string): WakeFlagTable | null {
  const named = WAKE_FLAG_TABLES.find((t) => t.name === kernel.trim())
  if (named) return named
  const version = kernelVersion(kernel)
  if (!version) return null
  const [major, minor] = version
  return TABLES.findLast(({ since }) => major > since[0] || (major === since[0] && minor >= since[1]))!.table
}

/** Whose names the wake_flags of one file have: as chosen, else by the kernel that it names, else by the recording's beside it. */
export class FlagNames {
  #chosen: WakeFlagTable | null = null

  /** @param kernel the file's own, '' = it names none */
  constructor(private readonly kernel: string) {}

  get chosen(): WakeFlagTable | null {
    return this.#chosen
  }

  /** A kernel's version or a table's name; null = none is chosen. False where it is neither, and nothing changes. */
  choose(kernel: string | null): boolean {
    const table = kernel === null ? null : wakeFlagTable(kernel)
    if (kernel !== null && !table) return false
    this.#chosen = table
    return true
  }

  /** What holds unless something is chosen. @param uname of the recording beside it */
  usual(uname = ''): WakeFlagTable | null {
    return wakeFlagTable(this.kernel || uname)
  }

  /** Null where no kernel is known. */
  table(uname = ''): WakeFlagTable | null {
    return this.#chosen ?? this.usual(uname)
  }
}

interface DecodedFlags {
  /** `0xb8`, always there. */
  readonly raw: string
  /** Names in ascending order of their bits. */
  readonly names: readonly string[]
  /** Bits without a name; 0 = none. */
  readonly unknown: number
  /** Names that hold in some kernels only, because the version is not known. */
  readonly ambiguous: boolean
  /** `SYNC|MIGRATED|0x400`; `0` for none; `ambiguous` with the raw value where tables differ. */
  readonly text: string
}

/** wake_flags in words. `flags` = null: the kernel's version is not known; then only what all kernels agree on is named. */
export function decodeWakeFlags(value: number, flags: WakeFlagTable | null): DecodedFlags {
  const bits = value >>> 0
  const raw = hexOf(bits)
  if (!flags) return decodeUnknownVersion(bits, raw)
  const names = [...flags.flags]
    .sort((a, b) => (a.bit >>> 0) - (b.bit >>> 0))
    .filter((f) => (bits & f.bit) >>> 0 === f.bit >>> 0)
    .map((f) => f.name)
  const unknown =
    flags.flags.reduce((left, f) => ((bits & f.bit) >>> 0 === f.bit >>> 0 ? left & ~f.bit : left), bits) >>> 0
  return { raw, names, unknown, ambiguous: false, text: textOf(names, unknown) }
}

function decodeUnknownVersion(bits: number, raw: string): DecodedFlags {
  const readings = WAKE_FLAG_TABLES.map((t) => decodeWakeFlags(bits, t))
  const first = readings[0]!
  if (readings.every((r) => r.text === first.text)) return first
  return { raw, names: [], unknown: bits, ambiguous: true, text: `ambiguous ${raw}` }
}

const hexOf = (bits: number): string => `0x${bits.toString(16)}`
const textOf = (names: readonly string[], unknown: number): string =>
  [...names, ...(unknown === 0 ? [] : [hexOf(unknown)])].join('|') || '0'
