// Rows of a list, fetched in batches as they come into sight. The latest request wins; rows of batches that arrive late are kept
// all the same, since they are as true as ever.

import type { EventRow } from '../../../workers/thread/contract.js'
import { viewRow } from '../../../workers/units.js'
import type { ViewRow } from '../../../workers/units.js'
import { isAbort } from '../../state/messages.js'

export const batchSize = 128
const keepBatches = 96

export type FetchRows<T> = (start: ViewRow, count: number, signal: AbortSignal) => Promise<readonly T[]>

export class RowCache<T = EventRow> {
  /** Batches, the least recently used first. */
  readonly #batches = new Map<number, readonly T[]>()
  readonly #waiting = new Map<number, AbortController>()

  constructor(
    private readonly fetchRows: FetchRows<T>,
    /** Told whenever rows have arrived. */
    private readonly arrived: () => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  get(row: number): T | undefined {
    return this.#batches.get(Math.floor(row / batchSize))?.[row % batchSize]
  }

  /** Fetches what of rows [first, end) is missing; gives up batches that are no longer wanted. */
  want(first: number, end: number): void {
    const wanted = new Set<number>()
    for (let b = Math.floor(first / batchSize); b * batchSize < end; b++) wanted.add(b)
    for (const [b, abort] of this.#waiting) {
      if (wanted.has(b)) continue
      this.#waiting.delete(b)
      abort.abort()
    }
    for (const b of wanted) {
      const have = this.#batches.get(b)
      if (have) {
        this.#batches.delete(b)
        this.#batches.set(b, have)
      } else if (!this.#waiting.has(b)) this.#fetch(b)
    }
  }

  /** No more requests, no more calls back. */
  close(): void {
    for (const abort of this.#waiting.values()) abort.abort()
    this.#waiting.clear()
  }

  #fetch(batch: number): void {
    const abort = new AbortController()
    this.#waiting.set(batch, abort)
    this.fetchRows(viewRow(batch * batchSize), batchSize, abort.signal).then(
      (rows) => {
        this.#batches.set(batch, rows)
        if (this.#batches.size > keepBatches) this.#batches.delete(this.#batches.keys().next().value!)
        if (this.#waiting.get(batch) !== abort) return
        this.#waiting.delete(batch)
        this.arrived()
      },
      (e: unknown) => {
        if (this.#waiting.get(batch) !== abort) return
        this.#waiting.delete(batch)
        if (!isAbort(e)) this.failed(e)
      },
    )
  }
}
