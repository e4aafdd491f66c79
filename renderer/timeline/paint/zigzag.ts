// Torn edges: of what is inferred, and of what was lost. Device pixels.

import type { Pixel } from './colour.js'
import type { Raster } from './raster.js'

/** Distance from the fold of a triangle wave of amplitude `a`. */
const triangle = (i: number, a: number): number => Math.abs((((i % (2 * a)) + 2 * a) % (2 * a)) - a)

/** A torn left edge: what lies left of the zigzag is background. */
export function zigzagDown(
  r: Raster,
  x: number,
  top: number,
  bottom: number,
  a: number,
  line: Pixel,
  ground: Pixel | null,
): void {
  for (let y = top; y < bottom; y++) {
    const reach = triangle(y - top, a)
    if (ground !== null) r.fill(x, y, x + reach, y + 1, ground)
    r.set(x + reach, y, line)
    r.set(x + reach + 1, y, line)
  }
}

/** A torn line where nothing is known. */
export function zigzagAlong(r: Raster, x0: number, x1: number, y: number, a: number, line: Pixel): void {
  for (let x = Math.max(0, x0), end = Math.min(r.width, x1); x < end; x++) {
    const dy = triangle(x - x0, a) - (a >> 1)
    r.column(x, y + dy, y + dy + 2, line)
  }
}
