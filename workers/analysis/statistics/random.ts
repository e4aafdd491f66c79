// Seeded random numbers: the same seed gives the same numbers on every machine, so that a report can be repeated to the last digit.

/** Named in every report whose numbers depend on it. */
export const generator = 'xoshiro128** seeded by splitmix32 over seed and name'

/** xoshiro128** (Blackman and Vigna 2018). */
export class Random {
  #a: number
  #b: number
  #c: number
  #d: number

  /**
   * @param seed any integer of 32 bits
   * @param name gives each use a stream of its own, so that adding a group changes no number of another
   */
  constructor(seed: number, name = '') {
    let state = seed >>> 0
    for (let i = 0; i < name.length; i++) state = Math.imul(state ^ name.charCodeAt(i), 0x01000193) >>> 0
    const next = (): number => {
      state = (state + 0x9e3779b9) >>> 0
      let z = state
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
      return (z ^ (z >>> 15)) >>> 0
    }
    this.#a = next()
    this.#b = next()
    this.#c = next()
    this.#d = next() | 1
  }

  /** 0..2^32-1. */
  bits(): number {
    const x = Math.imul(this.#b, 5)
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0
    const t = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= t
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return result
  }

  /** 0 <= x < 1, 32 random bits. */
  unit(): number {
    return this.bits() / 4_294_967_296
  }

  /** 0..n-1; off from even by less than n / 2^32. */
  below(n: number): number {
    return Math.floor(this.bits() * (n / 4_294_967_296))
  }

  /**
   * Draws as many times as `counts` has entries, each time one of them, and counts there how often: below(n) n times. The state is
   * kept in locals meanwhile, because this is what a bootstrap spends its time on.
   */
  tally(counts: Uint32Array): void {
    const n = counts.length
    const scale = n / 4_294_967_296
    let a = this.#a
    let b = this.#b
    let c = this.#c
    let d = this.#d
    for (let i = 0; i < n; i++) {
      const x = Math.imul(b, 5)
      const bits = Math.imul((x << 7) | (x >>> 25), 9) >>> 0
      const t = b << 9
      c ^= a
      d ^= b
      b ^= c
      a ^= d
      c ^= t
      d = (d << 11) | (d >>> 21)
      counts[(bits * scale) | 0]!++
    }
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
  }

  /** Standard normal (polar method). */
  normal(): number {
    for (;;) {
      const u = 2 * this.unit() - 1
      const v = 2 * this.unit() - 1
      const s = u * u + v * v
      if (s > 0 && s < 1) return u * Math.sqrt((-2 * Math.log(s)) / s)
    }
  }
}
