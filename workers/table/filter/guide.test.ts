import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { builtInNames } from './built-in.js'
import { compileExpression } from './compile.js'

const guide = readFileSync(new URL('../../../docs/filters.md', import.meta.url), 'utf8')
const examples = [...guide.matchAll(/```\n([^`]*)```/g)].flatMap(([, block]) => block!.trim().split('\n'))

describe('the guide to filters', () => {
  it('has examples, all of which are accepted', () => {
    expect(examples.length).toBeGreaterThan(5)
    for (const example of examples) expect(() => compileExpression(example)).not.toThrow()
  })

  it('lists the names that every event has, and no others', () => {
    const table = guide.slice(guide.indexOf('## Names'), guide.indexOf('## Fields'))
    const rows = table.split('\n').filter((line) => line.startsWith('| `'))
    const listed = rows.flatMap((line) => [...line.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name))
    expect(listed.toSorted()).toEqual(builtInNames().toSorted())
  })
})
