import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { SearchSpec } from '../../../workers/thread/contract.js'
import { matchParts } from './matches.js'

const spec = (text: string, more: Partial<SearchSpec> = {}): SearchSpec => ({
  text,
  column: 'all',
  mode: 'contains',
  ...more,
})

it('finds text whatever its case, and takes no character for a pattern', () => {
  expect(matchParts('CPU 0/TCG cpu', 'info', spec('cpu'))).toEqual(['', 'CPU', ' 0/TCG ', 'cpu', ''])
  expect(matchParts('a.b axb', 'info', spec('a.b'))).toEqual(['', 'a.b', ' axb'])
  expect(matchParts('Bash bash', 'task', spec('bash', { caseSensitive: true }))).toEqual(['Bash ', 'bash', ''])
})
it('marks only the column that was searched', () => {
  expect(matchParts('bash', 'info', spec('bash', { column: 'task' }))).toEqual(['bash'])
  expect(matchParts('bash', 'task', spec('bash', { column: 'task' }))).toEqual(['', 'bash', ''])
})
it('marks a whole cell or nothing for equality', () => {
  expect(matchParts('120', 'pid', spec('12', { mode: 'equals' }))).toEqual(['120'])
  expect(matchParts('12', 'pid', spec('12', { mode: 'equals' }))).toEqual(['', '12', ''])
})
it('survives expressions that match nothing, everything or are none', () => {
  expect(matchParts('abc', 'info', spec('x*', { mode: 'regex' }))).toEqual(['abc'])
  expect(matchParts('abc', 'info', spec('(', { mode: 'regex' }))).toEqual(['abc'])
  expect(matchParts('a1b22', 'info', spec('\\d+', { mode: 'regex' }))).toEqual(['a', '1', 'b', '22', ''])
})
it('never loses a character', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.constantFrom('contains', 'equals', 'regex' as const),
      (text, want, mode) => {
        expect(matchParts(text, 'info', spec(want, { mode })).join('')).toBe(text)
      },
    ),
  )
})
