import { memorySource, type ByteSource } from '../../workers/bytes.js'
import type { Fault } from '../../workers/fault.js'
import { decodeBlock, openTrace } from '../../workers/readers/registry.js'
import type { TraceFile } from '../../workers/readers/types.js'

/** One stream as the reader delivers it: all its blocks in a row. */
export interface ReadStream {
  readonly buffer: string
  readonly cpu: number
  /** Index in TraceFileMeta.streams. */
  readonly index: number
  /** Raw clock values. */
  readonly time: readonly bigint[]
  readonly pid: readonly number[]
  readonly type: readonly number[]
  readonly where: readonly number[]
  readonly lost: readonly { readonly row: number; readonly events: number }[]
}

export interface ReadBack {
  readonly file: TraceFile
  /** Blocks it was decoded in. */
  readonly blocks: number
  readonly streams: readonly ReadStream[]
  readonly faults: readonly Fault[]
}

/** Opens and decodes everything, as the engine would, on this thread. */
export async function readBack(bytes: Uint8Array, name = 'trace.dat'): Promise<ReadBack> {
  return readBackFrom(memorySource(name, bytes))
}

export async function readBackFrom(source: ByteSource): Promise<ReadBack> {
  const file = await openTrace(source)
  const streams = file.meta.streams.map((s, index) => ({
    buffer: s.buffer,
    cpu: s.cpu,
    index,
    time: [] as bigint[],
    pid: [] as number[],
    type: [] as number[],
    where: [] as number[],
    lost: [] as { row: number; events: number }[],
  }))
  const layout = await file.layOut()
  const faults = [...file.faults]
  for (const block of layout.blocks) {
    const b = await decodeBlock(layout.plan, block, source)
    const s = streams[block.stream]!
    for (const l of b.lost) s.lost.push({ row: s.time.length + l.row, events: l.events })
    for (let i = 0; i < b.count; i++) {
      const ticks = b.ticks[i]!
      // What damage makes of a time may be no integer any more; it must not stop the reading.
      s.time.push(file.meta.epoch + BigInt(Math.round(Number.isFinite(ticks) ? ticks : 0)))
      s.pid.push(b.pid[i]!)
      s.type.push(b.type[i]!)
      s.where.push(b.where[i]!)
    }
    faults.push(...b.faults)
  }
  return { file, blocks: layout.blocks.length, streams, faults }
}
