// The few names of the platform that the engine uses and that exist in browsers, in workers and in Node alike. The engine is
// compiled without the DOM's and without Node's types, so that a wrong import or a stray global does not compile.

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean })
  decode(input?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string
}
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>
}
interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}
declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
declare const performance: { now(): number }
declare function setTimeout(handler: () => void, ms?: number): unknown
declare const crossOriginIsolated: boolean | undefined
