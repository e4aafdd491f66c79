// When two stacks are the same, and how far apart they are.

import { functionOf, withoutInstrumentation } from './frames.js'

/** Functions of a stack, innermost first, without offsets and what the compiler appends. Equal signatures are one stack. */
export const signatureOf = (frames: readonly string[]): readonly string[] =>
  withoutInstrumentation(frames).map(functionOf)

/** A signature as one text. */
export const signatureText = (signature: readonly string[]): string => signature.join(' < ')

export interface DistanceSettings {
  /** Share of the Jaccard distance of the functions; the rest is that of the common beginning. 0..1. */
  readonly jaccard: number
  /** The end from which a common beginning counts: the innermost frame, or the outermost one. */
  readonly prefix: 'innermost' | 'outermost'
}

export const usualDistance: DistanceSettings = { jaccard: 0.5, prefix: 'innermost' }

/**
 * 0 = the same, 1 = nothing in common: the share of functions that only one has (as sets), and the share of the longer stack beyond
 * the common beginning.
 */
export function stackDistance(
  a: readonly string[],
  b: readonly string[],
  { jaccard, prefix }: DistanceSettings = usualDistance,
): number {
  const longest = Math.max(a.length, b.length)
  if (longest === 0) return 0
  const inA = new Set(a)
  const inB = new Set(b)
  let both = 0
  for (const f of inB) if (inA.has(f)) both++
  let common = 0
  const least = Math.min(a.length, b.length)
  if (prefix === 'innermost') while (common < least && a[common] === b[common]) common++
  else while (common < least && a[a.length - 1 - common] === b[b.length - 1 - common]) common++
  return jaccard * (1 - both / (inA.size + inB.size - both)) + (1 - jaccard) * (1 - common / longest)
}
