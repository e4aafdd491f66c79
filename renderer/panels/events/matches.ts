// Which parts of a cell's text a search found.

import type { SearchSpec } from '../../../workers/thread/contract.js'

/** The text in pieces, every second one a match; one piece when nothing matches. */
export function matchParts(text: string, column: string, spec: SearchSpec): readonly string[] {
  if (spec.text === '' || (spec.column !== 'all' && spec.column !== column)) return [text]
  const pattern = patternOf(spec)
  if (!pattern) return [text]
  const parts: string[] = []
  let from = 0
  for (const match of text.matchAll(pattern)) {
    // A pattern may match nothing at all, everywhere.
    if (match[0] === '') continue
    parts.push(text.slice(from, match.index), match[0])
    from = match.index + match[0].length
  }
  parts.push(text.slice(from))
  return parts
}

function patternOf(spec: SearchSpec): RegExp | null {
  const plain = spec.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const source = spec.mode === 'regex' ? spec.text : spec.mode === 'equals' ? `^${plain}$` : plain
  try {
    return new RegExp(source, spec.caseSensitive ? 'g' : 'gi')
  } catch {
    return null
  }
}
