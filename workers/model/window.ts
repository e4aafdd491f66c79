// The window of time that a session is limited to: what the request means in session time, and in the ticks of each stream.

import type { StreamClock } from '../clocks/relate.js'
import { RequestError } from '../fault.js'
import type { TickRange } from '../readers/types.js'
import type { LoadWindow, TimeRange, WindowTime } from '../thread/contract.js'
import { sessionTime } from '../units.js'

interface Recording {
  readonly unit: 'ns' | 'ticks'
  /** Trace-clock value of SessionTime 0. */
  readonly epoch: bigint
  /** First and last time as the files' heads tell. */
  readonly from: number
  readonly to: number
}

/** Throws RequestError for what is no window, or lies outside of the recording. */
export function resolveWindow(window: LoadWindow, recording: Recording): TimeRange {
  const at = ({ value, since }: WindowTime): number => {
    if (!/^-?\d{1,20}$/.test(value)) throw new RequestError(`"${value}" is no time: a whole number of ns is.`)
    return since === 'start' ? recording.from + Number(value) : Number(BigInt(value) - recording.epoch)
  }
  const from = at(window.from)
  const to = at(window.to)
  if (to < from) throw new RequestError('The window ends before it begins.')
  // The heads tell when the last page begins, and its events come later: how much is not known.
  if (to < recording.from || from > recording.to + (recording.to - recording.from) + 1e9) {
    const span = show(recording.from, recording.to, recording)
    throw new RequestError(`The window lies outside of the recording, which reaches from ${span}.`)
  }
  return { from: sessionTime(from), to: sessionTime(to) }
}

function show(from: number, to: number, { unit, epoch }: Recording): string {
  const text = (t: number): string => {
    const value = epoch + BigInt(Math.round(t))
    if (unit === 'ticks') return String(value)
    const digits = String(value < 0n ? -value : value).padStart(10, '0')
    return `${value < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`
  }
  return `${text(from)} to ${text(to)}${unit === 'ns' ? ' s' : ' ticks'}`
}

/** The sentence to show: how much of the recording is loaded. */
export function windowSentence(window: TimeRange, recording: Recording): string {
  const { unit } = recording
  const length = (dt: number): string => (unit === 'ns' ? duration(dt) : `${Math.round(dt)} ticks`)
  const from = Math.max(window.from, recording.from)
  const to = Math.max(from, Math.min(window.to, recording.to))
  return `A window of ${length(to - from)} is loaded, beginning ${length(from - recording.from)} after the start of a recording of ${length(recording.to - recording.from)}. What happened before it is not known here.`
}

const duration = (ns: number): string => (ns < 1e9 ? `${(ns / 1e6).toFixed(3)} ms` : `${(ns / 1e9).toFixed(3)} s`)

/** Times may be read back in small steps where clocks are corrected; so much more is looked at on both sides. Ticks. */
const SLACK = 1e6

/** The ticks of a stream whose session times may lie in the window. `span` are the ticks of its first and last page. */
export function ticksWithin(clock: StreamClock, span: TickRange, window: TimeRange): TickRange {
  const one = new Float64Array(1)
  const timeOf = (ticks: number): number => {
    one[0] = ticks
    clock.apply(one, 1, one)
    return one[0]
  }
  /** The last ticks of the span whose time is before `time`. */
  const before = (time: number): number => {
    let lo = span.from
    let hi = span.to
    while (hi - lo > 1) {
      const mid = Math.floor(lo + (hi - lo) / 2)
      if (timeOf(mid) < time) lo = mid
      else hi = mid
    }
    return lo
  }
  return {
    from:
      timeOf(span.from) >= window.from
        ? -Infinity
        : (timeOf(span.to) < window.from ? span.to : before(window.from)) - SLACK,
    to:
      timeOf(span.to) <= window.to ? Infinity : (timeOf(span.from) > window.to ? span.from : before(window.to)) + SLACK,
  }
}
