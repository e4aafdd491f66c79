// C's printf for one conversion, compiled from its text.

import { hexText, signed64, toInt32, toUint32, type Value } from './value.js'

interface Spec {
  readonly minus: boolean
  readonly zero: boolean
  readonly alternate: boolean
  readonly plus: boolean
  readonly blank: boolean
  /** 'star' = taken from an argument. */
  readonly width: number | 'star'
  /** -1 = none. */
  readonly precision: number | 'star'
  readonly conversion: string
}

// Widths no screen has; they bound what a hostile format can make us allocate.
const limit = (n: number): number => Math.min(n, 4096)

/** Takes a conversion such as `%-08.3llx` apart. */
function parseSpec(text: string): Spec {
  const m = /^%([-+ #0]*)(\*|\d*)(?:\.(\*|-?\d*))?/.exec(text)
  const flags = m?.[1] ?? ''
  const width = m?.[2] ?? ''
  const precision = m?.[3]
  return {
    minus: flags.includes('-'),
    zero: flags.includes('0'),
    alternate: flags.includes('#'),
    plus: flags.includes('+'),
    blank: flags.includes(' '),
    width: width === '*' ? 'star' : limit(Number(width)),
    precision:
      precision === undefined
        ? -1
        : precision === '*'
          ? 'star'
          : precision.startsWith('-')
            ? -1
            : limit(Number(precision)),
    conversion: text.at(-1) ?? '',
  }
}

/** The digits of a number (with `-` when negative) laid out by a spec. */
function layOut(s: Spec, digits: string, star: number): string {
  let { minus } = s
  let width = s.width === 'star' ? star : s.width
  if (width < 0) {
    minus = true
    width = -width
  }
  width = limit(width)
  let precision = s.precision === 'star' ? star : s.precision
  const negative = digits.startsWith('-')
  let body = negative ? digits.slice(1) : digits
  const isZero = body === '0'
  if (precision >= 0) {
    precision = limit(precision)
    body = precision === 0 && isZero ? '' : body.padStart(precision, '0')
  }
  let prefix = ''
  const signedKind = s.conversion === 'd' || s.conversion === 'i'
  if (signedKind) prefix = negative ? '-' : s.plus ? '+' : s.blank ? ' ' : ''
  else if (s.alternate) {
    if ((s.conversion === 'x' || s.conversion === 'X') && !isZero) prefix = `0${s.conversion}`
    else if (s.conversion === 'o' && !body.startsWith('0')) body = `0${body}`
  }
  const length = prefix.length + body.length
  if (length >= width) return prefix + body
  if (minus) return (prefix + body).padEnd(width)
  if (s.zero && precision < 0) return prefix + body.padStart(width - prefix.length, '0')
  return (prefix + body).padStart(width)
}

function digitsOf(conversion: string, modifier: number): (v: Value) => string {
  const narrow = (v: Value): Value => {
    if (modifier === -1) return toUint32(v) & 0xffff
    if (modifier <= -2) return toUint32(v) & 0xff
    return modifier === 0 ? toUint32(v) : v
  }
  switch (conversion) {
    case 'd':
    case 'i':
      if (modifier === 0) return (v) => `${toInt32(v)}`
      if (modifier === -1) return (v) => `${(toInt32(v) << 16) >> 16}`
      if (modifier <= -2) return (v) => `${(toInt32(v) << 24) >> 24}`
      return (v) => `${signed64(v)}`
    case 'u':
      return modifier === 0 ? (v) => `${toUint32(v)}` : (v) => `${narrow(v)}`
    case 'o':
      return (v) => narrow(v).toString(8)
    case 'X':
      return (v) => narrow(v).toString(16).toUpperCase()
    default:
      return modifier > 0 ? hexText : (v) => hexText(narrow(v))
  }
}

/**
 * Formatter of an integer conversion. `modifier`: -2 char, -1 short, 0 int, 1 and 2 64 bits. `star` is the argument of a `*`.
 */
export function integerFormat(text: string, modifier: number): (v: Value, star: number) => string {
  const s = parseSpec(text)
  const digits = digitsOf(s.conversion, modifier)
  const plain = s.width === 0 && s.precision === -1 && !s.alternate && !s.plus && !s.blank
  if (plain) return digits
  const zeroWidth = s.zero && !s.minus && s.precision === -1 && !s.alternate && !s.plus && !s.blank ? s.width : 0
  if (typeof zeroWidth === 'number' && zeroWidth > 0 && 'xXuo'.includes(s.conversion)) {
    return (v) => digits(v).padStart(zeroWidth, '0')
  }
  return (v, star) => layOut(s, digits(v), star)
}

/** Formatter of a string conversion over byte strings. */
export function stringFormat(text: string): (v: string, star: number) => string {
  const s = parseSpec(text)
  if (s.width === 0 && s.precision === -1) return (v) => v
  return (v, star) => {
    let precision = s.precision === 'star' ? star : s.precision
    let width = s.width === 'star' ? star : s.width
    if (precision >= 0) precision = limit(precision)
    const cut = precision >= 0 ? v.slice(0, precision) : v
    const left = s.minus || width < 0
    width = limit(Math.abs(width))
    return left ? cut.padEnd(width) : cut.padStart(width)
  }
}
