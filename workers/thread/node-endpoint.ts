// A worker_threads port with the listener methods of the web's, as the rpc expects them.

import type { MessagePort, TransferListItem, Worker } from 'node:worker_threads'

type Listener = (event: { data: unknown }) => void

export function nodeEndpoint(port: MessagePort | Worker): Parameters<typeof import('./rpc.js').connectTo>[0] {
  const wrapped = new Map<unknown, (data: unknown) => void>()
  const call = (handler: unknown, data: unknown): void => {
    if (typeof handler === 'function') (handler as Listener)({ data })
    else (handler as { handleEvent: Listener }).handleEvent({ data })
  }
  return {
    postMessage: (message: unknown, transfer?: Transferable[]) =>
      port.postMessage(message, transfer as unknown as TransferListItem[]),
    addEventListener: (_type: string, handler: unknown) => {
      const listener = (data: unknown): void => call(handler, data)
      wrapped.set(handler, listener)
      port.on('message', listener)
    },
    removeEventListener: (_type: string, handler: unknown) => {
      const listener = wrapped.get(handler)
      if (listener) port.off('message', listener)
      wrapped.delete(handler)
    },
  }
}
