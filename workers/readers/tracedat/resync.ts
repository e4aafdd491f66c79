// Finding the next ring-buffer page where pages do not lie on their grid any more: a recorder that wrote a page only in part (a
// network connection that broke off and went on) shifts all that follow.

import type { Layout } from './pages.js'

/** What must be known to tell a page from other bytes. */
export type PageLayout = Pick<Layout, 'bigEndian' | 'commitSize' | 'dataOffset' | 'epochHigh' | 'epochLow'>

const TWO_32 = 2 ** 32

/** Time of the page at byte `at` in ticks since the epoch, if its head makes sense; NaN otherwise. */
export function timeOfPage(words: Int32Array, at: number, layout: PageLayout, pageSize: number): number {
  const w = at >> 2
  const long = layout.commitSize === 8
  const commit = words[layout.bigEndian && long ? w + 3 : w + 2]!
  const upper = long ? words[layout.bigEndian ? w + 2 : w + 3]! : 0
  const used = commit & 0x3fffffff
  if ((upper !== 0 && upper !== -1) || used === 0 || used > pageSize - layout.dataOffset || (used & 3) !== 0)
    return Number.NaN
  const first = words[w]! >>> 0
  const second = words[w + 1]! >>> 0
  const high = layout.bigEndian ? first : second
  const low = layout.bigEndian ? second : first
  return (high - layout.epochHigh) * TWO_32 + (low - layout.epochLow)
}

/** Whether the records of the page at byte `at` follow one another exactly to the end that its head states. */
function recordsFit(words: Int32Array, at: number, limit: number, layout: PageLayout): boolean {
  const long = layout.bigEndian && layout.commitSize === 8
  const used = words[(at >> 2) + (long ? 3 : 2)]! & 0x3fffffff
  let p = (at + layout.dataOffset) >> 2
  const stop = p + (used >> 2)
  if (stop * 4 > limit) return false
  while (p < stop) {
    const kind = layout.bigEndian ? words[p]! >>> 27 : words[p]! & 31
    const more = words[p + 1]!
    if (kind === 0) {
      if (more < 8) return false
      p += 1 + ((more + 3) >>> 2)
    } else if (kind < 29) {
      p += 1 + kind
    } else if (kind === 29) {
      if (more <= 0) return p + 2 >= stop
      p += 1 + ((more + 3) >>> 2)
    } else {
      p += 2
    }
  }
  return p === stop
}

/**
 * First byte position in [from, to) where a sound page begins whose time is not before `notBefore`, -1 if there is none. The page
 * behind it must make sense too, as far as `limit` lets it be seen.
 */
export function findPage(
  words: Int32Array,
  from: number,
  to: number,
  limit: number,
  layout: PageLayout,
  pageSize: number,
  notBefore: number,
): number {
  for (let at = from; at < to && at + layout.dataOffset <= limit; at += 4) {
    const time = timeOfPage(words, at, layout, pageSize)
    if (!(time >= notBefore) || !recordsFit(words, at, limit, layout)) continue
    const behind = at + pageSize
    if (behind + layout.dataOffset > limit || timeOfPage(words, behind, layout, pageSize) >= time) return at
  }
  return -1
}

/** Raw times of the sound pages among bytes that begin with a page, on the grid or off it. */
export function pageTimes(words: Int32Array, length: number, layout: PageLayout, pageSize: number): bigint[] {
  const out: bigint[] = []
  const raw = { ...layout, epochHigh: 0, epochLow: 0 }
  let time = 0
  for (let at = 0; at + layout.dataOffset <= length; at += pageSize) {
    const sound = timeOfPage(words, at, raw, pageSize) >= time && recordsFit(words, at, length, raw)
    if (!sound) at = findPage(words, at + 4, length, length, raw, pageSize, time)
    if (at < 0) return out
    time = timeOfPage(words, at, raw, pageSize)
    const [low, high] = layout.bigEndian ? [1, 0] : [0, 1]
    out.push((BigInt(words[(at >> 2) + high]! >>> 0) << 32n) | BigInt(words[(at >> 2) + low]! >>> 0))
  }
  return out
}
