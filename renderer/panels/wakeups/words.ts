// Wake-ups in words.

import {
  WakeupMark,
  type ChainHop,
  type Grade,
  type LatencyLayer,
  type WakeFlags,
  type WakeupRow,
} from '../../../workers/thread/contract.js'
import type { PartLook } from '../delta-text.js'

export const layers: readonly LatencyLayer[] = [
  'host irq',
  'host scheduling',
  'hypervisor',
  'guest irq',
  'guest scheduling',
  'running',
  'unknown',
]

/** What the time in a layer was spent with. */
export const layerWords: Readonly<Record<LatencyLayer, string>> = {
  'host irq': 'an interrupt or a task of the host, until the vCPU’s thread was woken',
  'host scheduling': 'the woken thread waited for a CPU of the host',
  hypervisor: 'the vCPU’s thread ran, but not the guest',
  'guest irq': 'the guest handled the interrupt, until the task was woken',
  'guest scheduling': 'the woken task waited for a CPU of the guest',
  running: 'a task ran between being woken and waking the next',
  unknown: 'nothing recorded says what happened',
}

/** How a layer looks: waiting, interrupts and the hypervisor as on the rows. */
export const layerLook: Readonly<Record<LatencyLayer, PartLook>> = {
  'host irq': 'interrupt',
  'host scheduling': 'line',
  hypervisor: 'hatch',
  'guest irq': 'interrupt',
  'guest scheduling': 'line',
  running: 'solid',
  unknown: 'none',
}

export const gradeWords: Readonly<Record<Grade, string>> = {
  EXACT: 'Every step is recorded.',
  LIKELY: 'One step is inferred, or follows from being the only candidate.',
  AMBIGUOUS: 'There are several candidates, or steps that may have been lost.',
}

const marks: readonly (readonly [bit: number, word: string, sentence: string])[] = [
  [WakeupMark.New, 'new', 'The first wake-up of a new task: sched_wakeup_new.'],
  [WakeupMark.NoWaking, 'no waking', 'No sched_waking is recorded: time, CPU and waker are those of sched_wakeup.'],
  [WakeupMark.NoWakeup, 'no wakeup', 'No sched_wakeup is recorded: whether the task moved is judged by where it ran.'],
  [WakeupMark.RunInferred, 'run inferred', 'No sched_switch to the task is recorded: it ran at the latest when shown.'],
  [WakeupMark.Repeated, 'repeated', 'Woken again before it ran: the run belongs to the first of these wake-ups.'],
  [WakeupMark.WhileRunning, 'was running', 'The task ran when it was woken and went on: nothing had to be waited for.'],
  [WakeupMark.WhileRunnable, 'was runnable', 'The task had been preempted and could run anyway.'],
  [WakeupMark.Lost, 'events lost', 'Events were lost on a CPU of the machine between waking and running.'],
  [WakeupMark.NeverRan, 'never ran', 'Not seen running before the recording ends.'],
]

/** What is special about a wake-up, in short and as sentences. */
export const markWords = (bits: number): { readonly short: string; readonly sentences: readonly string[] } => {
  const set = marks.filter(([bit]) => (bits & bit) !== 0)
  return { short: set.map(([, word]) => word).join(', '), sentences: set.map(([, , sentence]) => sentence) }
}

/** `SYNC|MIGRATED (0x30)`; `none (0x0)`. */
export const flagsText = (f: WakeFlags): string =>
  f.names.length === 0 && f.unknown === 0 ? `none (${f.raw})` : f.text === f.raw ? f.raw : `${f.text} (${f.raw})`

/** The flags of a row's record, those at activation where there are any. */
export function rowFlags({ record }: Pick<WakeupRow, 'record'>): string {
  const flags = record?.activate ?? record?.entry
  return flags ? flagsText(flags) : ''
}

/** `CPU 1`, `CPU 1 to 0`, `?`. */
export function cpuText({ cpuBefore, cpuAfter }: Pick<WakeupRow, 'cpuBefore' | 'cpuAfter'>): string {
  const one = (n: number) => (n < 0 ? '?' : String(n))
  return cpuBefore === cpuAfter ? one(cpuAfter) : `${one(cpuBefore)} → ${one(cpuAfter)}`
}

/** `+0x1f`; '' where a record names functions without. */
export const offsetText = (offset: number): string => (offset < 0 ? '' : `+0x${offset.toString(16)}`)

/** A stack as text, innermost first, with what is left out at its beginning said. */
export function stackText(stack: NonNullable<ChainHop['stack']>, all: boolean): string {
  const frames = all ? stack.frames : stack.frames.slice(stack.folded)
  return frames.map((f) => (f.symbol ? `${f.symbol}${offsetText(f.offset)}` : f.address)).join('\n')
}

/** 16 hex digits: an id of a wake-up or of a link. */
export const isWakeupId = (text: string): boolean => /^(?:0x)?[0-9a-f]{16}$/i.test(text.trim())
export const plainId = (text: string): string => text.trim().replace(/^0x/i, '').toLowerCase()
