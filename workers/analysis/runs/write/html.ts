// The document as one HTML file that needs nothing else: no script, no font, no picture from elsewhere.

import type { RunsSample } from '../../../thread/contract.js'
import { environmentName, lengthOf, type Unit } from '../words.js'
import { Notes, type Block, type Picture } from './document.js'

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!)

const style = `:root{color-scheme:light dark;--text:#1c2128;--muted:#56606f;--line:#dfe2e7;--paper:#fff;--a:#4d6a8f;--b:#b35900}
@media(prefers-color-scheme:dark){:root{--text:#dfe3ea;--muted:#9aa4b3;--line:#2a303a;--paper:#14171c;--a:#8fb0d8;--b:#e69f00}}
body{margin:24px auto;max-width:1200px;padding:0 16px;background:var(--paper);color:var(--text);font:13px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:20px}h2{font-size:14px;margin:24px 0 6px}div{overflow-x:auto}table{border-collapse:collapse}
th,td{padding:3px 8px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}th{color:var(--muted);font-weight:400}
.l{text-align:left}.n{color:var(--muted);margin:4px 0}svg text{fill:var(--muted);font-size:11px}sup{color:var(--muted)}`

export function html(title: string, blocks: readonly Block[], unit: Unit): string {
  const body = blocks.map((block) => {
    if (block.kind === 'picture') return picture(block, unit)
    const notes = new Notes()
    const mark = (warnings: Parameters<Notes['mark']>[0]): string => {
      const text = notes.mark(warnings)
      return text ? `<sup>${text}</sup>` : ''
    }
    const main =
      block.kind === 'list'
        ? `<ul>${block.items.map((i) => `<li>${escaped(i.text)}${mark(i.warnings)}</li>`).join('')}</ul>`
        : `<div><table><thead><tr>${block.heads.map((h, i) => `<th${left(block.left, i)}>${escaped(h)}</th>`).join('')}</tr></thead><tbody>${block.rows
            .map(
              (r) =>
                `<tr>${r.map((c, i) => `<td${left(block.left, i)}>${escaped(c.text)}${mark(c.warnings)}</td>`).join('')}</tr>`,
            )
            .join('\n')}</tbody></table></div>`
    const told = notes.texts.map((text, i) => `<p class="n">[${i + 1}] ${escaped(text)}</p>`).join('')
    return `<h2>${escaped(block.title)}</h2>${main}${told}`
  })
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head><body><h1>${escaped(title)}</h1>\n${body.join('\n')}\n</body></html>\n`
}

const left = (columns: readonly number[], i: number): string => (columns.includes(i) ? ' class="l"' : '')

const WIDTH = 720
const HEIGHT = 130

/** Histograms of the groups above one axis, as shares, so that groups of different sizes can be compared. */
function picture({ title, samples }: Picture, unit: Unit): string {
  const shown = samples.filter((s) => s.n > 0)
  if (shown.length === 0) return ''
  const { from, width, counts } = shown[0]!.histogram
  const to = from + width * counts.length
  const x = (v: number): number => ((v - from) / (to - from)) * WIDTH
  const most = Math.max(...shown.flatMap((s) => s.histogram.counts.map((c) => c / s.n)))
  const bars = (s: RunsSample, i: number): string => {
    const colour = i % 2 ? 'var(--b)' : 'var(--a)'
    const each = s.histogram.counts
      .map((c, k) => {
        const h = (c / s.n / most) * (HEIGHT - 14)
        return c === 0
          ? ''
          : `<rect x="${x(from + k * width).toFixed(1)}" y="${(HEIGHT - h).toFixed(1)}" width="${(WIDTH / counts.length).toFixed(1)}" height="${h.toFixed(1)}"/>`
      })
      .join('')
    const median = x(s.median.value).toFixed(1)
    return `<g transform="translate(0 ${i * (HEIGHT + 8)})" fill="${colour}"><title>${escaped(environmentName(s.environment))}</title>${each}<path d="M${median} 12V${HEIGHT}" stroke="var(--text)" stroke-dasharray="3 2"/><text x="4" y="10">${escaped(environmentName(s.environment))}, n ${s.n}, median ${escaped(lengthOf(s.median.value, unit))}</text></g>`
  }
  const height = shown.length * (HEIGHT + 8) + 16
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((q) => {
    const anchor = q === 0 ? 'start' : q === 1 ? 'end' : 'middle'
    return `<text x="${q * WIDTH}" y="${height - 2}" text-anchor="${anchor}">${escaped(lengthOf(from + q * (to - from), unit))}</text>`
  })
  return `<h2>${escaped(title)}</h2><svg viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="Histograms of ${escaped(title)}">${shown.map(bars).join('')}${ticks.join('')}</svg>`
}
