import { readFileSync, writeFileSync } from 'node:fs'
import { boolean, number, object, parse, type InferOutput } from 'valibot'

/** Where a window stood and how large it was when it was not maximized, in the system's pixels. */
const shape = object({ x: number(), y: number(), width: number(), height: number(), maximized: boolean() })
export type Place = InferOutput<typeof shape>

export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The place kept in a file; null on the first start, and where the file is damaged: it is not worth an error. */
export function readPlace(file: string): Place | null {
  try {
    return parse(shape, JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

export function keepPlace(file: string, place: Place): void {
  try {
    writeFileSync(file, JSON.stringify(place))
  } catch {
    // Nothing of the user's is lost: the window opens in its usual size.
  }
}

/** As much of a window's head as must be on a screen for a hand to take hold of it. */
const HOLD = 80

/** The place as far as the screens of today allow: no larger than one of them, and within reach. Without a place, the usual size. */
export function fitted(
  place: Place | null,
  screens: readonly Area[],
): { width: number; height: number; x?: number; y?: number } {
  if (!place) return { width: 1440, height: 900 }
  const { x, y } = place
  const on = screens.find(
    (s) => x + place.width - HOLD > s.x && x + HOLD < s.x + s.width && y >= s.y && y + HOLD < s.y + s.height,
  )
  const largest = on ?? screens[0] ?? place
  const size = { width: Math.min(place.width, largest.width), height: Math.min(place.height, largest.height) }
  return on ? { ...size, x, y } : size
}
