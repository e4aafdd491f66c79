// Marks: what is kept of an event beside its columns.

import type { RecordView } from '../../../readers/types.js'

export const MarkKind = {
  /** A type whose record could not be read. */
  None: 0,
  /** a = vcpu_id (-1 = not told). */
  Entry: 1,
  /** a = text of the reason. */
  Exit: 2,
  /** a = text of the reason. */
  UserExit: 3,
  /** KVM_RUN begins. */
  Run: 4,
  NestedEnter: 5,
  /** a = text of the reason. */
  NestedLeave: 6,
  /** a = text. */
  IrqEntry: 7,
  IrqExit: 8,
  /** a = text. */
  SoftirqEntry: 9,
  SoftirqExit: 10,
  /** a = text. */
  SyscallEnter: 11,
  SyscallExit: 12,
  /** a = pid, b = CPU. */
  Migrate: 13,
  /** Events are lost from here .. */
  Gap: 14,
  /** .. to here. */
  GapEnd: 15,
} as const
export type MarkKind = (typeof MarkKind)[keyof typeof MarkKind]

export interface Mark {
  readonly kind: MarkKind
  readonly a: number
  readonly b: number
}

export interface Texts {
  of(text: string): number
}

export interface EventName {
  readonly system: string
  readonly name: string
}

/** How one event type becomes marks: the same for all its events, or from each record. */
export interface Family {
  readonly plain?: Mark
  readonly of?: (record: RecordView) => Mark
  /** The first record of each thread of a stream tells enough; `plain` stands for the others. */
  readonly onceAThread?: boolean
}

export const mark = (kind: MarkKind, a = 0, b = 0): Mark => ({ kind, a, b })

/** A field as a number, `otherwise` where the event has no such field. */
export function numberOf(record: RecordView, name: string, otherwise: number): number {
  const value = record.field(name)
  return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(BigInt.asIntN(53, value)) : otherwise
}
