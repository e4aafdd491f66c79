// From an expression to tests of one event type in one stream. What the type, the stream or the machine decide is folded to true
// or false there, so that records are read only where a field really has to be looked at.
//
// A comparison with a field that an event does not have is neither true nor false: such an event passes neither the comparison
// nor its negation (as in trace-cmd, where a filter applies only to events that have the field). Negations are therefore pushed
// down to the comparisons.

import type { StreamColumns } from '../../columns/event-table.js'
import { RequestError } from '../../fault.js'
import type { Session } from '../../model/session.js'
import type { RecordView } from '../../readers/types.js'
import type { EventTypeInfo } from '../../thread/contract.js'
import { builtIn } from './built-in.js'
import type { Comparison, Expression } from './parse.js'
import { parseExpression } from './parse.js'
import { allOf, anyOf, Quick } from './tests.js'
import type { Test } from './tests.js'
import { matcher } from './values.js'

/** The events that a test is made for. */
export interface Scope {
  readonly session: Session
  readonly stream: StreamColumns
  readonly type: EventTypeInfo
  /** File-local number of the type. */
  readonly fileType: number
}
export type Bind = (scope: Scope) => Test

export interface Compiled {
  readonly bind: Bind
  /** A field that was looked for and that no event had, null if there is none; known after the scan. */
  missingField(): { readonly name: string; readonly at: number } | null
}

/** Throws RequestError with the column of the mistake. */
export function compileExpression(text: string): Compiled {
  const fields: FieldTest[] = []
  const build = (expression: Expression, negated: boolean): Bind => {
    switch (expression.kind) {
      case 'not':
        return build(expression.part, !negated)
      case 'and':
      case 'or': {
        const parts = expression.parts.map((part) => build(part, negated))
        const join = (expression.kind === 'and') === negated ? anyOf : allOf
        return (scope) => join(parts.map((part) => part(scope)))
      }
      case 'comparison': {
        const known = builtIn(expression, negated)
        if (known) return known
        const field = new FieldTest(expression, negated)
        fields.push(field)
        return (scope) => field.bind(scope)
      }
    }
  }
  const bind = build(parseExpression(text), false)
  return { bind, missingField: () => fields.find((f) => f.missing) ?? null }
}

const MOST_TEXTS = 65_536

/** A comparison with a field of the record. `.name` means the field even where `name` is a name of its own, as `.pid`. */
class FieldTest {
  readonly name: string
  readonly at: number
  readonly #matcher
  readonly #types = new Map<string, { absent: boolean; readonly texts: Map<number | bigint, string> }>()
  #found = false

  constructor(
    comparison: Comparison,
    private readonly negated: boolean,
  ) {
    this.name = comparison.name.startsWith('.') ? comparison.name.slice(1) : comparison.name
    this.at = comparison.at
    if (!/^[\p{L}_][\p{L}\p{N}_.]*$/u.test(this.name)) {
      throw new RequestError(`${comparison.name} cannot be the name of a field.`, comparison.at)
    }
    for (const value of comparison.values) {
      if (value.integer === null && /^-?\d+\.\d+$/.test(value.text) && comparison.operator !== '~') {
        throw new RequestError(`Fields hold whole numbers; ${value.text} is none.`, value.at)
      }
    }
    this.#matcher = matcher(comparison)
  }

  /** True once the field was looked for and never found. */
  get missing(): boolean {
    return !this.#found && [...this.#types.values()].some((t) => t.absent)
  }

  bind({ stream, fileType }: Scope): Test {
    const key = `${stream.file}/${fileType}`
    let known = this.#types.get(key)
    if (!known) this.#types.set(key, (known = { absent: false, texts: new Map() }))
    const type = known
    return {
      quick: () => (type.absent ? Quick.No : Quick.NeedsRecord),
      full: (record) => {
        const value = record.field(this.name)
        if (value === undefined) {
          type.absent = true
          return false
        }
        this.#found = true
        const holds =
          typeof value === 'string'
            ? this.#matcher.text(value)
            : this.#matcher.number(value, () => this.#textOf(value, record, type.texts))
        return holds !== this.negated
      },
    }
  }

  #textOf(value: number | bigint, record: RecordView, texts: Map<number | bigint, string>): string {
    let text = texts.get(value)
    if (text === undefined) {
      text = record.fields().find((f) => f.name === this.name)?.text ?? String(value)
      if (texts.size >= MOST_TEXTS) texts.clear()
      texts.set(value, text)
    }
    return text
  }
}
