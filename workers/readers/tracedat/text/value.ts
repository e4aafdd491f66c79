// The numbers of print formats. The kernel's formats compute in unsigned 64-bit integers; a Value is a plain number while it
// is a whole number from 0 to 2^53-1 and a bigint above that, so that common events never touch bigints and none loses a bit.

export type Value = number | bigint

const safe = BigInt(Number.MAX_SAFE_INTEGER)

/** Any bigint as the unsigned 64-bit Value of the same bits. */
export function wrap(v: bigint): Value {
  const u = BigInt.asUintN(64, v)
  return u <= safe ? Number(u) : u
}

/** A whole number (of either sign) as the unsigned 64-bit Value of the same bits. */
export const fromNumber = (n: number): Value => (n >= 0 && n <= Number.MAX_SAFE_INTEGER ? n : wrap(BigInt(n)))

/** The low 32 bits as a signed number. */
export const toInt32 = (v: Value): number => (typeof v === 'number' ? v | 0 : Number(BigInt.asIntN(32, v)))

/** The low 32 bits as an unsigned number. */
export const toUint32 = (v: Value): number => (typeof v === 'number' ? v >>> 0 : Number(BigInt.asUintN(32, v)))

/** The value read as a signed 64-bit integer: a number where it fits 2^53, else a bigint. */
export function signed64(v: Value): number | bigint {
  if (typeof v === 'number') return v
  const s = BigInt.asIntN(64, v)
  return s >= -safe && s <= safe ? Number(s) : s
}

/** Two 32-bit halves as a Value. */
export const join64 = (hi: number, lo: number): Value =>
  hi < 0x200000 ? hi * 0x100000000 + lo : (BigInt(hi) << 32n) | BigInt(lo)

/** Four bytes at `at`, unsigned; bytes beyond the end read as 0. */
export function read32(p: Uint8Array, at: number, bigEndian: boolean): number {
  const a = p[at] ?? 0
  const b = p[at + 1] ?? 0
  const c = p[at + 2] ?? 0
  const d = p[at + 3] ?? 0
  return bigEndian ? ((a << 24) | (b << 16) | (c << 8) | d) >>> 0 : (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}

/** Unsigned integer of 1, 2, 4 or 8 bytes at `at`; any other size is 0, as are bytes beyond the end. */
export function readUnsigned(p: Uint8Array, at: number, size: number, bigEndian: boolean): Value {
  switch (size) {
    case 1:
      return p[at] ?? 0
    case 2: {
      const a = p[at] ?? 0
      const b = p[at + 1] ?? 0
      return bigEndian ? (a << 8) | b : a | (b << 8)
    }
    case 4:
      return read32(p, at, bigEndian)
    case 8: {
      const first = read32(p, at, bigEndian)
      const second = read32(p, at + 4, bigEndian)
      return bigEndian ? join64(first, second) : join64(second, first)
    }
    default:
      return 0
  }
}

/** Sign-extends an unsigned integer of `size` bytes. */
export function signExtend(v: Value, size: number): number | bigint {
  if (size === 8) return signed64(v)
  if (typeof v === 'bigint') return v
  if (size === 4) return v | 0
  if (size === 2) return (v << 16) >> 16
  if (size === 1) return (v << 24) >> 24
  return v
}

/** Hex digits. In steps, because the platform is slow at numbers that are no small integers. */
export function hexText(v: Value): string {
  if (typeof v === 'bigint' || v < 0x4000_0000) return v.toString(16)
  return hexText(Math.floor(v / 0x100_0000)) + ((v % 0x100_0000) + 0x100_0000).toString(16).slice(1)
}

/** C's strtoull(text, NULL, 0): blanks, a sign, 0x or 0 prefix; stops at the first character that is no digit. */
export function parseNumber(text: string): Value {
  const m = /^[\s]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/.exec(text)
  if (!m) return 0
  const digits = m[2]!
  const octal = digits.length > 1 && digits[0] === '0' && digits[1] !== 'x' && digits[1] !== 'X'
  const v = BigInt(octal ? `0o${digits.slice(1)}` : digits)
  const max = 0xffffffffffffffffn
  return wrap(v > max ? max : m[1] === '-' ? -v : v)
}
