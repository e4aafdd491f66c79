import { mkdir } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { runsSections } from '../../workers/report/runs.js'
import { reportParts, type ReportPart, type RunsQuery, type SessionInfo } from '../../workers/thread/contract.js'
import type { Report, ReportSection } from '../../workers/thread/report.js'
import { pathError } from '../api/files.js'
import { version } from '../version.js'
import { integerOption, readArgs } from './args.js'
import { connect as connectNode, sessionHelp, sessionOptions, type Connect, type Connection } from './engine.js'
import { rangeOf, rangeOptions } from './fused.js'
import { UsageError, type Io } from './io.js'
import type { Bundle } from './bundle.js'
import { headless } from './headless.js'
import { hashesOf } from './render.js'
import { ExitCode } from './report.js'
import { askedRuns, readRuns, runsOptions } from './runs-input.js'
import { save } from './save.js'
import { withSession } from './session.js'
import { bytesText } from './text.js'

export const reportHelp = `remora report [options] --out REPORT FILE|DIR...

Writes down what is in the traces: pictures of the fused views and the machines, how far the guests' clocks can be trusted, what
the CPUs really ran, guest tasks by layer, preemptions, wake-ups, a comparison of runs, faults. Needs no display; the same files
and options give the same bytes. Of a session saved as a file (.remora): its saved views with their captions instead.

  --out REPORT            .html, one file that opens anywhere; or .md, with its pictures in a folder beside it
  --from TIME, --to TIME  only from .. to: seconds as printed, or +SECONDS from the first event
  --parts LIST            of ${['pictures', ...reportParts].join(', ')}; default: all
  --top N                 rows of a table (default 20)
  --host PATH, --vm PATH, --group NAME=PATH, --records PATH
                          probe records of runs, which are compared as by remora runs; without a FILE the report is that alone
  --chain DEF             the chain of the runs; without records they are taken from the recordings
  --definitions, --stratify, --resamples, --seed, --confidence, --margin
                          as for remora runs
  --title TEXT            default: the session's name
  --text TEXT             a paragraph at the top; may repeat
${sessionHelp(26)}  --json                  one JSON object (docs/schema/report.schema.json)
  -h, --help              this text
`

export async function reportCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('report', args, {
    ...rangeOptions,
    ...sessionOptions,
    ...runsOptions,
    out: { type: 'string' },
    parts: { type: 'string' },
    top: { type: 'string' },
    title: { type: 'string' },
    text: { type: 'string', multiple: true },
    json: { type: 'boolean' },
  })
  const { out } = values
  if (out === undefined) throw new UsageError('--out REPORT is missing.', 'report')
  const format = extname(out).toLowerCase()
  if (format !== '.html' && format !== '.md') throw new UsageError(`--out takes .html or .md, not "${out}".`, 'report')
  const parts = partsOf(values.parts)
  const limit = integerOption('report', '--top', values.top ?? '20', 1, 10_000)
  const asked = await askedRuns('report', values)
  const compares = parts.includes('runs') && (asked.groups.length > 0 || values.chain !== undefined)
  if (values.parts !== undefined && parts.includes('runs') && !compares) {
    throw new UsageError(
      '--parts runs needs records of runs (--host, --vm), or a --chain to take from the files.',
      'report',
    )
  }
  /** Of the recordings that are open where there are no records. */
  const compared = (engine: Connection['engine']): Promise<RunsQuery> =>
    readRuns(engine, asked, asked.groups.length === 0, () => undefined, io.signal)
  const write = async (report: Omit<Report, 'title' | 'summary'>, title: string): Promise<void> => {
    const whole = { ...report, title: values.title ?? title, summary: values.text ?? [] }
    const bytes = format === '.html' ? await writeHtml(whole, out) : await writeMarkdown(whole, out)
    await io.out(
      values.json
        ? `${JSON.stringify({ path: out, bytes })}\n`
        : `${out}: ${report.sections.length} sections, ${bytesText(bytes)}\n`,
    )
  }
  if (compares && asked.groups.length > 0 && positionals.length === 0) {
    const connection = await connect()
    try {
      const runs = await connection.engine.runsReport(await compared(connection.engine), undefined, io.signal)
      const groups = runs.groups.map((g) => `${g.environment}, ${g.runs} runs`).join('; ')
      const notes = [`Records of ${groups}.`, `Made with Remora ${version}.`]
      await write({ sections: runsSections(runs), notes }, 'Run comparison')
      return ExitCode.Fine
    } finally {
      connection.dispose()
    }
  }
  const opened = { command: 'report', paths: positionals, values }
  return withSession(opened, io, connect, async ({ engine, sources, info, session, bundle }) => {
    const range = rangeOf(session, values)
    const hashes = await hashesOf(sources, io.signal)
    const { notesOf } = await headless()
    const runs = compares ? await compared(engine) : undefined
    const sections = [
      ...(parts.includes('pictures') ? await pictures(engine, info, range, bundle) : []),
      ...(await engine.reportSections({
        ...range,
        parts: reportParts.filter((p) => parts.includes(p)),
        limit,
        ...(runs ? { runs } : {}),
      })),
    ]
    await write({ sections, notes: notesOf(info, { hashes, version }) }, info.name)
  })
}

function partsOf(text: string | undefined): readonly (ReportPart | 'pictures')[] {
  const all = ['pictures', ...reportParts] as const
  if (text === undefined) return all
  return text.split(',').map((name) => {
    const part = all.find((p) => p === name)
    if (!part) throw new UsageError(`--parts takes ${all.join(', ')}, not "${name}".`, 'report')
    return part
  })
}

async function pictures(
  engine: Parameters<Awaited<ReturnType<typeof headless>>['renderPicture']>[0],
  info: SessionInfo,
  range: { readonly from: number; readonly to: number },
  bundle: Bundle | null,
): Promise<ReportSection[]> {
  const { renderPicture, looksOf } = await headless()
  const { fontMetrics } = await import('../export/fonts.js')
  const sections: ReportSection[] = []
  for (const look of bundle ? looksOf(bundle.content, info, false) : []) {
    const heading = look.name ?? info.name
    const picture = await renderPicture(engine, info, fontMetrics(), { title: heading, notes: false }, look)
    sections.push({ heading, picture: { picture, caption: look.caption } })
  }
  if (sections.length > 0) return sections
  const views = [
    { view: 'fused', heading: 'CPUs and vCPUs', caption: 'What every physical CPU and vCPU really ran.' },
    { view: 'machines', heading: 'Machines', caption: 'CPUs and the busiest tasks of each machine.' },
  ] as const
  for (const { view, heading, caption } of views) {
    try {
      const options = { ...range, view, title: '', legend: true, notes: false }
      sections.push({
        heading,
        picture: { picture: await renderPicture(engine, info, fontMetrics(), options), caption },
      })
    } catch (error) {
      // A recording without guests has no fused rows.
      if (!(error instanceof RangeError)) throw error
      sections.push({ heading, paragraphs: [error.message] })
    }
  }
  return sections
}

async function writeHtml(report: Report, out: string): Promise<number> {
  const { toHtml } = await import('../report/html.js')
  return save(out, Buffer.from(toHtml(report)))
}

async function writeMarkdown(report: Report, out: string): Promise<number> {
  const [{ toMarkdown }, { toPng }] = await Promise.all([import('../report/markdown.js'), import('../export/png.js')])
  const folder = `${basename(out, extname(out))}-files`
  const { text, pictures: shown } = toMarkdown(report, folder)
  let bytes = 0
  for (const { name, picture } of shown) {
    const path = join(dirname(out), folder, name)
    await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
      throw pathError(dirname(path), error)
    })
    bytes += await save(path, await toPng(picture, 2))
  }
  return bytes + (await save(out, Buffer.from(text)))
}
