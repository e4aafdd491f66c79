// Sums of times.

/** Sums by key, in the order of first sight. */
export class Sums<K> {
  readonly #sums = new Map<K, number>()
  add(key: K, time: number): void {
    this.#sums.set(key, (this.#sums.get(key) ?? 0) + time)
  }
  /** Largest first; what sums to nothing is left out. */
  get sorted(): [K, number][] {
    return [...this.#sums].filter(([, time]) => time > 0).sort((a, b) => b[1] - a[1])
  }
}
