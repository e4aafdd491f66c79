// Entry of the engine's worker in the browser. Decoding workers are its children.

import { createEngine } from '../engine.js'
import { createPool, type DecodeService } from './pool.js'
import { connectTo, serve } from './rpc.js'
import { openWebSource } from './sources-web.js'

const GIB = 2 ** 30
const scope = globalThis as unknown as Worker & { crossOriginIsolated?: boolean }
const machine = navigator as Navigator & { deviceMemory?: number }

const pool = createPool(Math.max(1, Math.min(16, navigator.hardwareConcurrency)), () => {
  const worker = new Worker(new URL('./web-decode.ts', import.meta.url), { type: 'module', name: 'decode' })
  return {
    service: connectTo<DecodeService>(worker),
    terminate: () => worker.terminate(),
    onDeath: (callback) =>
      worker.addEventListener('error', (e) =>
        callback(new Error(`A decoding thread failed: ${e.message || 'it could not be started'}.`)),
      ),
  }
})

const shared = scope.crossOriginIsolated === true
const engine = createEngine({
  open: openWebSource,
  pool,
  allocate: (bytes) => (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)),
  // deviceMemory says at most 8 (GiB), rounded down for privacy; half of it leaves room for everything else.
  defaultBudget: (machine.deviceMemory ?? 4) * 0.5 * GIB,
})

serve(engine, scope, ['lod', 'overview', 'wakeupHistogram', 'wakeupHeat', 'wakeupArrows', 'wakeupStackTree'])
