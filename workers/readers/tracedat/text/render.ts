// From a record to its text.

import type { FieldValue } from '../../types.js'
import { toText } from './bytestring.js'
import type { TextContext } from './context.js'
import type { Machine } from './evaluate.js'
import { rawFieldText, rawValue } from './fields.js'
import type { EventFormat, FieldFormat } from './format.js'
import { innermost, Node } from './node.js'
import { parsePrintFormat } from './parse.js'
import { compileParts, joinParts, type Part } from './parts.js'
import { compileBinaryPrint } from './plugins/bprint.js'
import { functionArguments } from './plugins/functions.js'
import { handlerOf } from './plugins/handlers.js'
import { Line } from './plugins/line.js'
import { PrintFormatError } from './tokens.js'

type Text = (p: Uint8Array, c: TextContext) => string

/** A format compiled for one byte order and size of long. Texts are byte strings. */
interface Program extends Machine {
  readonly info: Text
  /** Every field but the common ones, ` name=value`. */
  readonly dump: Text
  /** Fields whose argument of the print format says more than their number: names of flags and symbols. */
  readonly named: ReadonlyMap<FieldFormat, Text>
}

const programs = new WeakMap<EventFormat, Program>()

/** The arguments of old ftrace events, whose formats name none: all fields in order. */
function fieldArguments(f: EventFormat): Node[] {
  return f.fields
    .filter((field) => !field.common)
    .map((field) => {
      const node = new Node()
      node.kind = 'field'
      node.text = field.name
      node.field = field
      return node
    })
}

function compilePrintFormat(f: EventFormat, m: Machine): { parts: readonly Part[]; failed: boolean } {
  if (f.printFormat === undefined) return { parts: [], failed: true }
  try {
    const { format, args } = parsePrintFormat(f.printFormat, f, m.longSize, functionArguments)
    return compileParts(format, args.length === 0 && f.system === 'ftrace' ? fieldArguments(f) : args, m)
  } catch (e) {
    if (e instanceof PrintFormatError) return { parts: [], failed: true }
    throw e
  }
}

/** The field-by-field text: each field as the print format shows it where it shows it on its own, else as its type suggests. */
function compileDump(f: EventFormat, parts: readonly Part[]): Text {
  const cells: { readonly head: string; readonly text: Text }[] = []
  // Where the search for the next field begins; the end of the print format ends all searches.
  let at = parts.length > 0 ? 0 : -1
  for (const field of f.fields) {
    if (field.common) continue
    let text: Text = (p, c) => rawFieldText(field, p, c)
    let prefix = ''
    if (at >= 0 && !field.isArray && !field.isString) {
      const start = at
      let i = start
      let hexBefore = false
      do {
        const part = parts[i]!
        const argument = part.argument && innermost(part.argument)
        if (argument?.kind === 'field' && argument.field === field) {
          text = part.render
          prefix = hexBefore ? '0x' : ''
          at = i + 1 < parts.length ? i + 1 : -1
          break
        }
        hexBefore = part.literal?.endsWith('0x') ?? false
        i = i + 1 < parts.length ? i + 1 : 0
      } while (i !== start)
    }
    cells.push({ head: ` ${field.name}=${prefix}`, text })
  }
  return (p, c) => {
    let out = ''
    for (const cell of cells) out += cell.head + cell.text(p, c)
    return out
  }
}

/** The one field that an expression depends on; undefined where there are none or several. */
function onlyField(node: Node | undefined, seen = new Set<FieldFormat>()): FieldFormat | undefined {
  const visit = (n: Node | undefined): void => {
    if (!n) return
    if (n.field) seen.add(n.field)
    for (const child of [n.left, n.right, n.third, ...n.args]) visit(child)
  }
  visit(node)
  return seen.size === 1 ? [...seen][0] : undefined
}

/** Whether an expression names values: flags, symbols, or a choice between strings. */
const givesNames = (n: Node | undefined): boolean =>
  n !== undefined &&
  (n.kind === 'flags' ||
    n.kind === 'symbol' ||
    (n.kind === 'op' && [n.left, n.right].some((c) => c?.kind === 'string' || givesNames(c))))

/** What the print format calls the values of a field: `R` and `+` of prev_state are two parts of one name. */
function namedFields(parts: readonly Part[]): Map<FieldFormat, Text> {
  const named = new Map<FieldFormat, Text>()
  for (const { argument, render } of parts) {
    if (!givesNames(argument)) continue
    const field = onlyField(argument)
    if (!field) continue
    const before = named.get(field)
    named.set(field, before ? (p, c) => before(p, c) + render(p, c) : render)
  }
  return named
}

function compileProgram(f: EventFormat, m: Machine): Program {
  const { parts, failed } = compilePrintFormat(f, m)
  const binary = f.system === 'ftrace' && f.name === 'bprint'
  const dump = compileDump(f, failed || binary ? [] : parts)
  let pretty: Text = failed ? (p, c) => `[FAILED TO PARSE]${dump(p, c)}` : joinParts(parts)
  if (binary && !failed) pretty = compileBinaryPrint(f, m) ?? pretty
  const handler = handlerOf(f.system, f.name)
  const info: Text = handler
    ? (p, c) => {
        const line = new Line(f, p, c)
        return handler(line) ? line.text + pretty(p, c) : line.text
      }
    : pretty
  return { bigEndian: m.bigEndian, longSize: m.longSize, info, dump, named: namedFields(failed ? [] : parts) }
}

function programOf(f: EventFormat, ctx: TextContext): Program {
  const known = programs.get(f)
  if (known && known.bigEndian === ctx.bigEndian && known.longSize === ctx.longSize) return known
  const program = compileProgram(f, { bigEndian: ctx.bigEndian, longSize: ctx.longSize })
  programs.set(f, program)
  return program
}

/**
 * The info column of a record, as `trace-cmd report` prints it with libtraceevent's plugins loaded; `raw` = as its option -R.
 * `payload` begins with the common fields.
 */
export function renderInfo(f: EventFormat, payload: Uint8Array, ctx: TextContext, raw = false): string {
  const program = programOf(f, ctx)
  const text = toText(raw ? program.dump(payload, ctx) : program.info(payload, ctx))
  return text.endsWith('\n') ? text.slice(0, -1) : text
}

/** Lowest address worth looking up: below lie sizes, flags and counters that would find a symbol by accident. */
const lowestAddress = 0x8000_0000n

/** What a number stands for: the event of a type, the task of a pid, the symbol of an address; '' when nothing is known. */
function meaning(field: FieldFormat, p: Uint8Array, ctx: TextContext): string {
  if (field.isArray || field.isDynamic) return ''
  const value = rawValue(field, p, ctx)
  if (typeof value !== 'bigint') return ''
  if (field.name === 'common_type') return ctx.formatById(Number(value))?.name ?? ''
  if (field.name === 'common_pid' || field.type === 'pid_t') {
    const comm = ctx.comm(Number(value))
    return comm === '<...>' ? '' : comm
  }
  const address = BigInt.asUintN(64, value)
  if ((!field.isPointer && !field.isLong) || field.size !== ctx.longSize || address < lowestAddress) return ''
  const found = ctx.symbol(address)
  return found ? `${found.name}+0x${found.offset.toString(16)}` : ''
}

function readable(field: FieldFormat, program: Program, p: Uint8Array, ctx: TextContext): string {
  const named = program.named.get(field)
  if (named) return toText(named(p, ctx))
  const text = toText(rawFieldText(field, p, ctx))
  const more = meaning(field, p, ctx)
  return more === '' ? text : `${text} ${more}`
}

/** All fields of a record with their values, common fields first. */
export function allFields(f: EventFormat, payload: Uint8Array, ctx: TextContext): FieldValue[] {
  const program = programOf(f, ctx)
  return f.fields.map((field) => ({
    name: field.name,
    type: field.declaration,
    raw: rawValue(field, payload, ctx),
    text: readable(field, program, payload, ctx),
  }))
}
