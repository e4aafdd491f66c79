// Where a chain of wake-ups lies that somebody has highlighted. Pure: rows by their ids, times of the session.

import type { FusedTrack, WakeupChain } from '../../workers/thread/contract.js'
import { chainParts, hopRows, type Part } from '../state/chain-rows.js'
import type { Row } from '../state/rows.js'
import { AXIS_HEIGHT } from '../timeline/geometry.js'
import { xOf } from '../timeline/scale.js'
import type { Annotation } from './model.js'
import { middle, type ShapeView } from './shapes.js'

export interface NoteChain {
  /** Each with the rows that show it, the best first. */
  readonly hops: readonly { readonly t: number; readonly certain: boolean; readonly rows: readonly string[] }[]
  readonly parts: ReadonlyMap<string, readonly Part[]>
}

export const noteChain = (chain: Pick<WakeupChain, 'hops' | 'wakeups'>, tracks: readonly FusedTrack[]): NoteChain => ({
  hops: chain.hops.map((h) => ({ t: h.t, certain: h.orderCertain, rows: hopRows(h, tracks) })),
  parts: chainParts(chain, tracks),
})

/** The correlation id whose chain an annotation highlights; null where it is none of these. */
export const highlightedChain = (a: Annotation): string | null =>
  a.kind === 'highlight' && a.on?.kind === 'chain' ? a.on.id : null

export interface ChainShape {
  readonly of: Annotation
  /** What of the rows in view belongs to it. */
  readonly tints: readonly {
    readonly left: number
    readonly right: number
    readonly top: number
    readonly bottom: number
  }[]
  /** From hop to hop; those whose rows are not on the timeline are left out. */
  readonly hops: readonly { readonly x: number; readonly y: number; readonly certain: boolean }[]
}

/** Air at the ends of what is marked, CSS pixels: a moment has no width. */
const AIR = 3
/** A line far outside of the canvas would cost as much as its length in dashes. */
const BESIDE = 50

/** null where nothing of it is in view. */
export function chainShapeOf(of: Annotation, chain: NoteChain, view: ShapeView): ChainShape | null {
  const { scale, scroll, height } = view
  const topOf = (row: Row): number => AXIS_HEIGHT + row.y - scroll
  const seen = (row: Row): boolean => topOf(row) + row.height > AXIS_HEIGHT && topOf(row) < height
  const tints = [...chain.parts].flatMap(([id, parts]) => {
    const row = view.rowOf(id)
    if (row?.id !== id || !seen(row)) return []
    const [top, bottom] = [topOf(row), topOf(row) + row.height - 1]
    return parts
      .map((p) => ({ left: xOf(scale, p.from) - AIR, right: xOf(scale, p.to) + AIR, top, bottom }))
      .filter((t) => t.right > 0 && t.left < scale.width)
      .map((t) => ({ ...t, left: Math.max(-AIR, t.left), right: Math.min(scale.width + AIR, t.right) }))
  })
  const hops = chain.hops.flatMap(({ t, certain, rows: ids }) => {
    const rows = ids.flatMap((id) => view.rowOf(id) ?? [])
    const row = rows.find((r) => ids.includes(r.id) && seen(r)) ?? rows.find(seen) ?? rows[0]
    if (!row) return []
    const x = Math.max(-BESIDE, Math.min(xOf(scale, t), scale.width + BESIDE))
    return [{ x, y: middle([topOf(row), topOf(row) + row.height]), certain }]
  })
  const inView = hops.some((h) => h.x >= 0 && h.x <= scale.width)
  const across = hops.some((h) => h.x < 0) && hops.some((h) => h.x > scale.width)
  return tints.length > 0 || inView || across ? { of, tints, hops } : null
}
