// Ring-buffer pages to columns: the path that every event takes, so nothing is allocated per event. Pages are looked at as 32-bit
// words; those of a big-endian file are swapped once, so that one loop serves both byte orders.

import { type Fault, FaultList } from '../../fault.js'
import type { BlockDecoder, BlockPlan, DecodedBlock, DecodePlan } from '../types.js'
import { unpackerOf } from './compression.js'
import { type BlockShape, decodePages, type Layout } from './pages.js'
import {
  type Chunks,
  fetchRange,
  filePosition,
  type Hole,
  type StreamPlace,
  swapWords,
  unpackRange,
} from './stream-bytes.js'

/** One stream as the decoder sees it. */
export interface StreamPlan {
  readonly cpu: number
  readonly pageSize: number
  /** File position of stream byte 0, where the stream is not compressed. */
  readonly offset: number
  /** Uncompressed bytes that are there. */
  readonly size: number
}

/** DecodePlan.data of a trace.dat file. */
export interface TraceDatPlan extends Layout {
  readonly compression: string
  readonly streams: readonly StreamPlan[]
}

/** How far a block that ends at `to` must be read to hold every page that begins in it. */
export const withOverlap = (to: number, stream: { readonly size: number; readonly pageSize: number }): number =>
  Math.min(stream.size, to + stream.pageSize)

/**
 * BlockPlan.at of a trace.dat file: a range of the stream's uncompressed bytes that begins and ends with a page, and the chunks
 * that hold it and its overlap.
 */
export interface BlockPlace {
  readonly from: number
  readonly to: number
  readonly chunks: Chunks | null
}

/** Bytes of the block in work; grown, never shrunk. Used only between two awaits, so calls of one thread may share it. */
let scratch = new Uint8Array(0)

export const decodeTraceDat: BlockDecoder = async (plan, block, source, signal): Promise<DecodedBlock> => {
  const data = plan.data as TraceDatPlan
  const at = block.at as BlockPlace
  const stream = data.streams[block.stream]!
  const place: StreamPlace = { offset: stream.offset, size: stream.size, chunks: at.chunks }
  const unpack = await unpackerOf(data.compression)
  // One page more than the block: where a page was written in part, those behind it are off the grid.
  const end = withOverlap(at.to, stream)
  const fetched = await fetchRange(source, place, at.from, end, signal)
  signal?.throwIfAborted()

  const length = end - at.from
  if (scratch.length < length) scratch = new Uint8Array((length + 3) & ~3)
  const holes = unpackRange(fetched, unpack, scratch)
  const words = new Int32Array(scratch.buffer, 0, scratch.length >> 2)
  if (data.bigEndian) swapWords(words.subarray(0, (length + 3) >> 2))
  const shape: BlockShape = { length: at.to - at.from, pageSize: stream.pageSize, base: at.from, holes }
  const faults = new FaultList()
  faults.addAll(holes.filter((h) => h.from < at.to).map((h) => holeFault(plan, block, stream.cpu, h)))
  const report = (
    severity: Fault['severity'],
    code: string,
    message: string,
    position: number,
    times?: number,
  ): void => {
    const offset = filePosition(place, position)
    faults.add({ severity, code, message, file: plan.fileName, offset, cpu: stream.cpu, times })
  }
  return { ...decodePages(words, length, data, shape, report), faults: faults.list }
}

function holeFault(plan: DecodePlan, block: BlockPlan, cpu: number, hole: Hole): Fault {
  const packed = (block.at as BlockPlace).chunks !== null
  return {
    severity: 'error',
    code: packed ? 'damaged-chunk' : 'truncated-file',
    message: packed
      ? `A compressed chunk of CPU ${cpu} does not unpack; the events of ${hole.to - hole.from} bytes are lost.`
      : `The file ends inside the events of CPU ${cpu}; ${hole.to - hole.from} bytes are missing.`,
    file: plan.fileName,
    offset: hole.at,
    cpu,
  }
}
