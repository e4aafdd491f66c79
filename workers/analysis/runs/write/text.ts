// The document in plain text and in Markdown.

import { Notes, type Block, type Table } from './document.js'

export function plainText(blocks: readonly Block[]): string {
  const parts = blocks.map((block) => {
    if (block.kind === 'picture') return ''
    const notes = new Notes()
    const lines =
      block.kind === 'list' ? block.items.map((i) => `- ${i.text}${notes.mark(i.warnings)}`) : columns(block, notes)
    const told = notes.texts.map((text, i) => `[${i + 1}] ${text}`)
    return [block.title, ...[...lines, ...told].map((l) => `  ${l}`), ''].join('\n')
  })
  return `${parts.filter((p) => p !== '').join('\n')}`
}

const cellsOf = ({ rows }: Table, notes: Notes): string[][] =>
  rows.map((row) => row.map((c) => c.text + (c.warnings?.length ? ` ${notes.mark(c.warnings)}` : '')))

function columns(table: Table, notes: Notes): string[] {
  const rows = [table.heads, ...cellsOf(table, notes)]
  const widths = table.heads.map((_, i) => Math.max(...rows.map((r) => r[i]!.length)))
  return rows.map((row) =>
    row
      .map((text, i) => (table.left.includes(i) ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}

const escaped = (text: string): string => text.replace(/([|\\`*_<>[\]])/g, '\\$1')

export function markdown(title: string, blocks: readonly Block[]): string {
  const parts = blocks.flatMap((block) => {
    if (block.kind === 'picture') return []
    const notes = new Notes()
    const body =
      block.kind === 'list'
        ? block.items.map((i) => `- ${escaped(i.text + notes.mark(i.warnings))}`).join('\n')
        : markdownTable(block, notes)
    const told = notes.texts.map((text, i) => `${escaped(`[${i + 1}]`)} ${escaped(text)}  `).join('\n')
    return [`## ${escaped(block.title)}`, body, ...(told ? [told] : [])]
  })
  return `# ${escaped(title)}\n\n${parts.join('\n\n')}\n`
}

function markdownTable(table: Table, notes: Notes): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(table.heads.map(escaped)),
    line(table.heads.map((_, i) => (table.left.includes(i) ? '---' : '---:'))),
    ...cellsOf(table, notes).map((row) => line(row.map(escaped))),
  ].join('\n')
}
