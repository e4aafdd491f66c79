// The kernel's extensions of %p: symbols, hardware and network addresses, UUIDs, raw buffers.

import { compileNumber, type Machine } from './evaluate.js'
import type { TextContext } from './context.js'
import { dynamicExtent, type Extent } from './fields.js'
import { argumentNumber, innermost, type Node } from './node.js'
import { renderFunction } from './strings.js'
import { toByteString } from './bytestring.js'
import { hexText, type Value } from './value.js'

export type Text = (p: Uint8Array, c: TextContext) => string

const hexByte = (b: number, upper = false): string => {
  const t = (b < 16 ? '0' : '') + b.toString(16)
  return upper ? t.toUpperCase() : t
}

const bytesAt = (p: Uint8Array, at: number, n: number): number[] => Array.from({ length: n }, (_, i) => p[at + i] ?? 0)

/** An address as `symbol+0x0` or, without an offset, `symbol`; hex when it has no symbol. */
function symbolText(v: Value, c: TextContext, withOffset: boolean): string {
  const found = c.symbol(BigInt(v))
  if (!found) return `0x${hexText(v)}`
  return toByteString(found.name) + (withOffset ? `+0x${found.offset.toString(16)}` : '')
}

/** Text of a field of a fixed size; `wrong` when its size is another. */
function ofField(node: Node, size: number, wrong: string, show: (bytes: number[]) => string): Text {
  const inner = innermost(node)
  if (inner.kind !== 'field') {
    const text = `ARG TYPE NOT FIELD BUT ${argumentNumber(inner)}`
    return () => text
  }
  const { field } = inner
  if (!field) return () => ''
  if (field.size !== size) return () => wrong
  return (p) => show(bytesAt(p, field.offset, size))
}

const mac = (kind: string, node: Node): Text => {
  const separator = kind[0] === 'm' ? '' : kind === 'MF' ? '-' : ':'
  const reverse = kind[1] === 'R'
  return ofField(node, 6, 'INVALIDMAC', (b) => (reverse ? b.toReversed() : b).map((x) => hexByte(x)).join(separator))
}

function ip4(b: readonly number[], padded: boolean, reverse: boolean): string {
  const bytes = reverse ? b.toReversed() : b
  return bytes.map((x) => (padded ? String(x).padStart(3, '0') : String(x))).join('.')
}

function ip6(b: readonly number[], colons: boolean): string {
  const words: string[] = []
  for (let i = 0; i < 16; i += 2) words.push(hexByte(b[i]!) + hexByte(b[i + 1]!))
  return words.join(colons ? ':' : '')
}

/** IPv6 in its short form: the longest run of zero words left out, addresses that embed an IPv4 one written as such. */
function ip6Short(b: readonly number[]): string {
  const words = Array.from({ length: 8 }, (_, i) => b[2 * i]! * 256 + b[2 * i + 1]!)
  const mapped = words.slice(0, 5).every((w) => w === 0) && words[5] === 0xffff
  const isatap = (words[4]! | 0x0200) === 0x0200 && words[5] === 0x5efe
  const embeds = mapped || isatap
  const range = embeds ? 6 : 8
  let longest = 1
  let from = -1
  for (let i = 0; i < range; i++) {
    let n = 0
    while (i + n < range && words[i + n] === 0) n++
    if (n > longest) {
      longest = n
      from = i
    }
  }
  let out = ''
  let colon = false
  for (let i = 0; i < range; i++) {
    if (i === from) {
      out += colon || i === 0 ? '::' : ':'
      colon = false
      i += longest - 1
      continue
    }
    if (colon) out += ':'
    out += words[i]!.toString(16)
    colon = true
  }
  return embeds ? `${out}${colon ? ':' : ''}${ip4(b.slice(12), false, false)}` : out
}

/** Whether the byte order letter of an IPv4 address (host, little, network, big) turns its bytes around. */
const ip4Reversed = (letter: string | undefined, bigEndian: boolean): boolean =>
  letter === 'l' || (letter === 'h' && !bigEndian)

function socketAddress(kind: string, node: Node, m: Machine): Text {
  const inner = innermost(node)
  const { field } = inner
  let at: (p: Uint8Array, c: TextContext) => Extent
  if (inner.kind === 'field') {
    if (!field) return () => ''
    at = () => ({ offset: field.offset, length: field.size })
  } else if (inner.kind === 'dynamicArray' && field) {
    at = (p, c) => dynamicExtent(field, p, c)
  } else {
    const text = `ARG NOT FIELD NOR DYNAMIC ARRAY BUT TYPE ${argumentNumber(inner)}`
    return () => text
  }
  let rest = kind.slice(2)
  const upper = kind[0] === 'I'
  const port = upper && rest.startsWith('p')
  if (port) rest = rest.slice(1)
  const short = upper && rest.startsWith('c')
  if (short) rest = rest.slice(1)
  const reverse = ip4Reversed(rest[0], m.bigEndian)
  return (p, c) => {
    const { offset, length } = at(p, c)
    const b = bytesAt(p, offset, 28)
    const family = b[0]! + b[1]! * 256
    const portNumber = b[2]! * 256 + b[3]!
    if (family === 2) {
      if (length < 16) return 'INVALIDIPv4'
      return ip4(b.slice(4, 8), !upper, reverse) + (port ? `:${portNumber}` : '')
    }
    if (family !== 10) return ''
    if (length < 28) return 'INVALIDIPv6'
    const address = short ? ip6Short(b.slice(8, 24)) : ip6(b.slice(8, 24), upper)
    return port ? `[${address}]:${portNumber}` : address
  }
}

function ip(kind: string, node: Node, m: Machine): Text {
  const upper = kind[0] === 'I'
  switch (kind[1]) {
    case '4': {
      const reverse = ip4Reversed(kind[2], m.bigEndian)
      return ofField(node, 4, 'INVALIDIPv4', (b) => ip4(b, !upper, reverse))
    }
    case '6': {
      const short = upper && kind[2] === 'c'
      return ofField(node, 16, 'INVALIDIPv6', (b) => (short ? ip6Short(b) : ip6(b, upper)))
    }
    case 'S':
      return socketAddress(kind, node, m)
    default:
      return () => ''
  }
}

const uuidOrder = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
const guidOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

function uuid(kind: string, node: Node): Text {
  const order = kind[1] === 'L' || kind[1] === 'l' ? guidOrder : uuidOrder
  const upper = kind[1] === 'L' || kind[1] === 'B'
  return ofField(node, 16, 'INVALIDUUID', (b) =>
    order.map((from, i) => hexByte(b[from]!, upper) + (i === 3 || i === 5 || i === 7 || i === 9 ? '-' : '')).join(''),
  )
}

function rawBuffer(kind: string, node: Node): (p: Uint8Array, c: TextContext, star: number) => string {
  const separator = { C: ':', D: '-', N: '' }[kind[1] ?? ''] ?? ' '
  const { field } = node
  if (node.kind !== 'dynamicArray' || !field) {
    const text = `ARG TYPE NOT FIELD BUT ${argumentNumber(node)}`
    return () => text
  }
  return (p, c, star) => {
    const { offset, length } = dynamicExtent(field, p, c)
    const n = star < 0 || length < star ? length : star
    return Array.from(p.subarray(offset, offset + n), (b) => hexByte(b)).join(separator)
  }
}

/**
 * Text of a %p conversion. `kind` is what follows the p (`S`, `I4`, ``); `star` at run time is the argument of a `*`, 1 without.
 */
export function pointerFormat(
  kind: string,
  node: Node,
  m: Machine,
): (p: Uint8Array, c: TextContext, star: number) => string {
  if (node.kind === 'slot') {
    const number = pointerOfNumber(kind, node, m)
    return (p, c, star) => (typeof node.value === 'string' ? node.value : number(p, c, star))
  }
  return pointerOfNumber(kind, node, m)
}

function pointerOfNumber(
  kind: string,
  node: Node,
  m: Machine,
): (p: Uint8Array, c: TextContext, star: number) => string {
  const helper = node.kind === 'func' ? renderFunction(node, m) : undefined
  switch (kind[0]) {
    case 'F':
    case 'S':
    case 'f':
    case 's': {
      const value = compileNumber(node, m)
      const withOffset = kind[0] === 'F' || kind[0] === 'S'
      return (p, c) => symbolText(value(p, c), c, withOffset)
    }
    case 'M':
    case 'm':
      return helper ?? mac(kind, node)
    case 'I':
    case 'i':
      return helper ?? ip(kind, node, m)
    case 'U':
      return helper ?? uuid(kind, node)
    case 'h':
      return helper ?? rawBuffer(kind, node)
    default: {
      const value = compileNumber(node, m)
      return (p, c) => {
        const v = value(p, c)
        return v === 0 ? '(nil)' : `0x${hexText(v)}`
      }
    }
  }
}
