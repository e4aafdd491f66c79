import { describe, expect, it } from 'vitest'
import { matches, showKey } from './keys.js'
import type { KeyPress } from './keys.js'

const press = (key: string, mods: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...mods,
})

describe('matches', () => {
  it('tells letters with and without Shift apart', () => {
    expect(matches('l', press('l'))).toBe(true)
    expect(matches('l', press('L', { shiftKey: true }))).toBe(false)
    expect(matches('Shift+A', press('A', { shiftKey: true }))).toBe(true)
    expect(matches('Shift+A', press('a'))).toBe(false)
  })
  it('takes a letter typed with caps lock', () => expect(matches('l', press('L'))).toBe(true))
  it('takes punctuation wherever the keyboard has it', () => {
    expect(matches('?', press('?', { shiftKey: true }))).toBe(true)
    expect(matches('+', press('+', { shiftKey: true }))).toBe(true)
    expect(matches('+', press('+'))).toBe(true)
    expect(matches('/', press('/'))).toBe(true)
  })
  it('does not take a key for one with a modifier', () => {
    expect(matches('f', press('f', { ctrlKey: true }))).toBe(false)
    expect(matches('Ctrl+F', press('f', { ctrlKey: true }))).toBe(true)
    expect(matches('Ctrl+F', press('f', { metaKey: true }))).toBe(true)
    expect(matches('Ctrl+Shift+P', press('P', { ctrlKey: true, shiftKey: true }))).toBe(true)
    expect(matches('Ctrl+Shift+P', press('p', { ctrlKey: true }))).toBe(false)
    expect(matches('Backspace', press('Backspace', { shiftKey: true }))).toBe(false)
    expect(matches('Left', press('ArrowLeft'))).toBe(true)
  })
})

it('writes keys as they stand on the keyboard', () => {
  expect(showKey('w')).toBe('W')
  expect(showKey('Left')).toBe('\u2190')
  expect(showKey('Shift+Left')).toBe('Shift+\u2190')
  expect(showKey('+')).toBe('+')
  expect(showKey('Ctrl++')).toBe('Ctrl++')
})
