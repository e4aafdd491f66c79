// Reading numbers from the head of a file: a cursor over bytes in memory, and a reader that brings a file's bytes in by
// windows, so that a head is never read as a whole and never by tiny reads.

import type { ByteSource } from '../../bytes.js'

/** The bytes end before the thing that was to be read: `at` is the position (in the file, or in the bytes) where it began. */
export class ShortRead extends Error {
  override readonly name = 'ShortRead'
  constructor(
    readonly at: number,
    readonly wanted: number,
    readonly left: number,
  ) {
    super(`${wanted} bytes wanted where only ${left} are left`)
  }
}

const latin1 = new TextDecoder('latin1')
const utf8 = new TextDecoder('utf-8')

export const asText = (bytes: Uint8Array): string => utf8.decode(bytes)

/** ASCII up to the first NUL or the end. */
export function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

export class Cursor {
  pos = 0
  readonly #view: DataView
  constructor(
    readonly bytes: Uint8Array,
    readonly bigEndian: boolean,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.bytes.length - this.pos
  }

  #step(n: number): number {
    if (n > this.left) throw new ShortRead(this.pos, n, this.left)
    const at = this.pos
    this.pos += n
    return at
  }

  u16 = (): number => this.#view.getUint16(this.#step(2), !this.bigEndian)
  u32 = (): number => this.#view.getUint32(this.#step(4), !this.bigEndian)
  i32 = (): number => this.#view.getInt32(this.#step(4), !this.bigEndian)
  u64 = (): bigint => this.#view.getBigUint64(this.#step(8), !this.bigEndian)
  i64 = (): bigint => this.#view.getBigInt64(this.#step(8), !this.bigEndian)
  /** A u64 that is a position or a size; Infinity-like values stay large numbers, never wrap. */
  size = (): number => Number(this.u64())

  take(n: number): Uint8Array {
    const at = this.#step(n)
    return this.bytes.subarray(at, at + n)
  }

  /** Text up to NUL, which is consumed; throws where there is none. */
  text(): string {
    const end = this.bytes.indexOf(0, this.pos)
    if (end < 0) throw new ShortRead(this.pos, this.left + 1, this.left)
    const s = utf8.decode(this.bytes.subarray(this.pos, end))
    this.pos = end + 1
    return s
  }
}

const WINDOW = 1 << 18

/** Sequential reading of a file in one byte order, window by window. */
export class HeadReader {
  bigEndian = false
  #window: Uint8Array = new Uint8Array(0)
  #start = 0
  constructor(
    readonly source: ByteSource,
    public pos: number,
    readonly signal?: AbortSignal,
  ) {}

  get left(): number {
    return Math.max(0, this.source.size - this.pos)
  }

  /** Bytes [pos, pos + n) and steps over them. Sizes are checked against the file before anything is read or allocated. */
  async take(n: number): Promise<Uint8Array> {
    if (!(n <= this.left)) throw new ShortRead(this.pos, n, this.left)
    let at = this.pos - this.#start
    if (at < 0 || at + n > this.#window.length) {
      this.#start = this.pos
      this.#window = await this.source.read(this.pos, Math.min(this.left, Math.max(n, WINDOW)), this.signal)
      at = 0
      if (n > this.#window.length) throw new ShortRead(this.pos, n, this.#window.length)
    }
    this.pos += n
    return this.#window.subarray(at, at + n)
  }

  async #cursor(n: number): Promise<Cursor> {
    return new Cursor(await this.take(n), this.bigEndian)
  }

  u8 = async (): Promise<number> => (await this.take(1))[0]!
  u16 = async (): Promise<number> => (await this.#cursor(2)).u16()
  u32 = async (): Promise<number> => (await this.#cursor(4)).u32()
  u64 = async (): Promise<bigint> => (await this.#cursor(8)).u64()
  size = async (): Promise<number> => (await this.#cursor(8)).size()

  /** Steps over n bytes without reading them. */
  skip(n: number): void {
    if (!(n <= this.left)) throw new ShortRead(this.pos, n, this.left)
    this.pos += n
  }

  /** Text up to NUL (at most `limit` bytes), which is consumed. */
  async text(limit = 4096): Promise<string> {
    const from = this.pos
    const most = Math.min(limit, this.left)
    const bytes = await this.take(most)
    const end = bytes.indexOf(0)
    if (end < 0) {
      this.pos = from
      throw new ShortRead(from, most + 1, most)
    }
    this.pos = from + end + 1
    return utf8.decode(bytes.subarray(0, end))
  }

  /** A fixed-length tag of ASCII, NULs included. */
  async tag(n: number): Promise<string> {
    return latin1.decode(await this.take(n))
  }
}
