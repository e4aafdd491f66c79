import type { Picture } from '../../workers/thread/picture.js'
import type { Report, ReportTable } from '../../workers/thread/report.js'

/** Markdown, and the pictures that it names: written beside it under their names. */
export interface MarkdownReport {
  readonly text: string
  readonly pictures: readonly { readonly name: string; readonly picture: Picture }[]
}

/** @param folder where the pictures will lie, relative to the text: `late-files` */
export function toMarkdown(report: Report, folder: string): MarkdownReport {
  const pictures: { name: string; picture: Picture }[] = []
  const parts = [`# ${plain(report.title)}`, ...report.summary.map(plain)]
  for (const { heading, paragraphs = [], picture, tables = [] } of report.sections) {
    parts.push(`## ${plain(heading)}`, ...paragraphs.map(plain))
    if (picture) {
      const name = `${pictures.length + 1}.png`
      pictures.push({ name, picture: picture.picture })
      const alt = plain(picture.caption ?? heading)
      parts.push(`![${alt}](${encodeURI(folder)}/${name})`)
      if (picture.caption) parts.push(`*${plain(picture.caption)}*`)
    }
    parts.push(...tables.map(table))
  }
  parts.push('---', ...report.notes.map(plain))
  return { text: `${parts.join('\n\n')}\n`, pictures }
}

function table({ caption, columns, rows, notes = [] }: ReportTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    ...(caption ? [`**${plain(caption)}**`, ''] : []),
    line(columns.map((c) => plain(c.label))),
    line(columns.map((c) => (c.right ? '--:' : '---'))),
    ...rows.map((cells) => line(cells.map(plain))),
    ...notes.flatMap((text) => ['', plain(text)]),
  ].join('\n')
}

/** A text that no character of is taken for Markdown or HTML. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&').replace(/\s*\n\s*/g, ' ')
