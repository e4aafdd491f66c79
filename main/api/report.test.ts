import { unzipSync, strFromU8 } from 'fflate'
import { Hono } from 'hono'
import { expect, it } from 'vitest'
import type { Report } from '../../workers/thread/report.js'
import { errorResponse } from './app.js'
import { reportRoutes } from './report.js'

const report: Report = {
  title: 'Late <wake-ups>',
  summary: ['Seen twice.'],
  sections: [
    {
      heading: 'The first',
      picture: {
        picture: { width: 20, height: 10, background: '#ffffff', title: 'p', description: '', marks: [] },
        caption: 'Here it is late.',
      },
      tables: [{ columns: [{ label: 'CPU', right: true }], rows: [['3']] }],
    },
  ],
  notes: ['host.dat'],
}
const app = new Hono().route('/', reportRoutes()).onError((error) => errorResponse(error))
const post = (body: unknown, format: string) =>
  app.request(`/?format=${format}`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })

it('is one HTML file, with nothing from elsewhere', async () => {
  const answer = await post(report, 'html')
  expect(answer.headers.get('content-type')).toContain('text/html')
  const html = await answer.text()
  for (const words of ['Late &lt;wake-ups&gt;', 'Here it is late.', '<td', 'host.dat']) expect(html).toContain(words)
  expect(html).not.toMatch(/(?:src|href)="https?:/)
})

it('is Markdown with its pictures in a zip', async () => {
  const entries = unzipSync(new Uint8Array(await (await post(report, 'markdown')).arrayBuffer()))
  expect(Object.keys(entries).toSorted()).toEqual(['pictures/1.png', 'report.md'])
  expect(strFromU8(entries['report.md']!)).toContain('(pictures/1.png)')
  expect(strFromU8(entries['pictures/1.png']!.subarray(1, 4), true)).toBe('PNG')
})

it('says what is wrong with a request', async () => {
  const said = async (answer: Response) => [
    answer.status,
    ((await answer.json()) as { error: { message: string } }).error.message,
  ]
  expect(await said(await post('{', 'html'))).toEqual([400, 'The report is no JSON.'])
  expect(await said(await post({ ...report, sections: [{}] }, 'html'))).toEqual([
    400,
    expect.stringContaining('sections.0.heading'),
  ])
  expect(await said(await post(report, 'docx'))).toEqual([400, expect.stringContaining('not as "docx"')])
})
