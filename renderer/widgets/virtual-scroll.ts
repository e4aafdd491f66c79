// Scrolling through more rows than a browser can make room for. The true position is kept in pixels of the whole list; the
// scrollbar stands for it in proportion once the list is taller than an element may be.

/** Browsers lose precision, then rows, above some 16..33 million px; this stays well below. */
export const maxElementHeight = 8_000_000

export interface ListSize {
  readonly rows: number
  /** CSS pixels. */
  readonly rowHeight: number
  /** Visible height of the list, CSS pixels. */
  readonly viewport: number
}

/** Height of the element that stands for the list. */
export const elementHeight = (s: ListSize): number => Math.min(s.rows * s.rowHeight, maxElementHeight)

/** Furthest position of the list, pixels. */
export const maxTop = (s: ListSize): number => Math.max(0, s.rows * s.rowHeight - s.viewport)

export const clampTop = (top: number, s: ListSize): number => Math.min(Math.max(0, top), maxTop(s))

/** Position in the list -> the scrollbar's. */
export function toScrollTop(top: number, s: ListSize): number {
  const element = elementHeight(s) - s.viewport
  return maxTop(s) === 0 ? 0 : maxTop(s) <= element ? top : (top / maxTop(s)) * element
}

/** The scrollbar's position -> position in the list. */
export function fromScrollTop(scrollTop: number, s: ListSize): number {
  const element = elementHeight(s) - s.viewport
  if (element <= 0) return 0
  return clampTop(maxTop(s) <= element ? scrollTop : (scrollTop / element) * maxTop(s), s)
}

/** Rows [first, end) that touch the visible part, with `margin` rows on either side. */
export function visibleRows(top: number, s: ListSize, margin = 0): readonly [number, number] {
  const first = Math.max(0, Math.floor(top / s.rowHeight) - margin)
  const end = Math.min(s.rows, Math.ceil((top + s.viewport) / s.rowHeight) + margin)
  return [Math.min(first, end), end]
}

/** The nearest position that shows the whole row, with a whole row on top; in the middle when it is far away. */
export function topToShow(row: number, top: number, s: ListSize): number {
  const y = row * s.rowHeight
  if (y >= top && y + s.rowHeight <= top + s.viewport) return top
  const far = y < top - s.viewport || y > top + 2 * s.viewport
  const whole = (at: number) => clampTop(Math.ceil(at / s.rowHeight) * s.rowHeight, s)
  if (far) return whole(y - s.viewport / 2)
  return whole(y < top ? y : y + s.rowHeight - s.viewport)
}
