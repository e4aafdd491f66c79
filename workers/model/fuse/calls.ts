// The system call that each task of a machine is in. Enter and exit are the most frequent events of all: no hashing.

/** A kernel's pids stay below this (PID_MAX_LIMIT). */
const DENSE = 1 << 22

export class Calls {
  /** Text of the call + 1 by pid, 0 = none. */
  #dense = new Int32Array(1024)
  readonly #rest = new Map<number, number>()

  /** Text of the call, -1 = none. */
  of(pid: number): number {
    if (pid >= 0 && pid < DENSE) return pid < this.#dense.length ? this.#dense[pid]! - 1 : -1
    return this.#rest.get(pid) ?? -1
  }

  /** @param text -1 = the task is in none any more */
  set(pid: number, text: number): void {
    if (pid < 0 || pid >= DENSE) {
      this.#rest.set(pid, text)
      return
    }
    if (pid >= this.#dense.length) {
      const wider = new Int32Array(Math.min(DENSE, Math.max(pid + 1, this.#dense.length * 2)))
      wider.set(this.#dense)
      this.#dense = wider
    }
    this.#dense[pid] = text + 1
  }
}
