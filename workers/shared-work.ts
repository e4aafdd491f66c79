// Work that several callers wait for and that is done once. Who cancels stops waiting; the work is cancelled when nobody waits.

import type { OnProgress } from './thread/contract.js'

export class SharedWork<T> {
  #going: Promise<T> | null = null
  /** Cancels what goes on. */
  #controller = new AbortController()
  readonly #waiting = new Set<OnProgress>()

  /** @param run begins the work; after it failed or was cancelled the next caller begins it again */
  constructor(private readonly run: (onProgress: OnProgress, signal: AbortSignal) => Promise<T>) {}

  /** The result. Rejects with what the work rejects with, or with the signal's reason. */
  async get(onProgress?: OnProgress, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const tell: OnProgress = (p) => onProgress?.(p)
    this.#waiting.add(tell)
    const going = this.#start()
    try {
      if (!signal) return await going
      const cancelled = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
      return await Promise.race([cancelled, going])
    } finally {
      this.#waiting.delete(tell)
      if (signal?.aborted && this.#waiting.size === 0 && this.#going === going) this.#stop()
    }
  }

  #stop(): void {
    this.#going = null
    this.#controller.abort()
  }

  #start(): Promise<T> {
    if (this.#going) return this.#going
    this.#controller = new AbortController()
    const going = this.run((p) => this.#waiting.forEach((tell) => tell(p)), this.#controller.signal)
    this.#going = going
    going.catch(() => {
      if (this.#going === going) this.#going = null
    })
    return going
  }
}
