import { closeSync, openSync, writeSync } from 'node:fs'
import type { ByteSink } from '../workers/write/trace-dat.js'

/** A file that a trace.dat is written to. Gathers small pieces, since a page is one write otherwise. Throws the file system's error. */
export class FileSink implements ByteSink {
  readonly #fd: number
  readonly #held = new Uint8Array(1 << 20)
  #used = 0

  constructor(path: string) {
    this.#fd = openSync(path, 'w')
  }
  append(bytes: Uint8Array): void {
    if (this.#used + bytes.length > this.#held.length) this.flush()
    if (bytes.length > this.#held.length) writeAll(this.#fd, bytes)
    else {
      this.#held.set(bytes, this.#used)
      this.#used += bytes.length
    }
  }
  patch(at: number, bytes: Uint8Array): void {
    this.flush()
    writeAll(this.#fd, bytes, at)
  }
  flush(): void {
    writeAll(this.#fd, this.#held.subarray(0, this.#used))
    this.#used = 0
  }
  close(): void {
    closeSync(this.#fd)
  }
}

/** At the end of the file, or at `at`. */
function writeAll(fd: number, bytes: Uint8Array, at?: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, at === undefined ? null : at + done)
  }
}
