// trace_printk with arguments: the record holds the address of the format and the arguments in binary.

import { cString, toByteString } from '../bytestring.js'
import type { TextContext } from '../context.js'
import type { Machine } from '../evaluate.js'
import type { EventFormat } from '../format.js'
import { compileParts, joinParts } from '../parts.js'
import { Node } from '../node.js'
import { readUnsigned, type Value } from '../value.js'

type Argument = Value | string

const isAlphanumeric = (c: string | undefined): boolean => c !== undefined && /[0-9A-Za-z]/.test(c)

/** Walks the binary arguments as the format describes them. Integers lie on 4-byte borders, strings are stored in full. */
function readArguments(format: string, from: number, p: Uint8Array, ctx: TextContext): Argument[] {
  const out: Argument[] = []
  let at = from
  const integer = (size: number): void => {
    at = (at + 3) & ~3
    out.push(readUnsigned(p, at, size, ctx.bigEndian))
    at += size
  }
  const string = (): void => {
    const s = cString(p, at, p.length)
    out.push(s)
    at += s.length + 1
  }
  for (let i = 0; i < format.length && at < p.length; i++) {
    if (format[i] !== '%') continue
    let longs = 0
    conversion: for (i++; i < format.length; i++) {
      const c = format[i]!
      switch (c) {
        case 'l':
          longs++
          continue
        case 'L':
          longs = 2
          continue
        case 'z':
        case 'Z':
          longs = 1
          continue
        case '*':
          integer(4)
          continue
        case 'p': {
          longs = 1
          let dereferenced = false
          if (isAlphanumeric(format[i + 1])) {
            const kind = format[++i]!
            const symbol = 'sSx'.includes(kind) || ('fF'.includes(kind) && format[i + 1] !== 'w')
            // Kernels that follow the pointer while recording store the text.
            dereferenced = !symbol && (p[at] ?? 0) >= 32 && (p[at] ?? 0) < 127
          }
          if (dereferenced) string()
          else integer(ctx.longSize)
          break conversion
        }
        case 'd':
        case 'u':
        case 'i':
        case 'x':
        case 'X':
        case 'o':
          integer(longs === 0 ? 4 : longs === 1 ? ctx.longSize : longs === 2 ? 8 : longs)
          break conversion
        case 's':
          string()
          break conversion
        default:
          if (!'0123456789.#'.includes(c)) break conversion
      }
    }
  }
  return out
}

interface Compiled {
  /** Where the arguments of the record at hand are put before `text` is called. */
  readonly slots: readonly Node[]
  readonly text: (p: Uint8Array, c: TextContext) => string
}

/** The renderer of `ftrace/bprint`; undefined when the event has not the fields that it needs. */
export function compileBinaryPrint(
  f: EventFormat,
  machine: Machine,
): ((p: Uint8Array, c: TextContext) => string) | undefined {
  const [ip, fmt, buf] = ['ip', 'fmt', 'buf'].map((name) => f.byName.get(name))
  if (!ip || !fmt || !buf) return undefined
  const compiled = new Map<string, Compiled>()
  const compile = (format: string, count: number): Compiled => {
    const slots = Array.from({ length: count }, () => {
      const node = new Node()
      node.kind = 'slot'
      return node
    })
    return { slots, text: joinParts(compileParts(format, slots, machine).parts) }
  }
  return (p, c) => {
    const address = BigInt(readUnsigned(p, fmt.offset, fmt.size, c.bigEndian))
    const known = c.printk(address)
    const format = known === undefined ? `(NO FORMAT FOUND at ${address.toString(16)})\n` : toByteString(known)
    const args = [readUnsigned(p, ip.offset, ip.size, c.bigEndian), ...readArguments(format, buf.offset, p, c)]
    const key = `${args.length} ${format}`
    let how = compiled.get(key)
    if (!how) {
      how = compile(`%ps: ${format}`, args.length)
      if (compiled.size > 10_000) compiled.clear()
      compiled.set(key, how)
    }
    how.slots.forEach((slot, i) => {
      slot.value = args[i] ?? 0
    })
    return how.text(p, c)
  }
}
