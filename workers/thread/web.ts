// The renderer's side of the engine.

import type { EngineApi } from './contract.js'
import { connectTo } from './rpc.js'

export interface Connection {
  readonly engine: EngineApi
  dispose(): void
}

/**
 * Starts the engine in a worker of its own.
 * @param onCrash told once, in one sentence, when the worker dies; pending calls then never settle
 */
export function connect(onCrash: (sentence: string) => void = () => {}): Connection {
  const worker = new Worker(new URL('./web-engine.ts', import.meta.url), { type: 'module', name: 'engine' })
  worker.addEventListener('error', (e) => {
    onCrash(`The engine stopped: ${e.message || 'its thread could not be started'}. Reload to start it again.`)
  })
  return { engine: connectTo<EngineApi>(worker), dispose: () => worker.terminate() }
}
