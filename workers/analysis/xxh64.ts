// XXH64 without bigints, for hashing by the million: each 64-bit number is two halves of 32 bits. What it computes is told in
// correlation-id.ts, which is its proof in the tests.

/** A 64-bit number: upper and lower half, both unsigned. */
export interface Halves {
  hi: number
  lo: number
}

const P1: Halves = { hi: 0x9e3779b1, lo: 0x85ebca87 }
const P2: Halves = { hi: 0xc2b2ae3d, lo: 0x27d4eb4f }
const P3: Halves = { hi: 0x165667b1, lo: 0x9e3779f9 }
const P4: Halves = { hi: 0x85ebca77, lo: 0xc2b2ae63 }
const P5: Halves = { hi: 0x27d4eb2f, lo: 0x165667c5 }

const set = (x: Halves, from: Halves): void => {
  x.hi = from.hi
  x.lo = from.lo
}

function add(x: Halves, hi: number, lo: number): void {
  const sum = x.lo + lo
  x.lo = sum >>> 0
  x.hi = (x.hi + hi + (sum > 0xffffffff ? 1 : 0)) >>> 0
}

function times(x: Halves, y: Halves): void {
  const a0 = x.lo & 0xffff
  const a1 = x.lo >>> 16
  const b0 = y.lo & 0xffff
  const b1 = y.lo >>> 16
  const low = Math.imul(a0, b0) >>> 0
  const across = Math.imul(a0, b1) >>> 0
  const other = Math.imul(a1, b0) >>> 0
  const middle = (low >>> 16) + (across & 0xffff) + (other & 0xffff)
  const carry = (Math.imul(a1, b1) >>> 0) + (across >>> 16) + (other >>> 16) + (middle >>> 16)
  const hi = carry + Math.imul(x.hi, y.lo) + Math.imul(x.lo, y.hi)
  x.lo = ((middle << 16) | (low & 0xffff)) >>> 0
  x.hi = hi >>> 0
}

/** @param by 1..31, or 33..63 */
function rotate(x: Halves, by: number): void {
  const { hi, lo } = x
  const [a, b, n] = by < 32 ? [hi, lo, by] : [lo, hi, by - 32]
  x.hi = ((a << n) | (b >>> (32 - n))) >>> 0
  x.lo = ((b << n) | (a >>> (32 - n))) >>> 0
}

const h: Halves = { hi: 0, lo: 0 }
const k: Halves = { hi: 0, lo: 0 }
const lanes: readonly Halves[] = Array.from({ length: 4 }, () => ({ hi: 0, lo: 0 }))

/** acc = rotate(acc + lane * P2, 31) * P1 */
function round(acc: Halves, hi: number, lo: number): void {
  k.hi = hi
  k.lo = lo
  times(k, P2)
  add(acc, k.hi, k.lo)
  rotate(acc, 31)
  times(acc, P1)
}

const one: Halves = { hi: 0, lo: 0 }

function mix(hi: number, lo: number, p: Halves, by: number, then: Halves | null): void {
  h.hi = (h.hi ^ hi) >>> 0
  h.lo = (h.lo ^ lo) >>> 0
  if (by > 0) rotate(h, by)
  times(h, p)
  if (then) add(h, then.hi, then.lo)
}

/** XXH64 of the first `length` bytes of a view, seed 0. The result is valid until the next call. */
export function xxh64Halves(view: DataView, length: number): Readonly<Halves> {
  let at = 0
  if (length >= 32) {
    const [a, b, c, d] = lanes as [Halves, Halves, Halves, Halves]
    set(a, P1)
    add(a, P2.hi, P2.lo)
    set(b, P2)
    c.hi = 0
    c.lo = 0
    // 0 - P1
    d.lo = (~P1.lo + 1) >>> 0
    d.hi = ~P1.hi >>> 0
    for (; at + 32 <= length; at += 32) {
      for (let i = 0; i < 4; i++) {
        round(lanes[i]!, view.getUint32(at + 8 * i + 4, true), view.getUint32(at + 8 * i, true))
      }
    }
    h.hi = 0
    h.lo = 0
    ;[1, 7, 12, 18].forEach((by, i) => {
      set(one, lanes[i]!)
      rotate(one, by)
      add(h, one.hi, one.lo)
    })
    for (const lane of lanes) {
      one.hi = 0
      one.lo = 0
      round(one, lane.hi, lane.lo)
      mix(one.hi, one.lo, P1, 0, P4)
    }
  } else set(h, P5)
  add(h, 0, length)
  for (; at + 8 <= length; at += 8) {
    one.hi = 0
    one.lo = 0
    round(one, view.getUint32(at + 4, true), view.getUint32(at, true))
    mix(one.hi, one.lo, P1, 27, P4)
  }
  if (at + 4 <= length) {
    one.hi = 0
    one.lo = view.getUint32(at, true)
    times(one, P1)
    mix(one.hi, one.lo, P2, 23, P3)
    at += 4
  }
  for (; at < length; at++) {
    one.hi = 0
    one.lo = view.getUint8(at)
    times(one, P5)
    mix(one.hi, one.lo, P1, 11, null)
  }
  h.lo = (h.lo ^ (h.hi >>> 1)) >>> 0
  times(h, P2)
  // h ^= h >> 29
  const lo = ((h.hi << 3) | (h.lo >>> 29)) >>> 0
  h.lo = (h.lo ^ lo) >>> 0
  h.hi = (h.hi ^ (h.hi >>> 29)) >>> 0
  times(h, P3)
  h.lo = (h.lo ^ h.hi) >>> 0
  return h
}
