// SHA-256 (FIPS 180-4), fed piece by piece: the browser's own wants a whole file in memory.

const K = new Uint32Array(64)
const START = new Uint32Array(8)

/** The first 32 bits of the fractional parts of the roots of the first primes, as the standard defines its constants. */
function fill(): void {
  const fraction = (x: number): number => Math.floor((x - Math.floor(x)) * 2 ** 32)
  for (let candidate = 2, found = 0; found < 64; candidate++) {
    let prime = true
    for (let d = 2; d * d <= candidate; d++) if (candidate % d === 0) prime = false
    if (!prime) continue
    if (found < 8) START[found] = fraction(Math.sqrt(candidate))
    K[found++] = fraction(Math.cbrt(candidate))
  }
}
fill()

export class Sha256 {
  readonly #state = START.slice()
  readonly #block = new Uint8Array(64)
  readonly #view = new DataView(this.#block.buffer)
  readonly #w = new Uint32Array(64)
  #used = 0
  #length = 0

  update(bytes: Uint8Array): this {
    this.#length += bytes.length
    let at = 0
    if (this.#used > 0) {
      at = Math.min(64 - this.#used, bytes.length)
      this.#block.set(bytes.subarray(0, at), this.#used)
      this.#used += at
      if (this.#used < 64) return this
      this.#mix(this.#view, 0)
      this.#used = 0
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (; at + 64 <= bytes.length; at += 64) this.#mix(view, at)
    this.#block.set(bytes.subarray(at))
    this.#used = bytes.length - at
    return this
  }

  /** 64 hex digits. The object is spent. */
  hex(): string {
    const bits = BigInt(this.#length) * 8n
    const padding = new Uint8Array((this.#used < 56 ? 64 : 128) - this.#used)
    padding[0] = 0x80
    new DataView(padding.buffer).setBigUint64(padding.length - 8, bits)
    this.update(padding)
    return Array.from(this.#state, (word) => word.toString(16).padStart(8, '0')).join('')
  }

  #mix(view: DataView, at: number): void {
    const w = this.#w
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + 4 * i)
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15]!
      const b = w[i - 2]!
      const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3)
      const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10)
      w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0
    }
    const state = this.#state
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    state[0]! += a
    state[1]! += b
    state[2]! += c
    state[3]! += d
    state[4]! += e
    state[5]! += f
    state[6]! += g
    state[7]! += h
  }
}
