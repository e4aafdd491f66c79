// Long scans share their thread with the requests of a person who is waiting: they stop for a turn of the event loop every
// few milliseconds.

const SLICE_MS = 10

/** Answers "is it time to pause?" cheaply and pauses; one per scan. */
export class Pacer {
  #since = performance.now()

  /** @param slice ms of work between two pauses */
  constructor(
    private readonly signal?: AbortSignal,
    private readonly slice = SLICE_MS,
  ) {}

  due(): boolean {
    return performance.now() - this.#since >= this.slice
  }

  /** Lets other work run. Rejects with the signal's reason when it has aborted. */
  async pause(): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve))
    this.signal?.throwIfAborted()
    this.#since = performance.now()
  }
}
