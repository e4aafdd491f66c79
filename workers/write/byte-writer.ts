/** How numbers of one trace.dat are laid out. `longSize` is the traced kernel's long in bytes. */
export interface Encoding {
  readonly bigEndian: boolean
  readonly longSize: 4 | 8
}

/** Grows as it is written to; all numbers take the byte order given at the start. */
export class ByteWriter<E extends Pick<Encoding, 'bigEndian'> = Encoding> {
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)
  length = 0

  constructor(readonly encoding: E) {}

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.length)
  }

  /** Writes `value` modulo 2^(8*size) at the end, or at `at`. */
  int(size: 1 | 2 | 4 | 8, value: number | bigint, at?: number): this {
    const pos = at ?? this.#grow(size)
    const little = !this.encoding.bigEndian
    const v = BigInt(value)
    if (size === 1) this.#view.setUint8(pos, Number(BigInt.asUintN(8, v)))
    else if (size === 2) this.#view.setUint16(pos, Number(BigInt.asUintN(16, v)), little)
    else if (size === 4) this.#view.setUint32(pos, Number(BigInt.asUintN(32, v)), little)
    else this.#view.setBigUint64(pos, BigInt.asUintN(64, v), little)
    return this
  }
  u16 = (v: number): this => this.int(2, v)
  u32 = (v: number): this => this.int(4, v)
  u64 = (v: number | bigint): this => this.int(8, v)

  raw(data: Uint8Array, at?: number): this {
    const pos = at ?? this.#grow(data.length)
    this.#bytes.set(data, pos)
    return this
  }
  text(s: string): this {
    return this.raw(utf8(s))
  }
  /** NUL-terminated. */
  string(s: string): this {
    return this.raw(utf8(s)).int(1, 0)
  }
  fill(count: number, value = 0): this {
    const pos = this.#grow(count)
    this.#bytes.fill(value, pos, pos + count)
    return this
  }
  align(to: number): this {
    return this.fill((to - (this.length % to)) % to)
  }

  #grow(by: number): number {
    const pos = this.length
    this.length += by
    if (this.length > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(this.length, this.#bytes.length * 2))
      bigger.set(this.#bytes)
      this.#bytes = bigger
      this.#view = new DataView(bigger.buffer)
    }
    return pos
  }
}

const encoder = new TextEncoder()
export const utf8 = (s: string): Uint8Array => encoder.encode(s)
