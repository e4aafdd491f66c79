// Steps back and forward through values that the user chose, like a browser's history.

export interface History<T> {
  readonly past: readonly T[]
  readonly future: readonly T[]
}

export const noHistory: History<never> = { past: [], future: [] }

/** Remembers `current` before a new value replaces it; at most `limit` steps are kept. */
export function remember<T>(history: History<T>, current: T, limit = 200): History<T> {
  return { past: [...history.past, current].slice(-limit), future: [] }
}

/** One step back (-1) or forward (+1) from `current`; null when there is none. */
export function travel<T>(
  history: History<T>,
  current: T,
  direction: 1 | -1,
): { readonly history: History<T>; readonly value: T } | null {
  if (direction < 0) {
    const value = history.past.at(-1)
    if (value === undefined) return null
    return { value, history: { past: history.past.slice(0, -1), future: [current, ...history.future] } }
  }
  const [value, ...future] = history.future
  if (value === undefined) return null
  return { value, history: { past: [...history.past, current], future } }
}
