// The words of a filter expression.

import { RequestError } from '../../fault.js'

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=' | '&' | '~' | '!~'
export type Punctuation = '&&' | '||' | '!' | '(' | ')' | ','

export type Token =
  | { readonly kind: 'operator'; readonly text: Operator; readonly at: number }
  | { readonly kind: 'punctuation'; readonly text: Punctuation; readonly at: number }
  /** `integer` is null for a number with a decimal point. */
  | { readonly kind: 'number'; readonly text: string; readonly integer: bigint | null; readonly at: number }
  | { readonly kind: 'word' | 'string'; readonly text: string; readonly at: number }
  | { readonly kind: 'end'; readonly text: ''; readonly at: number }

const SPACE = /\s+/y
const SIGN = /&&|\|\||==|!=|<=|>=|=~|!~|[<>&~!(),]/y
const WORD = /-?[\p{L}\p{N}_.:/*?@#$+%[\]-]+/uy
const INTEGER = /^-?(0x[0-9a-f]+|\d+)$/i
const DECIMAL = /^-?\d+\.\d+$/
const OPERATORS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', '&', '~', '!~'])

/** Splits `text`; the last token is the end. Columns (`at`) count from 0. Throws RequestError. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    return pattern.exec(text)?.[0] ?? null
  }
  while (at < text.length) {
    const space = take(SPACE)
    if (space) {
      at += space.length
      continue
    }
    const first = text[at]!
    const sign = first === '"' || first === "'" ? null : take(SIGN)
    if (first === '"' || first === "'") {
      const end = endOfString(text, at)
      tokens.push({ kind: 'string', text: unescape(text.slice(at + 1, end), first), at })
      at = end + 1
    } else if (sign) {
      tokens.push(signToken(sign, at))
      at += sign.length
    } else {
      const word = take(WORD)
      if (!word) throw unexpected(text, at)
      tokens.push(wordToken(word, at))
      at += word.length
    }
  }
  tokens.push({ kind: 'end', text: '', at })
  return tokens
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === text[start]) return i
  }
  throw new RequestError('The quotation mark is never closed.', start)
}

/** Only the quotation mark itself needs a backslash, so that regular expressions can be written as they are. */
function unescape(text: string, quote: string): string {
  return text.replaceAll(`\\${quote}`, quote)
}

function signToken(sign: string, at: number): Token {
  const text = sign === '=~' ? '~' : sign
  return OPERATORS.has(text)
    ? { kind: 'operator', text: text as Operator, at }
    : { kind: 'punctuation', text: text as Punctuation, at }
}

function wordToken(word: string, at: number): Token {
  if (INTEGER.test(word)) return { kind: 'number', text: word, integer: integerOf(word), at }
  if (DECIMAL.test(word)) return { kind: 'number', text: word, integer: null, at }
  return { kind: 'word', text: word, at }
}

const integerOf = (word: string): bigint => (word.startsWith('-') ? -BigInt(word.slice(1)) : BigInt(word))

function unexpected(text: string, at: number): RequestError {
  if (text[at] === '=') return new RequestError('Write == to compare.', at)
  if (text[at] === '|') return new RequestError('Write || for "or".', at)
  const sign = String.fromCodePoint(text.codePointAt(at)!)
  return new RequestError(`The sign ${sign} has no meaning here; put text in quotation marks.`, at)
}
