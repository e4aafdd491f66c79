import type { Report, ReportSection, ReportTable } from '../../workers/thread/report.js'
import { toSvg } from '../export/svg.js'
import { escapeXml } from '../export/xml.js'

/** One file that needs nothing else: pictures and fonts in it, no script. The same report gives the same bytes. */
export function toHtml(report: Report): string {
  const { title, summary, sections, notes } = report
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="generator" content="Remora">
<title>${escapeXml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeXml(title)}</h1>
${paragraphs(summary)}
${sections.length > 2 ? contents(sections) : ''}
${sections.map(section).join('\n')}
<footer>${paragraphs(notes)}</footer>
</main>
</body>
</html>
`
}

const style = `
:root{color-scheme:light}
body{margin:0;background:#fff;color:#1c2128;font:14px/1.5 system-ui,"DejaVu Sans",sans-serif}
main{max-width:1200px;margin:0 auto;padding:32px 24px}
h1{font-size:24px;line-height:1.25;margin:0 0 12px}
h2{font-size:17px;margin:36px 0 8px;border-bottom:1px solid #e4e7ec;padding-bottom:4px}
p{margin:8px 0;max-width:80ch}
nav ol{margin:8px 0;padding-left:24px;columns:2}
a{color:#0b62c4}
figure{margin:16px 0}
figure svg{display:block;max-width:100%;height:auto;border:1px solid #e4e7ec}
figcaption,caption{color:#586273;font-size:13px;text-align:left;padding:6px 0}
.wide{overflow-x:auto}
table{border-collapse:collapse;margin:12px 0;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:3px 12px 3px 0;text-align:left;vertical-align:top;border-bottom:1px solid #e4e7ec}
th{font-weight:600;border-bottom-color:#98a2b1}
.r{text-align:right}
.n{margin:2px 0;color:#586273;font-size:12px}
footer{margin-top:40px;border-top:1px solid #98a2b1;color:#586273;font-size:12px;overflow-wrap:anywhere}
@media print{main{padding:0;max-width:none}h2{break-after:avoid}figure,tr{break-inside:avoid}nav{display:none}}
`

const contents = (sections: readonly ReportSection[]): string =>
  `<nav><ol>${sections.map((s, i) => `<li><a href="#s${i + 1}">${escapeXml(s.heading)}</a></li>`).join('')}</ol></nav>`

const paragraphs = (texts: readonly string[]): string => texts.map((t) => `<p>${escapeXml(t)}</p>`).join('\n')

function section({ heading, paragraphs: texts = [], picture, tables = [] }: ReportSection, i: number): string {
  return [
    `<section id="s${i + 1}">`,
    `<h2>${escapeXml(heading)}</h2>`,
    paragraphs(texts),
    picture ? figure(picture, i) : '',
    ...tables.map(table),
    '</section>',
  ]
    .filter((line) => line !== '')
    .join('\n')
}

/** Ids and fonts of a picture are its own: those of several in one document must not meet. */
function figure({ picture, caption }: NonNullable<ReportSection['picture']>, i: number): string {
  const svg = toSvg(picture, `p${i + 1}-`)
  return `<figure>\n${svg}${caption ? `<figcaption>${escapeXml(caption)}</figcaption>\n` : ''}</figure>`
}

function table({ caption, columns, rows, notes = [] }: ReportTable): string {
  const cell = (tag: 'th' | 'td', text: string, i: number): string =>
    `<${tag}${columns[i]?.right ? ' class="r"' : ''}>${escapeXml(text)}</${tag}>`
  const line = (tag: 'th' | 'td', cells: readonly string[]): string =>
    `<tr>${cells.map((text, i) => cell(tag, text, i)).join('')}</tr>`
  return `<div class="wide"><table>${caption ? `<caption>${escapeXml(caption)}</caption>` : ''}
<thead>${line(
    'th',
    columns.map((c) => c.label),
  )}</thead>
<tbody>
${rows.map((cells) => line('td', cells)).join('\n')}
</tbody></table></div>${notes.map((text) => `\n<p class="n">${escapeXml(text)}</p>`).join('')}`
}
