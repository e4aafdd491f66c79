// All annotations of a view, the same on the screen and in pictures.

import { AXIS_HEIGHT } from '../timeline/geometry.js'
import type { PaintContext } from '../timeline/paint/context.js'
import type { Stamp } from '../timeline/paint/stamps.js'
import type { PaintTheme } from '../timeline/paint/theme.js'
import { chainShapeOf, highlightedChain, type NoteChain } from './chain-shape.js'
import type { Annotation } from './model.js'
import { paintAnnotation, paintChain, type TextBox } from './paint.js'
import { CALLOUT_RADIUS, middle, shapeOf, type ShapeView } from './shapes.js'

export interface DrawView extends ShapeView {
  readonly theme: PaintTheme
  readonly unit: 'ns' | 'ticks'
  /** Chains that are highlighted, by id; those that are not known are not drawn. */
  readonly chains: ReadonlyMap<string, NoteChain>
  readonly stamp?: Stamp
  /** Texts make way for these and for one another, as in pictures; absent: they stand where they were put. */
  readonly apart?: TextBox[]
}

/** Highlights lie below all texts, those of other overlays too; the rest is what is written. */
export type Layer = 'highlights' | 'written'

/** Draws those of a layer that are in view, the chosen one last. */
export function drawAnnotations(
  ctx: PaintContext,
  layer: Layer,
  all: readonly Annotation[],
  view: DrawView,
  chosen: string | null,
  drawn?: (id: string, box: TextBox) => void,
): void {
  const { theme, scale, height, unit, stamp, apart } = view
  const length = (a: Annotation): number => (a.to ? Math.abs(view.timeOf(a.to) - view.timeOf(a.from)) : 0)
  const p = {
    theme,
    width: scale.width,
    height,
    unit,
    chosen,
    length,
    stamp,
    taken: apart,
  }
  ctx.save()
  ctx.beginPath()
  ctx.rect(0, AXIS_HEIGHT, scale.width, height - AXIS_HEIGHT)
  ctx.clip()
  ctx.setLineDash([])
  const draw = (a: Annotation): void => {
    const box = drawOne(ctx, a, view, p)
    if (box) drawn?.(a.id, box)
  }
  const own = all.filter((a) => (a.kind === 'highlight') === (layer === 'highlights'))
  for (const a of own) if (a.id !== chosen) draw(a)
  for (const a of own) if (a.id === chosen) draw(a)
  ctx.restore()
}

/** Where the numbers stand, which stay where they are. */
export const numbersOf = (all: readonly Annotation[], view: ShapeView): TextBox[] =>
  all.flatMap((a) => {
    const s = a.kind === 'callout' ? shapeOf(a, view) : null
    if (!s) return []
    const [x, y] = [s.x0 - CALLOUT_RADIUS, middle(s.y0) - CALLOUT_RADIUS]
    return [{ x, y, width: 2 * CALLOUT_RADIUS, height: 2 * CALLOUT_RADIUS }]
  })

function drawOne(
  ctx: PaintContext,
  a: Annotation,
  view: DrawView,
  p: Parameters<typeof paintAnnotation>[2],
): TextBox | null {
  const id = highlightedChain(a)
  if (id === null) {
    const shape = shapeOf(a, view)
    return shape && paintAnnotation(ctx, shape, p)
  }
  const chain = view.chains.get(id)
  const shape = chain && chainShapeOf(a, chain, view)
  return shape ? paintChain(ctx, shape, p) : null
}
