// What is known of a machine's clock, in a word or two.

import type { ClockMethod, ClockState, ClockVerdict } from '../../workers/thread/contract.js'
import { formatAccuracy } from '../state/format.js'

export const methodNames: Readonly<Record<ClockMethod, { readonly name: string; readonly about: string }>> = {
  recorded: { name: 'Recorded', about: 'TIME_SHIFT of the recording, computed with 128 bits' },
  compat: { name: 'As trace-cmd', about: 'TIME_SHIFT, rounded as trace-cmd rounds it' },
  events: { name: 'From events', about: 'estimated from the order of host and guest events' },
  none: { name: 'Unchanged', about: 'the file’s own clock' },
  'from-start': { name: 'From start', about: 'the file’s first event at the start of the session' },
  user: { name: 'Own offset', about: 'the file’s own clock plus the offset typed here' },
}

const words: Readonly<Record<ClockMethod, string>> = {
  recorded: 'recorded sync',
  compat: 'trace-cmd sync',
  events: 'from events',
  none: 'own clock',
  'from-start': 'not related',
  user: 'set by hand',
}

/** What the events prove, in a word; null = nothing, so the method's own word stands. */
const proofs: Readonly<Record<ClockVerdict, { readonly word: string; readonly caution: boolean } | null>> = {
  GUARANTEED: { word: 'proven', caution: false },
  CONDITIONAL: { word: 'proven in parts', caution: true },
  LOOSE: { word: 'bounded', caution: false },
  'ONE-SIDED': { word: 'bounded on one side', caution: true },
  INFEASIBLE: { word: 'contradicted', caution: true },
  NONE: null,
}

export interface Badge {
  readonly text: string
  readonly caution: boolean
}

/** The verdict of a clock on its own, e.g. in a table of methods. */
export function proof(says: ClockVerdict, accuracy: number | null, unit: 'ns' | 'ticks'): Badge {
  const proven = proofs[says]
  if (!proven) return { text: 'not assessable', caution: true }
  return {
    text: accuracy === null ? proven.word : `${proven.word} ±${formatAccuracy(accuracy, unit)}`,
    caution: proven.caution,
  }
}

/** What the badge says, and whether it is a caution; null for a clock that others are measured by. */
export function verdict(
  clock: Pick<ClockState, 'method' | 'offset' | 'verdict' | 'accuracy'>,
  role: 'host' | 'guest' | 'alone',
  unit: 'ns' | 'ticks',
): Badge | null {
  const moved = clock.offset !== '0'
  if (role !== 'guest' && clock.method === 'none' && !moved) return null
  // The verdict is about the times in use, moved or not.
  if (clock.verdict && proofs[clock.verdict]) {
    const { text, caution } = proof(clock.verdict, clock.accuracy, unit)
    return { text: moved ? `moved, ${text}` : text, caution }
  }
  const unrelated =
    clock.method === 'from-start' || clock.method === 'user' || (role === 'guest' && clock.method === 'none')
  return {
    text: `${words[clock.method]}${moved && clock.method !== 'user' ? ', moved' : ''}`,
    caution: unrelated || moved,
  }
}
