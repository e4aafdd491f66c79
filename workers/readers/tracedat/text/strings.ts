// Arguments of %s as closures that give text.

import { cString, toByteString } from './bytestring.js'
import type { TextContext } from './context.js'
import { compileNumber, type Machine } from './evaluate.js'
import { dynamicExtent, type Extent } from './fields.js'
import { bitmaskText, cpuListText } from './masks.js'
import type { Node } from './node.js'
import { callFunction } from './plugins/functions.js'
import { stringFormat } from './printf.js'
import { parseNumber, readUnsigned, toInt32, type Value } from './value.js'

type Text = (p: Uint8Array, c: TextContext, star: number) => string
type Format = (v: string, star: number) => string

const nothing: Text = () => ''

/** What a helper function of the plugins writes. */
export function renderFunction(node: Node, m: Machine): (p: Uint8Array, c: TextContext) => string {
  const args = node.args.map((a) => compileNumber(a, m))
  return (p, c) =>
    callFunction(
      node.text,
      args.map((a) => a(p, c)),
      p,
    ).text
}

function ofField(node: Node, m: Machine, format: Format): Text {
  const { field } = node
  if (!field) return nothing
  if (!field.isArray && field.size === m.longSize) {
    // A pointer: the string it points to if the file knows it, whatever width the format asks for.
    return (p, c) => {
      const address = readUnsigned(p, field.offset, field.size, false)
      const known = c.printk(BigInt(address))
      return known === undefined ? address.toString(16) : toByteString(known)
    }
  }
  const { offset, size } = field
  return (p, _c, star) => format(cString(p, offset, size === 0 ? p.length : offset + size), star)
}

// Names that old kernels left unevaluated in their formats.
const knownNames: Readonly<Record<string, number>> = {
  HI_SOFTIRQ: 0,
  TIMER_SOFTIRQ: 1,
  NET_TX_SOFTIRQ: 2,
  NET_RX_SOFTIRQ: 3,
  BLOCK_SOFTIRQ: 4,
  IRQ_POLL_SOFTIRQ: 5,
  TASKLET_SOFTIRQ: 6,
  SCHED_SOFTIRQ: 7,
  HRTIMER_SOFTIRQ: 8,
  RCU_SOFTIRQ: 9,
  HRTIMER_NORESTART: 0,
  HRTIMER_RESTART: 1,
}

/** A flag's value; anything that is neither a number nor a known name is -1 (all bits). */
function flagValue(text: string): bigint {
  if (/^[0-9]/.test(text)) return BigInt.asIntN(64, BigInt(parseNumber(text)))
  return Object.hasOwn(knownNames, text) ? BigInt(knownNames[text]!) : -1n
}

function flags(node: Node, m: Machine, format: Format): Text {
  const value = compileNumber(node.left, m)
  const items = node.items.map((i) => ({ bits: flagValue(i.value), name: i.name }))
  const small = items.every((i) => i.bits >= 0n && i.bits <= 0x7fffffffn)
  const delimiter = node.delimiter ?? ''
  const none = items.find((i) => i.bits < 0n)
  const positive = items.filter((i) => i.bits > 0n).map((i) => ({ bits: i.bits, low: Number(i.bits), name: i.name }))
  return (p, c, star) => {
    const v = value(p, c)
    if (v === 0) return none ? format(none.name, star) : ''
    let out = ''
    let first = true
    const add = (text: string): void => {
      out += first ? text : delimiter + text
      first = false
    }
    if (small && typeof v === 'number' && v <= 0x7fffffff) {
      let rest = v
      for (const i of positive) {
        if ((rest & i.low) !== i.low) continue
        add(format(i.name, star))
        rest &= ~i.low
      }
      if (rest !== 0) add(`0x${rest.toString(16)}`)
      return out
    }
    let rest = BigInt(v)
    for (const i of items) {
      // When all bits are used up, a flag without a value of its own is named too.
      if (rest === 0n && i.bits < 0n) {
        out += format(i.name, star)
        break
      }
      if (i.bits <= 0n || (rest & i.bits) !== i.bits) continue
      add(format(i.name, star))
      rest &= ~i.bits
    }
    if (rest !== 0n) add(`0x${rest.toString(16)}`)
    return out
  }
}

function symbols(node: Node, m: Machine, format: Format): Text {
  const value = compileNumber(node.left, m)
  const names = new Map<Value, string>()
  for (const i of node.items) {
    const bits = BigInt.asUintN(64, flagValue(i.value))
    const key: Value = bits <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(bits) : bits
    if (!names.has(key)) names.set(key, i.name)
  }
  return (p, c, star) => {
    const v = value(p, c)
    const name = names.get(v)
    return name === undefined ? `0x${v.toString(16)}` : format(name, star)
  }
}

/** Start of the bytes that __print_hex and __print_array walk over; undefined when the argument has none. */
function bytesOf(node: Node | undefined): ((p: Uint8Array, c: TextContext) => number) | undefined {
  const field = node?.field
  if (!field) return undefined
  if (node.kind === 'dynamicArray') return (p, c) => dynamicExtent(field, p, c).offset
  return node.kind === 'field' ? () => field.offset : undefined
}

function hex(node: Node, m: Machine): Text {
  const start = bytesOf(node.left)
  if (!start) return nothing
  const length = compileNumber(node.right, m)
  const separator = node.kind === 'hex' ? ' ' : ''
  return (p, c) => {
    const at = start(p, c)
    const bytes = p.subarray(at, at + Math.max(0, Number(length(p, c))))
    return Array.from(bytes, (b) => (b < 16 ? '0' : '') + b.toString(16)).join(separator)
  }
}

function integers(node: Node, m: Machine): Text {
  const start = bytesOf(node.left)
  if (!start) return nothing
  const count = compileNumber(node.right, m)
  const elementSize = compileNumber(node.third, m)
  return (p, c) => {
    const size = Number(elementSize(p, c))
    const sound = size === 1 || size === 2 || size === 4 || size === 8
    const step = sound ? size : 1
    const n = Number(count(p, c))
    const out: string[] = []
    let at = start(p, c)
    for (let i = 0; i < n && at + step <= p.length; i++, at += step) {
      const v = readUnsigned(p, at, step, false)
      // A wrong size is complained about once; then come bytes.
      out.push(sound || i > 0 ? v.toString() : `BAD SIZE:${toInt32(size)} 0x${v.toString(16)}`)
    }
    return out.join(' ')
  }
}

function located(node: Node, show: (p: Uint8Array, at: Extent, star: number) => string): Text {
  const { field } = node
  return field ? (p, c, star) => show(p, dynamicExtent(field, p, c), star) : nothing
}

function compile(node: Node | undefined, m: Machine, format: Format): Text {
  switch (node?.kind) {
    case 'atom':
      return (_p, _c, star) => format(node.text, star)
    case 'slot':
      return (_p, _c, star) => format(typeof node.value === 'string' ? node.value : `${node.value}`, star)
    case 'field':
      return ofField(node, m, format)
    case 'flags':
      return flags(node, m, format)
    case 'symbol':
      return symbols(node, m, format)
    case 'hex':
    case 'hexString':
      return hex(node, m)
    case 'intArray':
      return integers(node, m)
    case 'string':
      return located(node, (p, at, star) => (at.length === 0 ? '' : format(cString(p, at.offset, p.length), star)))
    case 'bitmask':
      return located(node, (p, at, star) =>
        format(bitmaskText(p.subarray(at.offset, at.offset + at.length), m.bigEndian), star),
      )
    case 'cpumask':
      return located(node, (p, at, star) =>
        format(cpuListText(p.subarray(at.offset, at.offset + at.length), m.bigEndian), star),
      )
    case 'op': {
      if (node.text !== '?') return nothing
      const condition = compileNumber(node.left, m)
      const yes = compile(node.right?.left, m, format)
      const no = compile(node.right?.right, m, format)
      return (p, c, star) => (condition(p, c) !== 0 ? yes(p, c, star) : no(p, c, star))
    }
    case 'func':
      return renderFunction(node, m)
    default:
      return nothing
  }
}

/** Text of a %s conversion; `star` at run time is the argument of a `*`. */
export const compileString = (node: Node, m: Machine, conversion: string): Text =>
  compile(node, m, stringFormat(conversion))
