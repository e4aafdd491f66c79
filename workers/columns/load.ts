// Loads the columns of all streams: asks for blocks in an order that is fair in time, keeps the decoders busy, takes the
// results in the order of each stream, and stops when the memory set aside is full.

import type { SourceOpener, SourceRef, ByteSource } from '../bytes.js'
import { FaultList, InputError, type Fault } from '../fault.js'
import { decodeBlock } from '../readers/registry.js'
import type { BlockPlan, DecodeLayout, DecodePlan, DecodedBlock, TraceFile } from '../readers/types.js'
import type { OnProgress, TimeRange } from '../thread/contract.js'
import { StreamBuilder, type Allocate, type StreamPlan } from './builder.js'

/** Decodes blocks somewhere: on other threads, or right here. */
export interface DecodePool {
  /** Blocks that can be decoded at the same time. */
  readonly size: number
  decode(
    file: number,
    plan: DecodePlan,
    block: BlockPlan,
    source: SourceRef,
    signal?: AbortSignal,
  ): Promise<DecodedBlock>
  dispose(): void
}

/** Decodes on the calling thread. */
export function inlinePool(open: SourceOpener): DecodePool {
  const opened = new Map<SourceRef, ByteSource>()
  return {
    size: 1,
    decode(_file, plan, block, ref, signal) {
      const source = opened.get(ref) ?? open(ref)
      opened.set(ref, source)
      return decodeBlock(plan, block, source, signal)
    },
    dispose: () => opened.clear(),
  }
}

export interface LoadRequest {
  readonly files: readonly TraceFile[]
  /** What to decode of each file. */
  readonly layouts: readonly DecodeLayout[]
  /** Where each file is, same index as `files`. */
  readonly sources: readonly SourceRef[]
  readonly plans: readonly StreamPlan[]
  readonly pool: DecodePool
  readonly allocate: Allocate
  /** Only events of these times (SessionTime, both included) are kept. */
  readonly window?: TimeRange
  /** Bytes for the columns and the merged order. */
  readonly budget: number
  readonly onProgress?: OnProgress
  /** Called now and then while loading, when there is more to show than before. */
  readonly onMore?: (streams: readonly StreamBuilder[]) => void
  readonly signal?: AbortSignal
}

export interface LoadResult {
  readonly streams: readonly StreamBuilder[]
  readonly faults: readonly Fault[]
  /** Loading stopped here (SessionTime) because the budget was used up; null when everything is in. */
  readonly stoppedAt: number | null
}

const PROGRESS_MS = 100
const MORE_MS = 350
/** How long decoding on the engine's own thread may keep it from hearing of a cancel. */
const BREATH_MS = 50
const ORDER_BYTES = 4
const UNREADABLE = 'block-unreadable'

interface Lane {
  readonly builder: StreamBuilder
  readonly blocks: readonly BlockPlan[]
  /** Session time of the stream's start and the time a byte stands for, both as planned from the file's head. */
  readonly start: number
  readonly rate: number
  /** Next block to ask for, next block to append. */
  asked: number
  taken: number
  bytesAsked: number
  readonly waiting: Map<number, Decoded>
}

interface Decoded {
  readonly lane: Lane
  readonly at: number
  readonly block: DecodedBlock | null
  readonly error: unknown
}

export async function loadColumns(request: LoadRequest): Promise<LoadResult> {
  const { files, sources, pool, signal, budget } = request
  const faults = new FaultList()
  for (const { faults: found } of request.layouts) faults.addAll(found)
  const lanes = request.plans.map((plan) => laneOf(plan, files[plan.file]!, request))
  const streams = lanes.map((l) => l.builder)
  const total = lanes.reduce((n, l) => n + l.blocks.reduce((m, b) => m + b.bytes, 0), 0)
  const flying = new Map<BlockPlan, Promise<Decoded>>()
  let full = false
  let failed = 0
  let nextProgress = 0
  let nextMore = performance.now() + MORE_MS
  let nextBreath = performance.now() + BREATH_MS

  const start = (lane: Lane): void => {
    const at = lane.asked++
    const block = lane.blocks[at]!
    const { file } = lane.builder.plan
    lane.bytesAsked += block.bytes
    flying.set(
      block,
      pool.decode(file, request.layouts[file]!.plan, block, sources[file]!, signal).then(
        (decoded) => ({ lane, at, block: decoded, error: null }),
        (error: unknown) => ({ lane, at, block: null, error }),
      ),
    )
  }
  const report = (): void => {
    const done = streams.reduce((n, s) => n + s.bytesDone, 0)
    const events = streams.reduce((n, s) => n + s.columns.count, 0)
    request.onProgress?.({ phase: 'decoding', done, total, unit: 'bytes', events })
  }

  while (true) {
    const free = full ? 0 : pool.size * 2 - flying.size
    for (let n = 0; n < free; n++) {
      const lane = mostBehind(lanes)
      if (!lane) break
      start(lane)
    }
    if (flying.size === 0) break
    const decoded = await Promise.race(flying.values())
    flying.delete(decoded.lane.blocks[decoded.at]!)
    signal?.throwIfAborted()
    decoded.lane.waiting.set(decoded.at, decoded)
    if (full) continue
    failed += take(decoded.lane, files, faults)
    full = streams.reduce((n, s) => n + s.bytesUsed + s.columns.count * ORDER_BYTES, 0) > budget
    const now = performance.now()
    if (now >= nextProgress) {
      nextProgress = now + PROGRESS_MS
      report()
    }
    if (now >= nextMore && request.onMore) {
      request.onMore(streams)
      nextMore = performance.now() + MORE_MS
    }
    if (now >= nextBreath) {
      await new Promise<void>((resolve) => setTimeout(resolve))
      signal?.throwIfAborted()
      nextBreath = performance.now() + BREATH_MS
    }
  }

  if (failed > 0 && failed === lanes.reduce((n, l) => n + l.taken, 0)) {
    const { message, file } = faults.list.find((f) => f.code === UNREADABLE)!
    throw new InputError(`Nothing of ${file} could be decoded. ${message}`, 'nothing-decoded', file)
  }
  const stoppedAt = full ? cutAtCommonTime(lanes) : null
  for (const s of streams) s.trim()
  report()
  return { streams, faults: faults.list, stoppedAt }
}

function laneOf(plan: StreamPlan, file: TraceFile, request: LoadRequest): Lane {
  const { window } = request
  const blocks = request.layouts[plan.file]!.blocks.filter((b) => b.stream === plan.inFile).sort(
    (a, b) => a.index - b.index,
  )
  const bytes = blocks.reduce((n, b) => n + b.bytes, 0)
  const span = file.span(plan.inFile)
  const ends = new Float64Array(2)
  if (span) {
    ends[0] = Number(span.first - file.meta.epoch)
    ends[1] = Number(span.last - file.meta.epoch)
    plan.clock.apply(ends, 2, ends)
  }
  if (window) {
    ends[0] = Math.max(ends[0]!, window.from)
    ends[1] = Math.max(ends[0]!, Math.min(ends[1]!, window.to))
  }
  const events = request.budget / (18 + ORDER_BYTES)
  return {
    builder: new StreamBuilder({ ...plan, bytes }, request.allocate, Math.ceil(events), window),
    blocks,
    start: ends[0]!,
    rate: (ends[1]! - ends[0]!) / Math.max(1, bytes),
    asked: 0,
    taken: 0,
    bytesAsked: 0,
    waiting: new Map(),
  }
}

/** The lane whose blocks asked for so far reach the least far in time. */
function mostBehind(lanes: readonly Lane[]): Lane | null {
  let best: Lane | null = null
  let least = Infinity
  for (const lane of lanes) {
    if (lane.asked >= lane.blocks.length) continue
    const { reached, bytesDone } = lane.builder
    const time = Math.max(lane.start, reached) + (lane.bytesAsked - (reached > -Infinity ? bytesDone : 0)) * lane.rate
    if (best === null || time < least) {
      best = lane
      least = time
    }
  }
  return best
}

/** Appends what has arrived in order. Returns how many blocks of that could not be decoded. */
function take(lane: Lane, files: readonly TraceFile[], faults: FaultList): number {
  let failed = 0
  for (let d = lane.waiting.get(lane.taken); d; d = lane.waiting.get(lane.taken)) {
    lane.waiting.delete(lane.taken++)
    const { bytes } = lane.blocks[d.at]!
    const { plan } = lane.builder
    const file = files[plan.file]!.meta.name
    if (d.block) {
      for (const f of d.block.faults) faults.add({ file, cpu: plan.cpu, ...f })
      lane.builder.append(d.block, bytes)
      continue
    }
    failed++
    lane.builder.gap(bytes)
    const why = d.error instanceof Error ? d.error.message : String(d.error)
    faults.add({
      severity: 'error',
      code: UNREADABLE,
      message: `${bytes} bytes of CPU ${plan.cpu} could not be decoded and were left out: ${why.replace(/\.$/, '')}.`,
      file,
      cpu: plan.cpu,
    })
  }
  return failed
}

/** Cuts all streams at the latest time that all of them have reached, so that no CPU seems to fall silent. */
function cutAtCommonTime(lanes: readonly Lane[]): number {
  let common = Infinity
  for (const lane of lanes) {
    if (lane.taken < lane.blocks.length) common = Math.min(common, Math.max(lane.builder.reached, lane.start))
  }
  for (const lane of lanes) lane.builder.cut(common)
  return common
}
