// Key strings such as `Ctrl+Shift+P`, `Shift+A`, `.`: reading them, matching key events, and writing them for people.

export interface KeyPress {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

interface KeyPattern {
  readonly key: string
  readonly ctrl: boolean
  readonly alt: boolean
  /** null: the character itself says whether Shift is needed (`?`, `+`). */
  readonly shift: boolean | null
}

const named: Readonly<Record<string, string>> = {
  Space: ' ',
  Left: 'ArrowLeft',
  Right: 'ArrowRight',
  Up: 'ArrowUp',
  Down: 'ArrowDown',
  Esc: 'Escape',
}

export function parseKey(text: string): KeyPattern {
  const parts = text === '+' ? ['+'] : text.endsWith('++') ? [...text.slice(0, -2).split('+'), '+'] : text.split('+')
  const last = parts.at(-1)!
  const key = named[last] ?? last
  const has = (name: string) => parts.slice(0, -1).includes(name)
  const letter = /^[a-z]$/i.test(key)
  return {
    key: letter ? key.toLowerCase() : key,
    ctrl: has('Ctrl'),
    alt: has('Alt'),
    shift: key.length > 1 || letter || has('Shift') ? has('Shift') : null,
  }
}

export function matches(text: string, press: KeyPress): boolean {
  const want = parseKey(text)
  const key = press.key.length === 1 ? press.key.toLowerCase() : press.key
  return (
    key === want.key &&
    (press.ctrlKey || press.metaKey) === want.ctrl &&
    press.altKey === want.alt &&
    (want.shift === null || press.shiftKey === want.shift)
  )
}

const written: Readonly<Record<string, string>> = { Left: '\u2190', Right: '\u2192', Up: '\u2191', Down: '\u2193' }

/** For menus and the shortcut sheet: `Ctrl+F`, `\u2190`. */
export const showKey = (text: string): string => {
  const cut = text.lastIndexOf('+', text.length - 2) + 1
  const last = text.slice(cut)
  return text.slice(0, cut) + (written[last] ?? (/^[a-z]$/.test(last) ? last.toUpperCase() : last))
}
