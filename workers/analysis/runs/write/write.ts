import type { RunsFormat, RunsReport } from '../../../thread/contract.js'
import { csv } from './csv.js'
import { documentOf } from './document.js'
import { html } from './html.js'
import { markdown, plainText } from './text.js'

/** A report in one of its forms. In JSON what is not known is null. */
export function writeReport(report: RunsReport, format: RunsFormat): string {
  const title = `Runs of ${report.chain.name}`
  switch (format) {
    case 'json':
      return `${JSON.stringify(report, null, 1)}\n`
    case 'csv':
      return csv(report)
    case 'md':
      return markdown(title, documentOf(report))
    case 'html':
      return html(title, documentOf(report), report.unit)
    case 'text':
      return plainText(documentOf(report))
  }
}
