import { describe, expect, it } from 'vitest'
import { commands } from './commands.js'
import { commandFor } from './key-map.js'
import { parseKey } from './keys.js'

const press = (text: string) => {
  const p = parseKey(text)
  return { key: p.key, ctrlKey: p.ctrl, altKey: p.alt, metaKey: false, shiftKey: p.shift ?? false }
}
const always = commands.filter((c) => !c.when)

describe('the key map', () => {
  it('gives each key and each id to one command only', () => {
    const keys = commands.flatMap((c) => c.keys.map((k) => JSON.stringify(parseKey(k))))
    expect(new Set(keys).size).toBe(keys.length)
    expect(new Set(commands.map((c) => c.id)).size).toBe(commands.length)
  })
  it('finds every command that may always run by each of its keys', () => {
    for (const c of always) for (const k of c.keys) expect(commandFor(press(k), false)?.id).toBe(c.id)
    expect(always.some((c) => c.keys.length > 0)).toBe(true)
  })
  it('leaves commands alone that need a session, while there is none', () => {
    expect(commands.some((c) => c.keys.includes('w'))).toBe(true)
    expect(commandFor(press('w'), false)).toBeUndefined()
  })
  it('leaves plain keys to the text field that is typed into', () => {
    expect(commandFor(press('?'), true)).toBeUndefined()
    expect(commandFor(press('Ctrl+Shift+P'), true)?.id).toBe('palette')
  })
  it('leaves undoing what was typed to the field', () => {
    expect(commandFor(press('Ctrl+Z'), true)).toBeUndefined()
    expect(commandFor(press('Ctrl+Shift+Z'), true)).toBeUndefined()
  })
  it('knows what the native menu sends', () => {
    const ids = commands.map((c) => c.id)
    expect(ids).toEqual(
      expect.arrayContaining([
        'open',
        'open-folder',
        'sample-recorded',
        'sample-generated',
        'theme-dark',
        'theme-light',
        'theme-system',
        'shortcuts',
      ]),
    )
  })
})
