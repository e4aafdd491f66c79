// Time summed up by owner, for few owners at once; reused without clearing.

/** Twice what comes together at most: the entries at both ends of a range, and what the nodes between them keep. */
const ROOM = 2048

export class Owners {
  readonly #key = new Int32Array(ROOM)
  readonly #round = new Uint32Array(ROOM)
  readonly #time = new Float64Array(ROOM)
  readonly #longest = new Float64Array(ROOM)
  readonly #entry = new Uint32Array(ROOM)
  readonly #used = new Uint16Array(ROOM)
  #now = 1
  #count = 0

  clear(): void {
    this.#count = 0
    this.#now++
  }

  get count(): number {
    return this.#count
  }

  /** More time of an owner, which `entry` shows. */
  add(key: number, time: number, entry: number): void {
    let at = Math.imul(key, 0x9e3779b1) >>> 21
    while (this.#round[at] === this.#now && this.#key[at] !== key) at = (at + 1) & (ROOM - 1)
    if (this.#round[at] !== this.#now) {
      this.#round[at] = this.#now
      this.#key[at] = key
      this.#time[at] = time
      this.#longest[at] = time
      this.#entry[at] = entry
      this.#used[this.#count++] = at
      return
    }
    this.#time[at]! += time
    if (time > this.#longest[at]!) {
      this.#longest[at] = time
      this.#entry[at] = entry
    }
  }

  /** Of the i-th owner, in the order in which they came. */
  key(i: number): number {
    return this.#key[this.#used[i]!]!
  }
  time(i: number): number {
    return this.#time[this.#used[i]!]!
  }
  /** The entry with the most time in one piece. */
  entry(i: number): number {
    return this.#entry[this.#used[i]!]!
  }

  /** Entry of the owner with the most time, -1 = there is none. */
  best(): number {
    let best = -1
    let most = -1
    for (let i = 0; i < this.#count; i++) {
      const time = this.time(i)
      if (time <= most) continue
      most = time
      best = this.entry(i)
    }
    return best
  }
}
