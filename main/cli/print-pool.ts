import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { SourceRef } from '../../workers/bytes.js'
import type { Session } from '../../workers/model/session.js'
import { firstNames, type FirstName } from '../../workers/table/comms.js'
import { printRange, type PrintAnswer, type PrintLayout, type PrintPlan, type PrintTask } from './print.js'

export interface PrintJob {
  readonly session: Session
  /** What the session was opened from, in the same order. */
  readonly sources: readonly SourceRef[]
  /** null = all events. */
  readonly positions: Uint32Array | null
  readonly layout: PrintLayout
}

/** Fewer rows than this are printed before threads would have started. */
const worthThreads = 150_000
const rowsPerTask = 16_384
/** Ranges on their way per thread: one in work, one waiting. */
const ahead = 2
const mostThreads = 8

/** The events as bytes in order, printed on several threads where there are many. Rejects with the signal's reason. */
export async function* printEvents(job: PrintJob, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { session, positions, layout } = job
  const count = positions?.length ?? session.table.count
  const script = fileURLToPath(new URL('./print-worker.js', import.meta.url))
  const threads = count < worthThreads || !existsSync(script) ? 1 : Math.min(mostThreads, availableParallelism())
  if (threads === 1) yield* printRange(session, positions, 0, count, layout, [], signal)
  else yield* printOnThreads(job, count, script, threads, signal)
}

async function* printOnThreads(
  job: PrintJob,
  count: number,
  script: string,
  threads: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const plan = planOf(job, await firstNames(job.session, job.positions, signal))
  const workers = Array.from({ length: threads }, () => new PrintThread(script, plan))
  try {
    const coming: Promise<Uint8Array[]>[] = []
    let tasks = 0
    for (let start = 0; start < count || coming.length > 0;) {
      while (start < count && coming.length < threads * ahead) {
        const end = Math.min(count, start + rowsPerTask)
        coming.push(workers[tasks++ % threads]!.print({ start, end }))
        start = end
      }
      const pieces = await coming.shift()!
      signal.throwIfAborted()
      yield* pieces
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()))
  }
}

/** Copies that threads can share; columns that are shared already stay as they are. */
function shared(numbers: Uint32Array): Uint32Array {
  if (numbers.buffer instanceof SharedArrayBuffer) return numbers
  const copy = new Uint32Array(new SharedArrayBuffer(numbers.byteLength))
  copy.set(numbers)
  return copy
}

function planOf({ session, sources, positions, layout }: PrintJob, names: readonly FirstName[]): PrintPlan {
  const { files: _files, table, ...rest } = session
  return {
    sources,
    session: { ...rest, tracks: [] },
    streams: table.streams,
    order: shared(table.order),
    positions: positions && shared(positions),
    layout,
    names,
  }
}

/** One thread; it answers in the order of its tasks. */
class PrintThread {
  readonly #worker: Worker
  readonly #waiting: { resolve(pieces: Uint8Array[]): void; reject(error: unknown): void }[] = []
  #failed: unknown

  constructor(script: string, plan: PrintPlan) {
    this.#worker = new Worker(script, { workerData: plan })
    this.#worker.on('message', (answer: PrintAnswer) => {
      const task = this.#waiting.shift()
      if ('error' in answer) task?.reject(answer.error)
      else task?.resolve(answer.pieces)
    })
    this.#worker.on('error', (error) => {
      this.#failed = error
      for (const task of this.#waiting.splice(0)) task.reject(error)
    })
  }

  print(task: PrintTask): Promise<Uint8Array[]> {
    if (this.#failed !== undefined) return Promise.reject(this.#failed)
    const pieces = new Promise<Uint8Array[]>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage(task)
    })
    // Awaited in its turn; a rejection before that is no unhandled one.
    pieces.catch(() => undefined)
    return pieces
  }

  async stop(): Promise<void> {
    await this.#worker.terminate()
  }
}
