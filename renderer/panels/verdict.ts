// What is known of a machine's clock, in a word or two.

import type { ClockState } from '../../workers/thread/contract.js'

const words: Readonly<Record<ClockState['method'], string>> = {
  recorded: 'recorded sync',
  compat: 'trace-cmd sync',
  none: 'own clock',
  'from-start': 'not related',
  user: 'set by hand',
}

/** What the badge says, and whether it is a caution. */
export function verdict(
  clock: ClockState,
  role: 'host' | 'guest' | 'alone',
): { readonly text: string; readonly caution: boolean } | null {
  const moved = clock.offset !== '0'
  if (role !== 'guest' && clock.method === 'none' && !moved) return null
  const caution =
    clock.method === 'from-start' || clock.method === 'user' || (role === 'guest' && clock.method === 'none')
  return {
    text: `${words[clock.method]}${moved && clock.method !== 'user' ? ', moved' : ''}`,
    caution: caution || moved,
  }
}
