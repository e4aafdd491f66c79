// Parser of print formats. The language is C's; what counts is libtraceevent's reading of it, so the grammar follows that,
// including where it departs from C: operators of one precedence group to the right, an operator in parentheses is taken apart
// when the one before it binds tighter, functions of plugins take no operators in their arguments.

import { evaluateConstant, foldConstants } from './constants.js'
import type { EventFormat } from './format.js'
import { Node, type NodeKind, priority } from './node.js'
import { PrintFormatError, Tokens, type TokenType } from './tokens.js'

const binary = new Set('>> << & | && || - + * ^ / % < > <= >= == !='.split(' '))
const unary = new Set(['~', '!', '+', '-'])

/** Deeper nesting than any kernel's format has; ends hostile input before the call stack does. */
const maxDepth = 400

const isItem = (t: TokenType): boolean => t === 'item' || t === 'dquote' || t === 'squote'

class Parser {
  readonly #t: Tokens
  #depth = 0

  constructor(
    text: string,
    private readonly format: EventFormat,
    private readonly longSize: number,
    private readonly functions: ReadonlyMap<string, number>,
  ) {
    this.#t = new Tokens(text)
  }

  #fail(why: string): never {
    throw new PrintFormatError(`${why} at "${this.#t.text}"`)
  }

  #is(type: TokenType, text: string): boolean {
    return this.#t.type === type && this.#t.text === text
  }

  #expect(type: TokenType, text: string): void {
    if (!this.#is(type, text)) this.#fail(`"${text}" expected`)
  }

  /** Reads the next token, which must be an item, and gives its text. */
  #item(): string {
    if (this.#t.next(true) !== 'item') this.#fail('A name expected')
    return this.#t.text
  }

  /** The format string and its arguments. */
  parse(): { format: string; args: Node[] } {
    const t = this.#t
    if (t.next(true) !== 'dquote') this.#fail('A string expected')
    let format = t.text
    while (t.next() === 'dquote') format += t.text
    if (t.type === 'none') return { format, args: [] }
    this.#expect('delim', ',')
    return { format, args: this.#arguments() }
  }

  #arguments(): Node[] {
    const t = this.#t
    const args: Node[] = []
    do {
      if (args.length > 0 && t.type === 'newline') {
        t.next()
        continue
      }
      const arg = new Node()
      this.#arg(arg)
      args.push(arg)
      if (t.type === 'op') {
        this.#op(arg)
        foldConstants(arg)
        continue
      }
      if (!this.#is('delim', ',')) break
    } while (t.type !== 'none')
    return args
  }

  /** Reads one operand into `arg`; the token after it is current then. */
  #arg(arg: Node): void {
    this.#t.next(true)
    this.#argToken(arg)
  }

  /** Like #arg, but the operand's first token is current already. */
  #argToken(arg: Node): void {
    const t = this.#t
    if (++this.#depth > maxDepth) this.#fail('Nested too deeply')
    if (t.type === 'item') this.#itemOperand(arg)
    else if (t.type === 'dquote' || t.type === 'squote') {
      arg.kind = 'atom'
      arg.text = t.text
      t.next()
    } else if (this.#is('delim', '(')) this.#paren(arg)
    else if (t.type === 'delim' || t.type === 'op') {
      arg.kind = 'op'
      this.#op(arg)
    } else this.#fail('An operand expected')
    this.#depth--
  }

  #itemOperand(arg: Node): void {
    const t = this.#t
    if (t.text === 'REC') return this.#entry(arg)
    let atom = t.text
    t.next()
    if (this.#is('delim', '(')) return this.#function(arg, atom)
    while (t.type === 'item') {
      atom += ` ${t.text}`
      t.next()
    }
    arg.kind = 'atom'
    arg.text = atom
  }

  /** After REC: `->name`. A `)` is left to the caller, because `(REC)->name` is the same. */
  #entry(arg: Node): void {
    this.#t.next()
    if (this.#is('delim', ')')) return
    this.#member(arg)
  }

  #member(arg: Node): void {
    this.#expect('op', '->')
    arg.kind = 'field'
    arg.text = this.#item()
    arg.field = this.format.byName.get(arg.text)
    this.#t.next(true)
  }

  #paren(arg: Node): void {
    const t = this.#t
    t.next(true)
    const bareRecord = this.#is('item', 'REC')
    this.#argToken(arg)
    if (bareRecord && arg.kind === 'null' && this.#is('delim', ')')) {
      t.next()
      return this.#member(arg)
    }
    if (t.type === 'op') this.#op(arg)
    this.#expect('delim', ')')
    t.next()
    if (!isItem(t.type) && !this.#is('delim', '(')) return
    // An operand follows at once, so the parentheses were a cast.
    if (arg.kind !== 'atom') this.#fail('A type expected')
    arg.kind = 'type'
    arg.left = new Node()
    this.#argToken(arg.left)
  }

  /** The current token is an operator; `arg` is what stands before it (an op without operands: nothing does). */
  #op(arg: Node): void {
    const t = this.#t
    const op = t.text
    if (++this.#depth > maxDepth) this.#fail('Nested too deeply')
    let right: Node | undefined
    if (arg.kind === 'op' && !arg.left) {
      if (!unary.has(op)) this.#fail('Not an operator of one operand')
      arg.text = op
      arg.left = new Node()
      right = arg.right = new Node()
      this.#arg(right)
    } else {
      const left = new Node().copyOf(arg)
      arg.copyOf(new Node())
      arg.kind = 'op'
      arg.text = op
      arg.left = left
      if (op === '?') this.#choice(arg)
      else if (op === '[') this.#index(arg)
      else if (binary.has(op)) {
        arg.prio = left.kind === 'null' ? 0 : priority(op)
        t.next()
        if (op === '*' && this.#is('delim', ')')) {
          if (left.kind !== 'atom') this.#fail('A type expected')
          left.text += ' *'
          arg.copyOf(left)
          this.#depth--
          return
        }
        right = new Node()
        this.#argToken(right)
        this.#attach(arg, right)
      } else this.#fail('Unknown operator')
    }
    if (t.type === 'op' && t.text !== ':') {
      const target = priority(t.text) > arg.prio ? arg : right
      if (!target) this.#fail('Unexpected operator')
      this.#op(target)
    }
    this.#depth--
  }

  /** Puts `right` under `arg`, turning the two around when `right` is an operator that binds less tightly. */
  #attach(arg: Node, right: Node): void {
    if (right.kind !== 'op' || priority(arg.text) >= priority(right.text)) {
      arg.right = right
      return
    }
    arg.right = right.left
    const before = new Node().copyOf(arg)
    arg.copyOf(right)
    right.copyOf(before)
    arg.left = right
  }

  #choice(top: Node): void {
    const t = this.#t
    const choice = new Node()
    choice.kind = 'op'
    choice.text = ':'
    choice.left = new Node()
    choice.right = new Node()
    this.#arg(choice.left)
    while (t.type === 'op' && t.text !== ':') this.#op(choice.left)
    this.#expect('op', ':')
    this.#arg(choice.right)
    top.right = choice
  }

  #index(top: Node): void {
    const index = new Node()
    this.#arg(index)
    this.#expect('op', ']')
    top.right = index
    this.#t.next()
  }

  #function(arg: Node, name: string): void {
    switch (name) {
      case '__print_flags':
        return this.#flags(arg, true)
      case '__print_symbolic':
        return this.#flags(arg, false)
      case '__print_hex':
        return this.#hex(arg, 'hex')
      case '__print_hex_str':
        return this.#hex(arg, 'hexString')
      case '__print_array':
        arg.left = this.#delimited(',')
        arg.right = this.#delimited(',')
        arg.third = this.#delimited(')')
        arg.kind = 'intArray'
        this.#t.next()
        return
      case '__get_str':
      case '__get_rel_str':
        return this.#named(arg, 'string')
      case '__get_bitmask':
      case '__get_rel_bitmask':
        return this.#named(arg, 'bitmask')
      case '__get_cpumask':
      case '__get_rel_cpumask':
        return this.#named(arg, 'cpumask')
      case '__get_dynamic_array':
      case '__get_rel_dynamic_array':
      case '__get_sockaddr':
      case '__get_sockaddr_rel':
        return this.#dynamicArray(arg)
      case '__get_dynamic_array_len':
      case '__get_rel_dynamic_array_len':
        this.#named(arg, 'dynamicLength')
        if (!arg.field || arg.field.common) this.#fail(`No field ${arg.text}`)
        return
      case '__builtin_expect':
        return this.#expected(arg)
      case 'sizeof':
        return this.#sizeof(arg)
      default:
        return this.#registered(arg, name)
    }
  }

  /** An operand with operators, up to a delimiter. */
  #delimited(end: string): Node {
    const arg = new Node()
    this.#arg(arg)
    if (this.#t.type === 'op') {
      this.#op(arg)
      foldConstants(arg)
    }
    this.#expect('delim', end)
    return arg
  }

  #hex(arg: Node, kind: 'hex' | 'hexString'): void {
    arg.left = this.#delimited(',')
    arg.right = this.#delimited(')')
    arg.kind = kind
    this.#t.next()
  }

  /** A function whose one argument is the name of a field. */
  #named(arg: Node, kind: NodeKind): void {
    arg.text = this.#item()
    arg.field = this.format.byName.get(arg.text)
    arg.kind = kind
    this.#t.next(true)
    this.#expect('delim', ')')
    this.#t.next(true)
  }

  #dynamicArray(arg: Node): void {
    this.#named(arg, 'dynamicArray')
    if (!arg.field || arg.field.common) this.#fail(`No field ${arg.text}`)
    if (this.#t.type === 'newline') this.#t.next()
    // An index without a cast in parentheses is not understood by libtraceevent either.
    if (this.#is('op', '[')) this.#fail('An index of a dynamic array without a cast')
  }

  #flags(arg: Node, flags: boolean): void {
    const t = this.#t
    const value = new Node()
    this.#arg(value)
    while (t.type === 'op') this.#op(value)
    this.#expect('delim', ',')
    if (flags) {
      if (isItem(t.next())) {
        arg.delimiter = t.text
        t.next()
      }
      this.#expect('delim', ',')
    }
    arg.left = value
    arg.items = this.#pairs()
    arg.kind = flags ? 'flags' : 'symbol'
    this.#expect('delim', ')')
    t.next()
  }

  /** `{ value, "name" }` pairs; a comma after the last one does no harm. */
  #pairs(): { value: string; name: string }[] {
    const t = this.#t
    const pairs: { value: string; name: string }[] = []
    do {
      t.next()
      if (!this.#is('op', '{')) break
      const value = new Node()
      this.#arg(value)
      if (t.type === 'op') this.#op(value)
      this.#expect('delim', ',')
      const name = new Node()
      this.#arg(name)
      this.#expect('op', '}')
      pairs.push({ value: evaluateConstant(value), name: evaluateConstant(name) })
      t.next()
    } while (this.#is('delim', ','))
    return pairs
  }

  #expected(arg: Node): void {
    this.#arg(arg)
    this.#expect('delim', ',')
    this.#item()
    this.#t.next(true)
    this.#expect('delim', ')')
    this.#t.next()
  }

  #sizeof(arg: Node): void {
    const t = this.#t
    t.next()
    let size = 0
    // Whether the token that ended the type is current.
    let ended = false
    let word = t.text
    if (word === 'unsigned') {
      ended = t.next() !== 'item'
      word = ended ? 'int' : t.text
    }
    if (word === 'int') size = 4
    else if (word === 'long') {
      t.next()
      if (t.text === 'long') size = 8
      else {
        size = this.longSize
        ended = true
      }
    } else if (word === 'REC') {
      t.next()
      this.#expect('op', '->')
      const field = this.format.byName.get(this.#item())
      if (!field || field.isArray) this.#fail('The size of an array')
      size = field.size
      arg.text = String(size)
    } else this.#fail('The size of an unknown type')
    if (word !== 'REC' && size !== 4 && size !== 8) this.#fail('The size of a long is not known')
    arg.kind = 'atom'
    arg.text = String(size)
    if (!ended) t.next()
    this.#expect('delim', ')')
    t.next()
  }

  #registered(arg: Node, name: string): void {
    const count = this.functions.get(name)
    if (count === undefined) this.#fail(`Function ${name} is not known`)
    arg.kind = 'func'
    arg.text = name
    for (let i = 0; i < count; i++) {
      const operand = new Node()
      this.#arg(operand)
      this.#expect('delim', i < count - 1 ? ',' : ')')
      arg.args.push(operand)
    }
    this.#t.next(true)
  }
}

/**
 * Parses the text after `print fmt:`. `functions` are the helper functions that may be called and how many arguments each takes.
 * Throws PrintFormatError.
 */
export function parsePrintFormat(
  text: string,
  format: EventFormat,
  longSize: number,
  functions: ReadonlyMap<string, number>,
): { format: string; args: Node[] } {
  return new Parser(text, format, longSize, functions).parse()
}
