// Probe records as text: CSV whose first line names the columns (timestamp_ns, probe_name, session_id, ...), or a time and a name a
// line (`171223.534912180 do_clocksource_switch_entry`). Each line becomes the object that it would be in JSON.

import type { Json } from './json-record.js'

const NAMED_LINE = /^\s*(\d+(?:\.\d{1,9})?)\s+([A-Za-z_][\w.:-]*)\s*$/
const TIME_COLUMN = /^(timestamp_ns|timestamp|ts|time_ns|time)$/

export type LineParser = (line: string) => Json | null

/** Whether a file that begins so holds records as text. `head` may break off in mid-line. */
export function looksLikeText(head: string): boolean {
  const [first = ''] = head.split(/\r?\n/)
  return NAMED_LINE.test(first) || columnsOf(first) !== null
}

/** How the lines of a file with this first line are read; null = not as text. `skip`: the first line is no record. */
export function textParser(first: string): { readonly parse: LineParser; readonly skip: boolean } | null {
  const columns = columnsOf(first)
  if (columns) return { parse: (line) => rowOf(columns, line), skip: true }
  if (!NAMED_LINE.test(first)) return null
  return {
    skip: false,
    parse: (line) => {
      const m = NAMED_LINE.exec(line)
      return m && { timestamp: m[1], probe_name: m[2] }
    },
  }
}

function columnsOf(line: string): string[] | null {
  const cells = cellsOf(line)?.map((c) => c.trim())
  return cells && cells.length > 1 && cells.some((c) => TIME_COLUMN.test(c)) ? cells : null
}

function rowOf(columns: readonly string[], line: string): Json | null {
  const cells = cellsOf(line)
  if (!cells || cells.length > columns.length) return null
  return Object.fromEntries(cells.flatMap((cell, i) => (cell.trim() === '' ? [] : [[columns[i]!, cell.trim()]])))
}

/** Cells of a line of CSV; null where a quoted one does not end. */
function cellsOf(line: string): string[] | null {
  const cells: string[] = []
  for (let at = 0; at <= line.length;) {
    if (line[at] === '"') {
      const m = /"((?:[^"]|"")*)"(,|$)/y
      m.lastIndex = at
      const cell = m.exec(line)
      if (!cell) return null
      cells.push(cell[1]!.replaceAll('""', '"'))
      at = m.lastIndex + (cell[2] === '' ? 1 : 0)
    } else {
      const end = line.indexOf(',', at)
      cells.push(line.slice(at, end < 0 ? line.length : end))
      at = (end < 0 ? line.length : end) + 1
    }
  }
  return cells
}
