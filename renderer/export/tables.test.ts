import fc from 'fast-check'
import { expect, it } from 'vitest'
import { csvLine, tableText, type Cell, type TableFile } from './tables.js'

/** RFC 4180, read again. */
function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let inside = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (inside) {
      if (c !== '"') cell += c
      else if (text[i + 1] === '"') cell += text[++i]!
      else inside = false
    } else if (c === '"') inside = true
    else if (c === ',') {
      row.push(cell)
      cell = ''
    } else if (c === '\r' && text[i + 1] === '\n') {
      rows.push([...row, cell])
      row = []
      cell = ''
      i++
    } else cell += c
  }
  return rows
}

const cell = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('a,b', '"', 'x\r\ny', ''),
  fc.integer(),
  fc.boolean(),
)
const whole = async (table: TableFile, format: 'csv' | 'json'): Promise<string> => {
  let text = ''
  for await (const piece of tableText(table, format, 'ns')) text += piece
  return text
}

it('CSV holds any cell, and is read back by the rules', () => {
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 })), (rows) => {
      expect(readCsv(rows.map(csvLine).join(''))).toEqual(rows.map((r) => r.map(String)))
    }),
  )
  expect(csvLine([null, 0, false])).toBe(',0,false\r\n')
})

it('JSON is one object with an object a row, however many batches there are', async () => {
  const batches = fc.array(fc.array(fc.tuple(cell, fc.constantFrom<Cell>(null, 1, 'x')), { maxLength: 3 }), {
    maxLength: 4,
  })
  await fc.assert(
    fc.asyncProperty(batches, async (rows) => {
      const table: TableFile = { name: 'events', columns: ['a', 'b'], total: 0, rows }
      expect(JSON.parse(await whole(table, 'json'))).toEqual({
        remora: 'events',
        version: 1,
        unit: 'ns',
        rows: rows.flat().map(([a, b]) => ({ a, b })),
      })
    }),
  )
})
