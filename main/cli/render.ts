import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { extname } from 'node:path'
import type { SourceRef } from '../../workers/bytes.js'
import type { SessionInfo } from '../../workers/thread/contract.js'
import { RequestError } from '../../workers/fault.js'
import { picturePanels, type Picture } from '../../workers/thread/picture.js'
import { version } from '../version.js'
import { integerOption, readArgs } from './args.js'
import { bundleAmong } from './bundle.js'
import { headless, type Look } from './headless.js'
import { connect as connectNode, sessionHelp, sessionOptions, type Connect } from './engine.js'
import { rangeOf, rangeOptions } from './fused.js'
import { UsageError, type Io } from './io.js'
import { save } from './save.js'
import { withSession } from './session.js'
import { bytesText } from './text.js'

export const renderHelp = `remora render [options] --out PICTURE FILE|DIR...

Draws the timeline as a picture for a report: rows, legend, time axis, scale bar, and at the foot how far the guests' clocks can be
trusted, the files and their hashes. Needs no display; the same files and options give the same bytes.

  --out PICTURE           .svg, .png or .pdf
  --from TIME, --to TIME  only from .. to: seconds as printed, or +SECONDS from the first event
  --view NAME             fused (CPUs and vCPUs), machines, or all; default: all. Of a session saved as a file (.remora):
                          one of its saved views; default: as it was left, with its notes
  --rows IDS              these rows, by commas: m0/cpu1,m0/task/4711,m1/vcpu/0 (instead of a view)
  --tasks N               tasks of each machine, the busiest first
  --width N               width in pixels at scale 1; default: 1200
  --scale N               pixels of a .png for each, 0.1 to 8; default: 2
  --row-height N          16, 22 or 28
  --theme NAME            light or dark; default: light
  --title TEXT            above the picture; default: the session's name
  --panels LIST           below the timeline, of ${picturePanels.join(', ')}
  --top N                 rows of a panel's table; default: 8
  --no-legend             without the legend
  --no-notes              without clocks, files and version at the foot
${sessionHelp(26)}  --json                  one JSON object (docs/schema/picture.schema.json)
  -h, --help              this text
`

const formats = ['.svg', '.png', '.pdf'] as const
const views = ['all', 'fused', 'machines'] as const
const heights = [16, 22, 28] as const

function oneOf<T extends string>(name: string, text: string | undefined, all: readonly T[]): T | undefined {
  const found = all.find((v) => v === text)
  if (text !== undefined && found === undefined) {
    throw new UsageError(`${name} takes ${all.join(', ')}, not "${text}".`, 'render')
  }
  return found
}

export async function renderCommand(args: readonly string[], io: Io, connect: Connect = connectNode): Promise<number> {
  const { values, positionals } = readArgs('render', args, {
    ...rangeOptions,
    ...sessionOptions,
    out: { type: 'string' },
    view: { type: 'string' },
    rows: { type: 'string' },
    tasks: { type: 'string' },
    width: { type: 'string' },
    scale: { type: 'string' },
    'row-height': { type: 'string' },
    theme: { type: 'string' },
    title: { type: 'string' },
    panels: { type: 'string' },
    top: { type: 'string' },
    'no-legend': { type: 'boolean' },
    'no-notes': { type: 'boolean' },
    json: { type: 'boolean' },
  })
  const { out } = values
  if (out === undefined) throw new UsageError('--out PICTURE is missing.', 'render')
  const format = oneOf('--out', extname(out).toLowerCase(), formats)!
  const scale = Number(values.scale ?? 2)
  if (!(scale >= 0.1 && scale <= 8)) throw new UsageError(`--scale takes 0.1 to 8, not "${values.scale}".`, 'render')
  const tall = oneOf('--row-height', values['row-height'], ['16', '22', '28'])
  const bundle = await bundleAmong(positionals)
  const names = bundle?.content.views.map((v) => v.name) ?? []
  const saved = values.view !== undefined && names.includes(values.view)
  const options = {
    view: saved ? undefined : oneOf('--view', values.view, views),
    rows: values.rows?.split(',').filter((id) => id !== ''),
    tasks: values.tasks === undefined ? undefined : integerOption('render', '--tasks', values.tasks, 0, 1000),
    width: values.width === undefined ? undefined : integerOption('render', '--width', values.width, 400, 8000),
    height: heights.find((h) => String(h) === tall),
    dark: oneOf('--theme', values.theme, ['light', 'dark']) === 'dark',
    title: values.title,
    panels: values.panels?.split(',').map((name) => oneOf('--panels', name, picturePanels)!),
    top: values.top === undefined ? undefined : integerOption('render', '--top', values.top, 1, 1000),
    legend: values['no-legend'] !== true,
    notes: values['no-notes'] !== true,
  }
  const asked = { command: 'render', paths: positionals, values }
  return withSession(asked, io, connect, async ({ engine, sources, info, session }) => {
    const range = values.from !== undefined || values.to !== undefined ? rangeOf(session, values) : {}
    const unknown = options.rows?.find((id) => !knowsRow(info, id))
    if (unknown !== undefined)
      throw new RequestError(`There is no row ${unknown}; remora info lists machines and CPUs.`)
    const [{ renderPicture, looksOf }, { fontMetrics }, hashes] = await Promise.all([
      headless(),
      import('../export/fonts.js'),
      hashesOf(sources, io.signal),
    ])
    const looks = bundle ? looksOf(bundle.content, info, !saved) : []
    const look: Look | null = (saved ? looks.find((l) => l.name === values.view) : looks[0]) ?? null
    const title = options.title ?? (saved ? values.view : undefined)
    const all = { ...options, title, ...range, hashes, version }
    const picture = await renderPicture(engine, info, fontMetrics(), all, look).catch((error: unknown) => {
      throw error instanceof RangeError ? new RequestError(error.message) : error
    })
    const bytes = await bytesOf(picture, format, scale)
    await save(out, bytes)
    const size = { width: picture.width, height: picture.height }
    await io.out(
      values.json
        ? `${JSON.stringify({ path: out, bytes: bytes.length, ...size })}\n`
        : `${out}: ${size.width} x ${size.height}, ${bytesText(bytes.length)}\n`,
    )
  })
}

/** A track of the session, or by its form one of the fused views'. */
const knowsRow = (info: SessionInfo, id: string): boolean =>
  info.tracks.some((t) => t.id === id) || /^m\d+\/(pcpu|vcpu\/)\d+$/.test(id)

async function bytesOf(picture: Picture, format: (typeof formats)[number], scale: number): Promise<Uint8Array> {
  if (format === '.svg') return Buffer.from((await import('../export/svg.js')).toSvg(picture))
  if (format === '.pdf') return (await import('../export/pdf.js')).toPdf(picture)
  return (await import('../export/png.js')).toPng(picture, scale)
}

/** SHA-256 of each file, hex. */
export const hashesOf = (sources: readonly SourceRef[], signal: AbortSignal): Promise<string[]> =>
  Promise.all(sources.map((s) => sha256(s, signal)))

async function sha256(source: SourceRef, signal: AbortSignal): Promise<string> {
  if (source.kind === 'bytes') return createHash('sha256').update(source.bytes).digest('hex')
  if (source.kind !== 'path') return ''
  const hash = createHash('sha256')
  for await (const part of createReadStream(source.path, { signal, highWaterMark: 1 << 20 }))
    hash.update(part as Buffer)
  return hash.digest('hex')
}
