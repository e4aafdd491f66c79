// Calls across a thread wall. The only file that knows comlink; everything else sees an object with async methods. Added to
// comlink: AbortSignals and callbacks as arguments (released when the call ends), the engine's error classes, and the transfer
// of freshly made typed arrays.

import { expose, proxy, releaseProxy, transfer, wrap, type Endpoint, type ProxyMarked, type Remote } from 'comlink'
import { InputError, RequestError } from '../fault.js'

type Callback = ((...args: unknown[]) => unknown) & ProxyMarked
/** Stands for an AbortSignal among the arguments. */
interface SignalMark {
  readonly remoraSignal: number
  readonly aborted: boolean
}
type Outcome = { value: unknown } | { error: PlainError }

interface PlainError {
  name: string
  message: string
  code?: string
  file?: string
  offset?: number
  at?: number
  stack?: string
}

interface Wire {
  /** Each argument stands on its own, since comlink proxies callbacks only there. */
  call(method: string, ...args: unknown[]): Promise<Outcome>
  abort(signal: number): void
}

/** An object whose methods may be called from another thread: each returns a promise. */
export type Service = object

const isSignalMark = (a: unknown): a is SignalMark => typeof a === 'object' && a !== null && 'remoraSignal' in a

const toPlain = (e: unknown): PlainError => {
  if (!(e instanceof Error)) return { name: 'Error', message: String(e) }
  const { name, message, stack } = e
  if (e instanceof InputError) return { name, message, code: e.code, file: e.file, offset: e.offset }
  if (e instanceof RequestError) return { name, message, at: e.at }
  return { name, message, stack }
}

const fromPlain = (e: PlainError): Error => {
  if (e.name === 'InputError') return new InputError(e.message, e.code ?? 'unreadable', e.file, e.offset)
  if (e.name === 'RequestError') return new RequestError(e.message, e.at)
  if (e.name === 'AbortError') return new DOMException(e.message, 'AbortError')
  const error = new Error(e.message)
  error.name = e.name
  if (e.stack) error.stack = e.stack
  return error
}

/** Buffers of typed arrays directly in `value` that nothing else can share: they travel without a copy. */
function transferables(value: unknown): ArrayBuffer[] {
  if (typeof value !== 'object' || value === null) return []
  const buffers = new Set<ArrayBuffer>()
  for (const v of Object.values(value)) {
    if (ArrayBuffer.isView(v) && v.buffer instanceof ArrayBuffer && v.byteLength === v.buffer.byteLength)
      buffers.add(v.buffer)
  }
  return [...buffers]
}

/**
 * Lets `service` be called through `endpoint`.
 * @param transferring names of methods whose results hold arrays made for the caller alone
 */
export function serve(service: Service, endpoint: Endpoint, transferring: readonly string[] = []): void {
  const signals = new Map<number, AbortController>()
  const methods = service as Record<string, (...args: unknown[]) => unknown>
  const wire: Wire = {
    async call(method, ...args) {
      const callbacks: Remote<Callback>[] = []
      const mine: number[] = []
      const given = args.map((a) => {
        if (typeof a === 'function') callbacks.push(a as unknown as Remote<Callback>)
        if (!isSignalMark(a)) return a
        const controller = new AbortController()
        if (a.aborted) controller.abort()
        signals.set(a.remoraSignal, controller)
        mine.push(a.remoraSignal)
        return controller.signal
      })
      try {
        const value = await methods[method]!(...given)
        const outcome: Outcome = { value }
        return transferring.includes(method) ? transfer(outcome, transferables(value)) : outcome
      } catch (e) {
        return { error: toPlain(e) }
      } finally {
        for (const id of mine) signals.delete(id)
        for (const c of callbacks) c[releaseProxy]()
      }
    },
    abort(id) {
      signals.get(id)?.abort()
    },
  }
  expose(wire, endpoint)
}

/** The other side of serve(): an object with the service's methods. Callbacks and an AbortSignal may be among the arguments. */
export function connectTo<T extends Service>(endpoint: Endpoint): T {
  const remote = wrap<Wire>(endpoint)
  let nextSignal = 1
  const call = async (method: string, args: unknown[]): Promise<unknown> => {
    const undo: (() => void)[] = []
    const sent = args.map((a) => {
      if (typeof a === 'function') return proxy(a as Callback)
      if (!(a instanceof AbortSignal)) return a
      const id = nextSignal++
      const onAbort = (): void => void remote.abort(id)
      a.addEventListener('abort', onAbort, { once: true })
      undo.push(() => a.removeEventListener('abort', onAbort))
      return { remoraSignal: id, aborted: a.aborted } satisfies SignalMark
    })
    try {
      const outcome = await remote.call(method, ...sent)
      if ('error' in outcome) throw fromPlain(outcome.error)
      return outcome.value
    } finally {
      for (const u of undo) u()
    }
  }
  return new Proxy({} as T, {
    get: (_, method) =>
      // A promise-like would be called when the object is awaited.
      typeof method === 'string' && method !== 'then' ? (...args: unknown[]) => call(method, args) : undefined,
  })
}
