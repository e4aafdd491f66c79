// Decoding on several threads. Each worker is given the plan of a file once and then block after block; one block waits in each
// worker's mailbox while another is decoded, so that no worker idles between two.

import type { SourceRef } from '../bytes.js'
import type { DecodePool } from '../columns/load.js'
import type { BlockPlan, DecodePlan, DecodedBlock } from '../readers/types.js'

/** What a decoding worker offers (decode-service.ts). */
export interface DecodeService {
  prepare(key: number, plan: DecodePlan, source: SourceRef): Promise<void>
  decode(key: number, block: BlockPlan): Promise<DecodedBlock>
}

export interface PoolWorker {
  readonly service: DecodeService
  terminate(): void
  /** Calls back once if the worker dies. */
  onDeath(callback: (reason: Error) => void): void
}

interface Job {
  readonly plan: DecodePlan
  readonly source: SourceRef
  readonly block: BlockPlan
  readonly signal: AbortSignal | undefined
  readonly resolve: (block: DecodedBlock) => void
  readonly reject: (reason: unknown) => void
}

interface Member {
  readonly worker: PoolWorker
  readonly prepared: Map<DecodePlan, number>
  readonly jobs: Set<Job>
}

const MAILBOX = 2

/** A pool of `size` workers, started when the first block is asked for. */
export function createPool(size: number, spawn: () => PoolWorker): DecodePool {
  const members: Member[] = []
  const queue: Job[] = []
  let nextKey = 1
  let dead: Error | null = null

  const start = (): void => {
    while (members.length < size) {
      const member: Member = { worker: spawn(), prepared: new Map(), jobs: new Set() }
      member.worker.onDeath((reason) => {
        dead = reason
        for (const job of [...member.jobs, ...queue.splice(0)]) job.reject(reason)
      })
      members.push(member)
    }
  }

  const run = async (member: Member, job: Job): Promise<void> => {
    member.jobs.add(job)
    try {
      let key = member.prepared.get(job.plan)
      if (key === undefined) {
        key = nextKey++
        member.prepared.set(job.plan, key)
        await member.worker.service.prepare(key, job.plan, job.source)
      }
      job.resolve(await member.worker.service.decode(key, job.block))
    } catch (e) {
      job.reject(e)
    } finally {
      member.jobs.delete(job)
      pump()
    }
  }

  const pump = (): void => {
    for (;;) {
      while (queue[0]?.signal?.aborted) {
        const job = queue.shift()!
        job.reject(job.signal!.reason)
      }
      const job = queue[0]
      const idle = members.reduce((a, b) => (b.jobs.size < a.jobs.size ? b : a), members[0]!)
      if (!job || idle.jobs.size >= MAILBOX) return
      queue.shift()
      void run(idle, job)
    }
  }

  return {
    size,
    decode: (_file, plan, block, source, signal) =>
      new Promise((resolve, reject) => {
        if (dead) {
          reject(dead)
          return
        }
        start()
        queue.push({ plan, source, block, signal, resolve, reject })
        pump()
      }),
    dispose() {
      const gone = new Error('The decoding threads were stopped.')
      for (const m of members.splice(0)) {
        m.worker.terminate()
        for (const job of m.jobs) job.reject(gone)
      }
      for (const job of queue.splice(0)) job.reject(gone)
    },
  }
}
