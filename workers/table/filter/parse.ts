// Grammar of filter expressions:
//
//   or         = and { "||" and }
//   and        = unary { "&&" unary }
//   unary      = "!" unary | "(" or ")" | comparison
//   comparison = name operator value | name "in" "(" value { "," value } ")"
//   operator   = "==" | "!=" | "<" | "<=" | ">" | ">=" | "&" | "~" | "=~" | "!~"
//   value      = integer (decimal or 0x...) | decimal | word | "text" | 'text'

import { RequestError } from '../../fault.js'
import { tokenize } from './tokens.js'
import type { Operator, Token } from './tokens.js'

export interface Literal {
  /** As written, without quotation marks. */
  readonly text: string
  /** Its value if it is an integer without quotation marks, else null. */
  readonly integer: bigint | null
  readonly at: number
}

export interface Comparison {
  readonly kind: 'comparison'
  readonly name: string
  readonly operator: Operator | 'in'
  /** One value, or the list of `in`. */
  readonly values: readonly Literal[]
  /** Column of the name. */
  readonly at: number
}

export type Expression =
  | Comparison
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }

const DEEPEST = 200

/** Throws RequestError, whose `at` is the column of the mistake (0 = the first character). */
export function parseExpression(text: string): Expression {
  return new Parser(tokenize(text)).whole()
}

class Parser {
  #next = 0
  #depth = 0

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.#or()
    const token = this.#peek()
    if (token.kind !== 'end') throw new RequestError(`Expected && or || before ${shown(token)}.`, token.at)
    return expression
  }

  #peek(): Token {
    return this.tokens[this.#next]!
  }

  #accept(kind: Token['kind'], text: string): boolean {
    const token = this.#peek()
    if (token.kind !== kind || token.text !== text) return false
    this.#next++
    return true
  }

  #or(): Expression {
    const parts = [this.#and()]
    while (this.#accept('punctuation', '||')) parts.push(this.#and())
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts }
  }

  #and(): Expression {
    const parts = [this.#unary()]
    while (this.#accept('punctuation', '&&')) parts.push(this.#unary())
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts }
  }

  #unary(): Expression {
    const token = this.#peek()
    if (++this.#depth > DEEPEST) throw new RequestError('The expression is nested too deeply.', token.at)
    try {
      if (this.#accept('punctuation', '!')) return { kind: 'not', part: this.#unary() }
      if (!this.#accept('punctuation', '(')) return this.#comparison()
      const inner = this.#or()
      this.#close(token.at)
      return inner
    } finally {
      this.#depth--
    }
  }

  #close(openedAt: number): void {
    if (this.#accept('punctuation', ')')) return
    const token = this.#peek()
    if (token.kind === 'end') throw new RequestError('The bracket is never closed.', openedAt)
    throw new RequestError(`Expected ) before ${shown(token)}.`, token.at)
  }

  #comparison(): Comparison {
    const name = this.#peek()
    if (name.kind !== 'word') throw new RequestError(`Expected the name of a field, found ${shown(name)}.`, name.at)
    this.#next++
    if (this.#accept('word', 'in')) {
      return { kind: 'comparison', name: name.text, operator: 'in', values: this.#list(), at: name.at }
    }
    const operator = this.#peek()
    if (operator.kind !== 'operator') {
      throw new RequestError(
        `Expected a comparison such as == or ~ after ${name.text}, found ${shown(operator)}.`,
        operator.at,
      )
    }
    this.#next++
    return { kind: 'comparison', name: name.text, operator: operator.text, values: [this.#value()], at: name.at }
  }

  #list(): Literal[] {
    const open = this.#peek()
    if (!this.#accept('punctuation', '(')) {
      throw new RequestError(`Expected a list such as (1, 2) after in, found ${shown(open)}.`, open.at)
    }
    const values = [this.#value()]
    while (this.#accept('punctuation', ',')) values.push(this.#value())
    this.#close(open.at)
    return values
  }

  #value(): Literal {
    const token = this.#peek()
    if (token.kind !== 'word' && token.kind !== 'string' && token.kind !== 'number') {
      throw new RequestError(`Expected a value, found ${shown(token)}.`, token.at)
    }
    this.#next++
    return { text: token.text, integer: token.kind === 'number' ? token.integer : null, at: token.at }
  }
}

const shown = (token: Token): string => (token.kind === 'end' ? 'the end' : token.text)
