// A format string and its arguments as a row of parts, each a closure that gives text.

import type { TextContext } from './context.js'
import { compileNumber, type Machine } from './evaluate.js'
import type { Node } from './node.js'
import { pointerFormat } from './pointers.js'
import { integerFormat } from './printf.js'
import { compileString } from './strings.js'
import { toInt32 } from './value.js'

export interface Part {
  /** Fixed text; then there is no argument. */
  readonly literal?: string
  readonly argument?: Node
  readonly render: (p: Uint8Array, c: TextContext) => string
}

export interface Parts {
  readonly parts: readonly Part[]
  /** The string asks for arguments that are not there, or for conversions that do not exist. */
  readonly failed: boolean
}

const literalPart = (text: string): Part => ({ literal: text, render: () => text })

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

/** Reads text up to the next conversion; gives its end. */
function readLiteral(format: string, from: number): { text: string; end: number } {
  let text = ''
  let i = from
  while (i < format.length) {
    const c = format[i]!
    if (c === '\\') {
      const next = format[i + 1] ?? ''
      text += escapes[next] ?? next
      i += 2
    } else if (c === '%') {
      if (format[i + 1] !== '%') break
      text += '%'
      i += 2
    } else {
      text += c
      i++
    }
  }
  return { text, end: i }
}

/** How many letters after a p belong to the conversion; letters of unknown kinds are text. */
function pointerKindLength(rest: string): number {
  const m = /^(?:[FSfs]|[Mm][RF]?|[Ii]S[pfs]*[hnlb]?c?|[Ii]4[hnlb]?|[Ii]6c?|[Ii]|U[LlBb]?|h[CDN]?)/.exec(rest)
  return m ? m[0].length : 0
}

const modifiers = 'hlLzZ'

class PartReader {
  failed = false
  #next = 0

  constructor(
    private readonly args: readonly Node[],
    private readonly machine: Machine,
  ) {}

  #argument(): Node | undefined {
    const arg = this.args[this.#next]
    if (arg) this.#next++
    else this.failed = true
    return arg
  }

  /** Reads the conversion at `from`, which is a `%`; no part when its argument is missing. */
  conversion(format: string, from: number): { part?: Part; end: number } {
    let modifier = 0
    let star: Node | undefined
    let i = from + 1
    for (; i < format.length; i++) {
      const c = format[i]!
      if (modifiers.includes(c)) modifier = c === 'h' ? modifier - 1 : c === 'l' ? modifier + 1 : c === 'L' ? 2 : 1
      else if (c === '*') {
        if (star) this.failed = true
        star = this.#argument()
        if (!star) return { end: i }
      } else if (!'#.-0123456789'.includes(c)) break
    }
    const c = format[i]
    if (c === undefined) return { end: i }
    if (!'pduixXos'.includes(c)) return { part: literalPart(`>${c}<`), end: i + 1 }
    const arg = this.#argument()
    if (!arg) return { end: i }
    if (c === 'p') {
      const length = pointerKindLength(format.slice(i + 1))
      const end = i + 1 + length
      return { part: this.#pointer(format.slice(i + 1, end), arg, star), end }
    }
    const text = format.slice(from, i + 1)
    if (text.length > 31 || (c !== 's' && (modifier < -2 || modifier > 2))) this.failed = true
    return { part: c === 's' ? this.#string(text, arg, star) : this.#integer(text, modifier, arg, star), end: i + 1 }
  }

  #star(star: Node | undefined, absent: number): (p: Uint8Array, c: TextContext) => number {
    if (!star) return () => absent
    const value = compileNumber(star, this.machine)
    return (p, c) => toInt32(value(p, c))
  }

  #pointer(kind: string, arg: Node, star: Node | undefined): Part {
    const text = pointerFormat(kind, arg, this.machine)
    const length = this.#star(star, 1)
    return { argument: arg, render: (p, c) => text(p, c, length(p, c)) }
  }

  #string(conversion: string, arg: Node, star: Node | undefined): Part {
    const text = compileString(arg, this.machine, conversion)
    if (!star) return { argument: arg, render: (p, c) => text(p, c, -1) }
    const length = this.#star(star, -1)
    return { argument: arg, render: (p, c) => text(p, c, length(p, c)) }
  }

  #integer(conversion: string, modifier: number, arg: Node, star: Node | undefined): Part {
    const value = compileNumber(arg, this.machine)
    const text = integerFormat(conversion, modifier)
    if (!star) return { argument: arg, render: (p, c) => text(value(p, c), 0) }
    const length = this.#star(star, 0)
    return { argument: arg, render: (p, c) => text(value(p, c), length(p, c)) }
  }
}

/** Compiles a format string (escapes as written in the format file) and its arguments. */
export function compileParts(format: string, args: readonly Node[], machine: Machine): Parts {
  const reader = new PartReader(args, machine)
  const parts: Part[] = []
  let at = 0
  while (at < format.length) {
    if (format[at] === '%' && format[at + 1] !== '%') {
      const { part, end } = reader.conversion(format, at)
      if (part) parts.push(part)
      at = end
    } else {
      const { text, end } = readLiteral(format, at)
      parts.push(literalPart(text))
      at = end
    }
  }
  return { parts, failed: reader.failed }
}

/** The parts as one closure. */
export function joinParts(parts: readonly Part[]): (p: Uint8Array, c: TextContext) => string {
  const merged: Part[] = []
  for (const part of parts) {
    const last = merged.at(-1)
    if (part.literal !== undefined && last?.literal !== undefined)
      merged[merged.length - 1] = literalPart(last.literal + part.literal)
    else merged.push(part)
  }
  const n = merged.length
  return (p, c) => {
    let out = ''
    for (let i = 0; i < n; i++) {
      const part = merged[i]!
      out += part.literal ?? part.render(p, c)
    }
    return out
  }
}
