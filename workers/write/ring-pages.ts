// Ring-buffer pages written anew (kernel: kernel/trace/ring_buffer.c): a time stamp, a commit word, records with deltas.

/** Layout of the pages of one buffer. */
export interface PageForm {
  readonly bigEndian: boolean
  readonly pageSize: number
  /** Bytes of the commit word, 4 or 8, and of the count of lost events. */
  readonly commitSize: number
  /** Where the records of a page begin. */
  readonly dataOffset: number
  /** Raw clock value of tick 0. */
  readonly epoch: bigint
}

const EXTEND = 30
const MISSED = 1 << 31
const MISSED_STORED = 1 << 30
const TWO_27 = 2 ** 27
const LONGEST_SHORT = 28 * 4

/** Lays the records of one CPU out in pages and hands out each page when it is full. The page is reused: take a copy. */
export class PageWriter {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  /** Where the next record goes; 0 = no page is open. */
  #at = 0
  #now = 0
  #lost = 0

  constructor(
    private readonly form: PageForm,
    private readonly give: (page: Uint8Array) => void,
  ) {
    this.#bytes = new Uint8Array(form.pageSize)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /**
   * @param tick ticks since the form's epoch
   * @param payload the record without its header
   * @param lost events lost just before it: 0 none, -1 some
   */
  record(tick: number, payload: Uint8Array, lost = 0): void {
    const padded = (payload.length + 3) & ~3
    const long = padded > LONGEST_SHORT || padded === 0
    const extend = this.#at > 0 && tick - this.#now >= TWO_27
    const size = 4 + (long ? 4 : 0) + padded + (extend ? 8 : 0)
    const end = this.form.pageSize - (this.#lost > 0 ? this.form.commitSize : 0)
    // A mark of lost events, and a time before the last one, can only stand at the head of a page.
    if (this.#at === 0 || lost !== 0 || tick < this.#now || this.#at + size > end) this.#begin(tick, lost)
    else if (extend) {
      const delta = tick - this.#now
      this.#header(EXTEND, delta % TWO_27)
      this.#word(Math.floor(delta / TWO_27))
      this.#now = tick
    }
    const room = this.form.pageSize - this.#at - (this.#lost > 0 ? this.form.commitSize : 0)
    if (padded + (long ? 8 : 4) > room) throw new RangeError(`a record of ${padded} bytes does not fit a page`)
    this.#header(long ? 0 : padded >> 2, tick - this.#now)
    if (long) this.#word(padded + 4)
    this.#bytes.set(payload, this.#at)
    this.#bytes.fill(0, this.#at + payload.length, this.#at + padded)
    this.#at += padded
    this.#now = tick
  }

  /** Hands out the last page. */
  end(): void {
    if (this.#at === 0) return
    const { bigEndian, commitSize, dataOffset, pageSize } = this.form
    let commit = this.#at - dataOffset
    if (this.#lost !== 0) commit |= MISSED
    if (this.#lost > 0) {
      commit |= MISSED_STORED
      this.#long(this.#at, this.#lost)
      this.#at += commitSize
    }
    // The mark is the sign bit of an int that the kernel adds to a long: its sign fills the upper half.
    if (commitSize === 8) this.#view.setBigInt64(8, BigInt(commit), !bigEndian)
    else this.#view.setInt32(8, commit, !bigEndian)
    this.#bytes.fill(0, this.#at, pageSize)
    this.give(this.#bytes)
    this.#at = 0
  }

  #begin(tick: number, lost: number): void {
    this.end()
    this.#bytes.fill(0, 0, this.form.dataOffset)
    this.#view.setBigUint64(0, BigInt.asUintN(64, this.form.epoch + BigInt(tick)), !this.form.bigEndian)
    this.#at = this.form.dataOffset
    this.#now = tick
    this.#lost = lost
  }

  #header(kind: number, delta: number): void {
    this.#word(this.form.bigEndian ? kind * TWO_27 + delta : delta * 32 + kind)
  }

  #word(value: number): void {
    this.#view.setUint32(this.#at, value, !this.form.bigEndian)
    this.#at += 4
  }

  #long(at: number, value: number): void {
    if (this.form.commitSize === 8) this.#view.setBigUint64(at, BigInt(value), !this.form.bigEndian)
    else this.#view.setUint32(at, value, !this.form.bigEndian)
  }
}
