// From the streams of a head to what is decoded: all of each, or the part that can hold a range of time, found by bisection.

import type { TickRange } from '../types.js'
import { scanChunks } from './chunks.js'
import type { Chunks } from './stream-bytes.js'
import { chunkPlaces, endChunks, pagePlaces, type Places } from './probe.js'
import type { OpenFile } from './page-times.js'
import type { Stream, StreamHead } from './streams.js'

/** `where` counts words of 4 bytes in 32 bits. */
const LONGEST = 2 ** 34

export interface LaidFile extends Omit<OpenFile, 'signal'> {
  /** Raw time of FileTicks 0. */
  readonly epoch: bigint
}

/** @param within per stream the ticks that are wanted; absent = all */
export function layOutStreams(
  file: LaidFile,
  heads: readonly StreamHead[],
  within: readonly TickRange[] | undefined,
  signal?: AbortSignal,
): Promise<Stream[]> {
  const open = { ...file, signal }
  return Promise.all(heads.map((head, i) => (within ? partOf(open, head, within[i]!) : wholeOf(open, head))))
}

type Open = LaidFile & OpenFile

async function wholeOf(file: Open, s: StreamHead): Promise<Stream> {
  const { source, head, signal } = file
  if (!s.packed) return streamOf(file, s, null, 0, s.there)
  if (s.place.size === 0) return streamOf(file, s, null, 0, 0)
  const chunks = s.chunks ?? (await scanChunks(source, s.place, source.size, head, signal))
  return streamOf(file, s, chunks, 0, chunks.raw.at(-1)!)
}

async function partOf(file: Open, s: StreamHead, within: TickRange): Promise<Stream> {
  const { source, head, epoch, signal } = file
  const { place, span, pageSize } = s
  const first = span ? Number(span.first - epoch) : 0
  const last = span ? Number(span.last - epoch) : 0
  // The last page begins at the end of the span; its events come later.
  if (!span || within.to < first || within.to < within.from) return streamOf(file, s, null, 0, 0)
  if (!s.packed) {
    const places = pagePlaces(file, place, s.there, pageSize)
    const { from, to } = await partWithin(places, within, { from: first, to: last }, epoch)
    return streamOf(file, s, null, from - place.offset, to - place.offset)
  }
  if (s.chunks) return wholeOf(file, s)
  const ends = await endChunks(file, place)
  if (!ends) return wholeOf(file, s)
  const mean = Math.ceil(place.size / ends.count)
  const places = chunkPlaces(file, place, pageSize, ends.first.raw[1]!, mean)
  const { from, to } = await partWithin(places, within, { from: first, to: last }, epoch)
  const chunks = await scanChunks(source, place, source.size, head, signal, { at: from, until: to })
  // Positions in the stream count from the first chunk that is wanted: how much lies before it is not known.
  return streamOf(file, s, chunks, 0, chunks.raw.at(-1)!)
}

function streamOf(file: Open, s: StreamHead, chunks: Chunks | null, from: number, to: number): Stream {
  const { cpu, pageSize, place } = s
  if (to > LONGEST) {
    file.head.fault('error', 'stream-too-long', `Only the first 16 GiB of CPU ${cpu} can be shown.`, place.offset, cpu)
  }
  const end = Math.min(to, LONGEST)
  return { cpu, pageSize, offset: place.offset, size: chunks ? end : Math.min(s.there, LONGEST), chunks, from, to: end }
}

/** File positions between which all events of `within` lie; what is found there may begin earlier and end later. */
async function partWithin(
  places: Places,
  within: TickRange,
  span: TickRange,
  epoch: bigint,
): Promise<{ from: number; to: number }> {
  const look = async (at: number): Promise<{ at: number; time: number } | null> => {
    const mark = await places.look(at)
    return mark && { at: mark.at, time: Number(mark.time - epoch) }
  }
  const whole = { lo: places.from, hi: places.end, timeLo: span.from, timeHi: span.to }
  const [from, to] = await Promise.all([
    // An event of the very time may still lie at the end of a page that begins earlier.
    within.from <= span.from
      ? places.from
      : narrow(whole, places.step, within.from, look, (t) => t < within.from).then((n) => n.lo),
    within.to > span.to
      ? places.end
      : narrow(whole, places.step, within.to, look, (t) => t <= within.to).then((n) => n.end),
  ])
  return { from, to }
}

interface Bounds {
  readonly lo: number
  readonly hi: number
  readonly timeLo: number
  readonly timeHi: number
}

/**
 * Narrows down where `before` turns false. `lo` is the last place known to be before, `end` the first known not to be. Guesses by
 * the times at both ends, and halves whenever a guess gained less than that.
 */
async function narrow(
  bounds: Bounds,
  step: number,
  target: number,
  look: (at: number) => Promise<{ at: number; time: number } | null>,
  before: (time: number) => boolean,
): Promise<{ lo: number; end: number }> {
  let { lo, hi, timeLo, timeHi } = bounds
  let end = hi
  let halve = false
  while (hi - lo > step) {
    const length = hi - lo
    const share = timeHi > timeLo ? (target - timeLo) / (timeHi - timeLo) : 0.5
    const guess = halve ? 0.5 : Math.max(0.02, Math.min(0.98, share))
    const mid = lo + Math.max(1, Math.floor(length * guess))
    const mark = await look(mid)
    if (!mark || mark.at >= hi) hi = mid
    else if (before(mark.time)) {
      lo = mark.at
      timeLo = Math.max(timeLo, mark.time)
    } else {
      hi = mid
      end = mark.at
      timeHi = Math.min(timeHi, Math.max(timeLo, mark.time))
    }
    halve = hi - lo > length / 2
  }
  return { lo, end }
}
