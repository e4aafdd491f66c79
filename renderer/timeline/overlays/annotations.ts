// Notes, arrows, boxes and the rest over the rows: drawn, taken hold of, moved, and begun with the tool in hand.

import { headersAbove } from '../../annotate/fold.js'
import { type Annotation, type AnnotationKind, type Place } from '../../annotate/model.js'
import {
  add,
  annotations,
  chosen,
  editing,
  find,
  holding,
  placeOf,
  remove,
  timeOf,
  tool,
  update,
} from '../../annotate/notes.js'
import { chainShapeOf, highlightedChain } from '../../annotate/chain-shape.js'
import { noteChains } from '../../annotate/chains.js'
import { drawAnnotations, numbersOf, type Layer } from '../../annotate/draw.js'
import { followHook } from '../../annotate/hooks.js'
import type { TextBox } from '../../annotate/paint.js'
import { inBox, onLine, partAt, shapeOf, type Part, type ShapeView } from '../../annotate/shapes.js'
import type { Row } from '../../state/rows.js'
import { session } from '../../state/session-state.js'
import type { MenuEntry } from '../../widgets/menu.js'
import { rowAt } from '../row-at.js'
import { Stamps, type Stamp } from '../paint/stamps.js'
import { rowOf } from '../signals.js'
import type { Ctx, Grip, Hit, Overlay, OverlayView, Spot } from './overlay.js'

/** Texts as they were painted last, by annotation. */
const boxes = new Map<string, TextBox>()
export const textBoxOf = (id: string): TextBox | undefined => boxes.get(id)

/** The row of an annotation, or the header that it is folded below. */
export function nearestRow(id: string): Row | null {
  const own = rowOf(id)
  if (own) return own
  for (const header of headersAbove(id)) {
    const row = rowOf(header)
    if (row) return row
  }
  return null
}

const shapeView = ({ scale, height, scroll }: Pick<OverlayView, 'scale' | 'height' | 'scroll'>): ShapeView => ({
  // One by one: the canvas answers for them itself, and a spread would leave them behind.
  scale,
  height,
  scroll,
  rowOf: nearestRow,
  timeOf,
})

/** Draws a layer of them as they are now. */
export function paintAnnotations(
  ctx: Ctx,
  layer: Layer,
  view: OverlayView,
  chosenId: string | null,
  on: { readonly drawn?: (id: string, box: TextBox) => void; readonly stamp?: Stamp; readonly apart?: TextBox[] },
): void {
  const { theme, session: info } = view
  const all = { ...shapeView(view), theme, unit: info.unit, chains: noteChains.peek(), ...on }
  drawAnnotations(ctx, layer, annotations.peek(), all, chosenId, on.drawn)
}

/** What texts of a picture make way for from the beginning. */
export const annotationNumbers = (view: OverlayView): TextBox[] => numbersOf(annotations.peek(), shapeView(view))

/** Texts and numbers as they look on the screen. */
const stamps = new Stamps()

function paintLayer(ctx: Ctx, layer: Layer, view: OverlayView): void {
  // Pictures are drawn by lines and letters; this is the canvas.
  const canvas = ctx as CanvasRenderingContext2D
  const stamp = stamps.on(canvas, canvas.getTransform().a)
  paintAnnotations(ctx, layer, view, chosen.peek(), { drawn: (id, box) => boxes.set(id, box), stamp })
}

export const annotationsOverlay: Overlay = {
  id: 'annotations',
  watch: () => void [annotations.value, chosen.value, editing.value, noteChains.value],
  paint: (ctx, view) => {
    boxes.clear()
    paintLayer(ctx, 'highlights', view)
  },
  flags: (ctx, view) => paintLayer(ctx, 'written', view),
  hit: (at, view) => {
    const kind = tool.peek()
    if (kind) return { cursor: 'crosshair', grab: (from) => begin(kind, from) }
    const found = touched(at, shapeView(view))
    return found && hitOf(found.of, found.part)
  },
}

function touched(at: Spot, view: ShapeView): { readonly of: Annotation; readonly part: Part } | null {
  const found = (of: Annotation | undefined) => {
    const part = of && partOf(of, at, view)
    return part ? { of, part } : null
  }
  const all = annotations.peek()
  // The chosen one lies on top, then the latest.
  const first = found(find(chosen.peek()))
  if (first) return first
  for (let i = all.length - 1; i >= 0; i--) {
    const hit = found(all[i])
    if (hit) return hit
  }
  return null
}

function partOf(a: Annotation, { x, y }: Spot, view: ShapeView): Part | null {
  const box = boxes.get(a.id) ?? null
  const id = highlightedChain(a)
  if (id === null) {
    const shape = shapeOf(a, view)
    return shape && partAt(shape, x, y, box)
  }
  const chain = noteChains.peek().get(id)
  const hops = (chain && chainShapeOf(a, chain, view)?.hops) ?? []
  const onIt = hops.some((h, i) => i > 0 && onLine(x, y, hops[i - 1]!.x, hops[i - 1]!.y, h.x, h.y))
  return onIt || inBox(x, y, box) ? 'body' : null
}

function hitOf(of: Annotation, part: Part): Hit {
  const fixed = highlightedChain(of) !== null
  return {
    cursor: fixed ? 'pointer' : part === 'body' ? 'move' : 'crosshair',
    tip: of.kind === 'callout' ? of.text || undefined : undefined,
    click: () => {
      // A second press on the chosen one writes.
      if (chosen.peek() === of.id) editing.value = of.id
      else {
        chosen.value = of.id
        followHook(of)
      }
    },
    // A chain lies where it lies.
    ...(fixed ? {} : { grab: (from: Spot) => drag(of, part, from) }),
    menu: menuOf(of),
  }
}

function menuOf(of: Annotation): readonly MenuEntry[] {
  return [
    {
      label: 'Edit the text',
      run: () => {
        chosen.value = of.id
        editing.value = of.id
      },
    },
    { label: 'Delete the note', keys: 'Delete', run: () => remove(of.id) },
  ]
}

const placeAt = (spot: Spot, a: Annotation): Place => {
  const row = a.from.row === null ? null : (rowAt(spot.y)?.id ?? a.from.row)
  return placeOf(spot.caught, row)
}

function drag(of: Annotation, part: Part, from: Spot): Grip {
  const hold = holding(of.id)
  const moved = (p: Place, by: number, row: string | null): Place => ({ ...placeOf(timeOf(p) + by, row ?? p.row) })
  return {
    move: (spot) => {
      if (Math.hypot(spot.x - from.x, spot.y - from.y) < 3) return
      chosen.value = of.id
      // Elsewhere it hangs on the event no more.
      if (part === 'from') hold.move({ from: placeAt(spot, of), on: of.on?.kind === 'chain' ? of.on : undefined })
      else if (part === 'to') hold.move({ to: placeAt(spot, of) })
      else if (of.kind === 'note') hold.move({ dx: of.dx + spot.x - from.x, dy: of.dy + spot.y - from.y })
      else {
        const by = spot.t - from.t
        // Both ends keep their distance; over other rows only what has one end.
        const row = of.to || of.from.row === null ? null : (rowAt(spot.y)?.id ?? null)
        const on = of.on?.kind === 'chain' ? of.on : undefined
        hold.move({ from: moved(of.from, by, row), to: of.to && moved(of.to, by, null), on })
      }
    },
    drop: hold.done,
    cancel: () => hold.move({ from: of.from, to: of.to, dx: of.dx, dy: of.dy, on: of.on }),
  }
}

/** Begins one where the tool was set down; those with two ends get the other one where it is let go. */
function begin(kind: AnnotationKind, at: Spot): Grip {
  const row = kind === 'range' ? null : (rowAt(at.y)?.id ?? null)
  const from = placeOf(at.caught, row)
  const two = kind === 'arrow' || kind === 'box' || kind === 'range'
  const below = kind === 'note'
  const id = add({ kind, text: '', from, to: two ? from : null, dx: below ? 18 : 0, dy: below ? 22 : 0 })
  const created = find(id)!
  let other: Place | null = null
  return {
    move: (spot) => {
      if (!two) return
      other = placeAt(spot, created)
      annotations.value = annotations.peek().map((a) => (a.id === id ? { ...a, to: other } : a))
    },
    drop: () => {
      tool.value = null
      // A box or arrow without extent is a slip of the hand.
      if (two && (other === null || (other.t === from.t && other.row === from.row))) remove(id)
      else if (kind !== 'highlight') editing.value = id
    },
    cancel: () => {
      tool.value = null
      remove(id)
    },
  }
}

/** Writes a note at a time and row, as the key does. */
export function noteAt(t: number, row: string | null): void {
  if (!session.peek()) return
  editing.value = add({ kind: 'note', text: '', from: placeOf(t, row), to: null, dx: 18, dy: 22 })
}

/** Brackets a range. */
export function noteOnRange(from: number, to: number): void {
  if (!session.peek()) return
  editing.value = add({ kind: 'range', text: '', from: placeOf(from, null), to: placeOf(to, null), dx: 0, dy: 0 })
}

/** Takes the text that was written; a new note without one is given up. */
export function finishText(id: string, text: string): void {
  editing.value = null
  if (text === '' && find(id)?.kind === 'note') remove(id)
  else update(id, { text })
}
