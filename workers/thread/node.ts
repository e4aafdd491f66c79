// The engine in Node: it runs on the calling thread, decoding on worker threads.

import { existsSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { inlinePool } from '../columns/load.js'
import { createEngine, type Engine } from '../engine.js'
import { nodeEndpoint } from './node-endpoint.js'
import { createPool, type DecodeService } from './pool.js'
import { connectTo } from './rpc.js'
import { openNodeSource } from './sources-node.js'

export interface NodeConnection {
  readonly engine: Engine
  /** Stops the decoding threads, which would keep the process alive. */
  dispose(): void
}

export interface NodeOptions {
  /** Decoding threads; 0 decodes on the calling thread. Default: one a core, at most 16. */
  readonly threads?: number
}

export function connectNode(options: NodeOptions = {}): NodeConnection {
  const script = fileURLToPath(new URL('./decode-worker.js', import.meta.url))
  // Run from its sources (tests), there is no built worker to start.
  const threads = existsSync(script) ? (options.threads ?? Math.min(16, availableParallelism())) : 0
  const pool = threads === 0 ? inlinePool(openNodeSource) : createPool(threads, () => spawn(script))
  const engine = createEngine({
    open: openNodeSource,
    pool,
    allocate: (bytes) => new SharedArrayBuffer(bytes),
    defaultBudget: totalmem() / 2,
  })
  return { engine, dispose: () => pool.dispose() }
}

function spawn(script: string): ReturnType<Parameters<typeof createPool>[1]> {
  const worker = new Worker(script)
  return {
    service: connectTo<DecodeService>(nodeEndpoint(worker)),
    terminate: () => void worker.terminate(),
    onDeath: (callback) => worker.once('error', (e) => callback(e)),
  }
}
