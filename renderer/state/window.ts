// The part of a recording that is loaded: as it is typed, and as it is moved.

import type { LoadWindow, TimeRange } from '../../workers/thread/contract.js'

/** A window by its ends, counted from the start of the recording. */
export const sinceStart = (from: number, to: number): LoadWindow => ({
  from: { value: String(Math.round(from)), since: 'start' },
  to: { value: String(Math.round(to)), since: 'start' },
})

/** The window moved by its own length, kept inside of the recording; from its start. */
export function movedWindow(window: TimeRange, recorded: TimeRange, direction: 1 | -1): { from: number; to: number } {
  const length = window.to - window.from
  const whole = recorded.to - recorded.from
  const start = window.from - recorded.from + direction * length
  const from = Math.max(0, Math.min(start, whole - length))
  return { from, to: from + length }
}

/** A window from a beginning and a length typed in units of `scale`; null = they are none. */
export function windowOf(from: string, length: string, scale: number): LoadWindow | null {
  const number = (text: string): number =>
    /^\d+([.,]\d+)?$/.test(text.trim()) ? Number(text.trim().replace(',', '.')) : NaN
  const start = Math.round(number(from) * scale)
  const end = Math.round((number(from) + number(length)) * scale)
  if (!(end > start)) return null
  return sinceStart(start, end)
}
