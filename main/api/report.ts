// A report made of what a window sends: one HTML file, or Markdown with its pictures in a zip.

import { zipSync, strToU8, type Zippable } from 'fflate'
import { Hono } from 'hono'
import * as v from 'valibot'
import { RequestError } from '../../workers/fault.js'
import type { Report } from '../../workers/thread/report.js'
import { pictureSchema } from './pictures.js'

const lines = v.array(v.string())
const report: v.GenericSchema<Report> = v.object({
  title: v.string(),
  summary: lines,
  sections: v.array(
    v.object({
      heading: v.string(),
      paragraphs: v.optional(lines),
      picture: v.optional(v.object({ picture: pictureSchema, caption: v.optional(v.string()) })),
      tables: v.optional(
        v.array(
          v.object({
            caption: v.optional(v.string()),
            columns: v.array(v.object({ label: v.string(), right: v.optional(v.boolean()) })),
            rows: v.array(lines),
          }),
        ),
      ),
    }),
  ),
  notes: lines,
})

/** Throws RequestError that names the first thing that is wrong. */
function readReport(value: unknown): Report {
  const result = v.safeParse(report, value)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new RequestError(`This is no report: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}.`)
}

async function markdownZip(of: Report): Promise<Uint8Array<ArrayBuffer>> {
  const [{ toMarkdown }, { toPng }] = await Promise.all([import('../report/markdown.js'), import('../export/png.js')])
  const { text, pictures } = toMarkdown(of, 'pictures')
  const entries: Zippable = { 'report.md': strToU8(text) }
  for (const { name, picture } of pictures) entries[`pictures/${name}`] = [await toPng(picture, 2), { level: 0 }]
  return zipSync(entries) as Uint8Array<ArrayBuffer>
}

/** `POST /?format=html|markdown` with a Report as JSON. */
export function reportRoutes(): Hono {
  const routes = new Hono()
  routes.post('/', async (c) => {
    const format = c.req.query('format') ?? 'html'
    if (format !== 'html' && format !== 'markdown') {
      throw new RequestError(`Reports are made as html or markdown, not as "${format}".`)
    }
    const body: unknown = await c.req.json().catch(() => {
      throw new RequestError('The report is no JSON.')
    })
    const read = readReport(body)
    if (format === 'markdown') {
      return new Response(await markdownZip(read), { headers: { 'Content-Type': 'application/zip' } })
    }
    const { toHtml } = await import('../report/html.js')
    return new Response(toHtml(read), { headers: { 'Content-Type': 'text/html; charset=utf-8' } })
  })
  return routes
}
