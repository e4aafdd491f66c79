// Byte positions of the collector's records, as native-collector/wire.h lays them out; golden.test.ts holds the two together.

export const MAGIC = 'RMRAWIRE'
export const VERSION = 1
/** struct wire_file */
export const FILE_BYTES = 16

/** Kinds from 128 on are not of probes; those below 64 are RecordKind. */
export const WireKind = {
  LastWake: 5,
  Clocksource: 6,
  LastProbe: 14,
  Task: 64,
  Stack: 128,
  Symbol: 129,
  Clocks: 130,
  Counts: 131,
  Note: 132,
  End: 133,
} as const

/** In flags: not numbered although its kind is. */
export const UNNUMBERED = 1

export const NONE = 0xffffffff
export const NO_PROBE = 0xff

/** struct wire_head */
export const head = { kind: 0, size: 2, cpu: 4, flags: 6, seq: 8, time: 16, pid: 24, tgid: 28, bytes: 32 } as const

/** struct wire_wake */
export const wake = {
  wakee: 32,
  wakeeTgid: 36,
  runSeq: 40,
  ktime: 48,
  flagsEntry: 56,
  flagsActivate: 60,
  state: 64,
  stack: 68,
  prevCpu: 72,
  targetCpu: 74,
  path: 76,
  probe: 77,
  wakerCpu: 78,
  value: 80,
  waker: 88,
  bytes: 96,
} as const

/** struct wire_clocksource */
export const clocksource = {
  byTgid: 32,
  byPid: 36,
  number: 40,
  ktime: 48,
  value: 56,
  stack: 64,
  stage: 68,
  probe: 69,
  name: 72,
  bytes: 104,
} as const

/** struct wire_number */
export const number = { number: 32, vcpu: 36, address: 40, value: 48, probe: 56, bytes: 64 } as const
/** struct wire_task */
export const task = { task: 32, tgid: 36, comm: 40, bytes: 56 } as const
/** struct wire_stack */
export const stack = { id: 32, count: 36, address: 40 } as const
/** struct wire_symbol */
export const symbol = { address: 32, name: 40 } as const
/** struct wire_clocks */
export const clocks = { mono: 32, raw: 40, boot: 48, real: 56, tsc: 64, width: 72, bytes: 112 } as const
/** struct wire_counts */
export const counts = { records: 32, lost: 40, lostStacks: 48, lostTasks: 56, bytes: 64 } as const
/** struct wire_note */
export const note = { bytes: 32, text: 40 } as const

/** Fewest bytes of a record of a kind; a shorter one is damaged. */
export function leastBytes(kind: number): number {
  if (kind <= WireKind.LastWake) return wake.bytes
  if (kind === WireKind.Clocksource) return clocksource.bytes
  if (kind <= WireKind.LastProbe) return number.bytes
  if (kind === WireKind.Task) return task.bytes
  if (kind === WireKind.Clocks) return clocks.bytes
  if (kind === WireKind.Counts) return counts.bytes
  return kind >= WireKind.Stack && kind <= WireKind.End ? 40 : head.bytes
}
