// Tokens of a print format, cut as libtraceevent cuts them.

export type TokenType = 'none' | 'newline' | 'op' | 'delim' | 'item' | 'dquote' | 'squote'

/** A print format that cannot be understood; its events are shown field by field. */
export class PrintFormatError extends Error {
  override readonly name = 'PrintFormatError'
}

const isBlank = (c: number): boolean => c === 32 || (c >= 9 && c <= 13)
const isWord = (c: number): boolean => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95
const isPrint = (c: number): boolean => c >= 32 && c < 127

// Macros that a kernel forgot to expand in mac80211's formats (commit 811cb50baf63), and what they stand for.
const unexpanded: Readonly<Record<string, string>> = {
  LOCAL_PR_FMT: '%s',
  STA_PR_FMT: ' sta:%pM',
  VIF_PR_FMT: ' vif:%p(%d)',
}

export class Tokens {
  type: TokenType = 'none'
  text = ''
  #at = 0

  constructor(private readonly source: string) {}

  #code(): number {
    return this.#at < this.source.length ? this.source.charCodeAt(this.#at) : -1
  }

  /** Advances to the next token; newlines are tokens only when asked for. */
  next(newlines = false): TokenType {
    for (;;) {
      const c = this.#code()
      if (!isBlank(c)) break
      this.#at++
      if (c === 10 && newlines) return this.#set('newline', '\n')
    }
    const c = this.#code()
    if (isWord(c)) return this.#word()
    if (!isPrint(c)) return this.#set('none', '')
    const from = this.#at++
    if (c === 34 || c === 39) return this.#quoted(c)
    const ch = this.source[from]!
    if (ch === '(' || ch === ')' || ch === ',') return this.#set('delim', ch)
    this.#at = from + this.#operatorLength(from)
    return this.#set('op', this.source.slice(from, this.#at))
  }

  #set(type: TokenType, text: string): TokenType {
    this.type = type
    this.text = text
    return type
  }

  #word(): TokenType {
    const from = this.#at
    while (isWord(this.#code())) this.#at++
    const word = this.source.slice(from, this.#at)
    const macro = Object.hasOwn(unexpanded, word) ? unexpanded[word] : undefined
    return macro === undefined ? this.#set('item', word) : this.#set('dquote', macro)
  }

  #operatorLength(from: number): number {
    const s = this.source
    const c = s[from]!
    if (c === '-' && s[from + 1] === '>') return 2
    if ('-+|&<>'.includes(c)) {
      if (s[from + 1] !== c) return s[from + 1] === '=' ? 2 : 1
      return (c === '<' || c === '>') && s[from + 2] === '=' ? 3 : 2
    }
    return (c === '!' || c === '=') && s[from + 1] === '=' ? 2 : 1
  }

  /** The text between quotes with its escapes as written; strings that follow one another are one. */
  #quoted(quote: number): TokenType {
    let text = ''
    let end = -1
    for (;;) {
      const from = this.#at
      let c = quote
      let last: number
      do {
        last = c
        c = this.#code()
        if (c <= 0 || c > 127) return this.#set('none', '')
        this.#at++
      } while ((c !== quote && isPrint(c)) || last === 92 || c === 10)
      text += this.source.slice(from, this.#at - 1)
      if (quote === 39) return this.#set('squote', text)
      end = this.#at
      while (isBlank(this.#code())) this.#at++
      if (this.#code() !== 34) break
      this.#at++
    }
    this.#at = end
    return this.#set('dquote', text)
  }
}
