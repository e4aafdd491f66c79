// An area between two bounds along time, as an SVG path.

export interface BandPoint {
  readonly t: number
  readonly lower: number
  readonly upper: number
}

const round = (n: number): number => Math.round(n * 10) / 10

/** Path of the band in a box of `width` x `height`, the height of zero in it, and the values at its lower and upper edge. */
export function bandPath(
  all: readonly BandPoint[],
  width: number,
  height: number,
): { readonly path: string; readonly zero: number; readonly low: number; readonly high: number } | null {
  const points = all.filter((p) => Number.isFinite(p.lower) && Number.isFinite(p.upper))
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last) return null
  const low = points.reduce((m, p) => Math.min(m, p.lower), 0)
  const high = points.reduce((m, p) => Math.max(m, p.upper), 0)
  const x = (t: number) => round(((t - first.t) / (last.t - first.t || 1)) * width)
  const y = (v: number) => round(((high - v) / (high - low || 1)) * height)
  const there = points.map((p) => `${x(p.t)},${y(p.upper)}`)
  const back = points.map((p) => `${x(p.t)},${y(p.lower)}`).reverse()
  return { path: `M${[...there, ...back].join('L')}Z`, zero: y(0), low, high }
}
