/** How near a click must come to an edge of the window to take hold of it, CSS pixels. */
const EDGE_REACH = 5

export type Hold = 'left' | 'right' | 'inside' | 'outside'

/** What a press at `x` takes hold of. A window too narrow for two edges and an inside can only be moved. */
export function holdAt(x: number, left: number, right: number): Hold {
  if (right - left < 4 * EDGE_REACH) {
    return x >= left - EDGE_REACH && x <= right + EDGE_REACH ? 'inside' : 'outside'
  }
  if (Math.abs(x - left) <= EDGE_REACH) return 'left'
  if (Math.abs(x - right) <= EDGE_REACH) return 'right'
  return x > left && x < right ? 'inside' : 'outside'
}
