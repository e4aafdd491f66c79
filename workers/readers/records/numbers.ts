// Numbers of records without a float in between: JSON.parse would round what exceeds 2^53, and every decimal fraction.

/** Numbers that a double may not hold exactly, and strings, so that digits inside of these are left alone. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const SUSPECT = /\d{16}|\d\.\d|\d[eE][+-]?\d/

/** Parses JSON; numbers that a double might not hold exactly come as their text. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  if (!SUSPECT.test(text)) return JSON.parse(text)
  return JSON.parse(
    text.replace(TOKENS, (token) =>
      token.startsWith('"') || (token.length < 16 && /^-?\d+$/.test(token)) ? token : `"${token}"`,
    ),
  )
}

/**
 * A time in ns: whole numbers are ns, decimal fractions seconds with at most nine decimals (`171223.534912180`). undefined = no
 * time.
 */
export function toTime(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string') return undefined
  const parts = /^\s*(-?)(\d{1,20})(?:\.(\d{1,9}))?\s*$/.exec(value)
  if (!parts) return undefined
  const [, sign, whole, decimals] = parts
  const ns = decimals === undefined ? BigInt(whole!) : BigInt(whole! + decimals.padEnd(9, '0'))
  return sign ? -ns : ns
}

/** A whole number, also as text, `0x` included; undefined = none. */
export function toBigInt(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  if (typeof value !== 'string' || !/^\s*(-?\d{1,20}|0[xX][0-9a-fA-F]{1,16})\s*$/.test(value)) return undefined
  return BigInt(value.trim())
}

/** A whole number that fits a double exactly; undefined = none. */
export function toNumber(value: unknown): number | undefined {
  const n = toBigInt(value)
  return n !== undefined && n >= -(2n ** 53n) && n <= 2n ** 53n ? Number(n) : undefined
}

/** A correlation id: 16 hex digits with or without 0x, or a whole JSON number; undefined = none. */
export function toId(value: unknown): bigint | undefined {
  if (typeof value === 'number') return toBigInt(value)
  if (typeof value !== 'string') return undefined
  const digits = /^\s*(?:0[xX])?([0-9a-fA-F]{1,16})\s*$/.exec(value)
  return digits ? BigInt(`0x${digits[1]!}`) : undefined
}
