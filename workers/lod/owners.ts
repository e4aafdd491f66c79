// Time summed up by owner, for few owners at once; reused from range to range.

/** Twice what comes together at most: the entries at both ends of a range, and what the nodes between them keep. */
const ROOM = 2048
/** No owner: they are pids, CPUs or labels, and small multiples of these. */
const EMPTY = -(2 ** 31)

export class Owners {
  readonly #key = new Int32Array(ROOM).fill(EMPTY)
  readonly #time = new Float64Array(ROOM)
  readonly #entry = new Uint32Array(ROOM)
  readonly #used = new Uint16Array(ROOM)
  #count = 0

  clear(): void {
    for (let i = 0; i < this.#count; i++) this.#key[this.#used[i]!] = EMPTY
    this.#count = 0
  }

  get count(): number {
    return this.#count
  }

  /** More time of an owner. The first entry that comes stands for it. */
  add(key: number, time: number, entry: number): void {
    const keys = this.#key
    let at = key & (ROOM - 1)
    while (keys[at] !== key) {
      if (keys[at] === EMPTY) {
        keys[at] = key
        this.#time[at] = time
        this.#entry[at] = entry
        this.#used[this.#count++] = at
        return
      }
      at = (at + 1) & (ROOM - 1)
    }
    this.#time[at]! += time
  }

  /** Of the i-th owner, in the order in which they came. */
  key(i: number): number {
    return this.#key[this.#used[i]!]!
  }
  time(i: number): number {
    return this.#time[this.#used[i]!]!
  }
  entry(i: number): number {
    return this.#entry[this.#used[i]!]!
  }

  /** Entry of the owner with the most time, -1 = there is none. */
  best(): number {
    let best = -1
    let most = -1
    for (let i = 0; i < this.#count; i++) {
      const time = this.#time[this.#used[i]!]!
      if (time <= most) continue
      most = time
      best = i
    }
    return best < 0 ? -1 : this.entry(best)
  }
}
