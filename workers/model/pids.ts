// Dense numbers for pids. A kernel's pids stay below 4 Mi (PID_MAX_LIMIT); whatever a damaged record claims beyond goes to a map.

const DENSE = 1 << 22

/** Maps every pid seen to a small index, in the order of first sight. */
export class PidIndex {
  readonly pids: number[] = []
  #dense = new Int32Array(1024)
  #rest = new Map<number, number>()

  /** Index of `pid`, given out now if it is new. */
  add(pid: number): number {
    const known = this.of(pid)
    if (known >= 0) return known
    const index = this.pids.length
    this.pids.push(pid)
    if (pid >= 0 && pid < DENSE) {
      if (pid >= this.#dense.length) {
        const grown = new Int32Array(Math.min(DENSE, Math.max(pid + 1, this.#dense.length * 2)))
        grown.set(this.#dense)
        this.#dense = grown
      }
      this.#dense[pid] = index + 1
    } else this.#rest.set(pid, index)
    return index
  }

  /** Index of `pid`, -1 when it was never seen. */
  of(pid: number): number {
    if (pid >= 0 && pid < DENSE) return pid < this.#dense.length ? this.#dense[pid]! - 1 : -1
    return this.#rest.get(pid) ?? -1
  }

  get bytes(): number {
    return this.#dense.byteLength
  }
}
