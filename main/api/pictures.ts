// Pictures made of the marks that a window sends, and the widths of the texts in them.

import { Hono } from 'hono'
import * as v from 'valibot'
import { RequestError } from '../../workers/fault.js'
import type { Picture, PictureMark } from '../../workers/thread/picture.js'

const number = v.pipe(v.number(), v.finite())
const colour = v.pipe(v.string(), v.regex(/^#[\da-f]{6}$/i))
const painted = {
  fill: v.optional(colour),
  stroke: v.optional(colour),
  strokeWidth: v.optional(number),
  dash: v.optional(v.array(number)),
  opacity: v.optional(number),
}
const box = { x: number, y: number, width: number, height: number }

const step = v.union([
  v.strictTuple([v.picklist(['M', 'L']), number, number]),
  v.strictTuple([v.literal('C'), number, number, number, number, number, number]),
  v.strictTuple([v.literal('Z')]),
])

const mark: v.GenericSchema<PictureMark> = v.variant('kind', [
  v.object({ kind: v.literal('rect'), ...box, radius: v.optional(number), ...painted }),
  v.object({ kind: v.literal('path'), steps: v.array(step), ...painted }),
  v.object({
    kind: v.literal('text'),
    x: number,
    y: number,
    text: v.string(),
    size: number,
    font: v.picklist(['sans', 'bold', 'mono']),
    fill: colour,
    anchor: v.optional(v.picklist(['start', 'middle', 'end'])),
    opacity: v.optional(number),
  }),
  v.object({ kind: v.literal('image'), ...box, png: v.pipe(v.string(), v.base64()) }),
  v.object({ kind: v.literal('group'), clip: v.optional(v.object(box)), marks: v.array(v.lazy(() => mark)) }),
])

/** Longest side: beyond it neither PNG nor PDF readers follow. */
const LONGEST = 14_400
const side = v.pipe(number, v.minValue(1), v.maxValue(LONGEST))

export const pictureSchema: v.GenericSchema<Picture> = v.object({
  width: side,
  height: side,
  background: colour,
  title: v.string(),
  description: v.string(),
  marks: v.array(mark),
})

/** Pixels of the largest PNG. */
const MOST_PIXELS = 200e6

/** Throws RequestError that names the first thing that is wrong. */
export function readPicture(value: unknown): Picture {
  const result = v.safeParse(pictureSchema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new RequestError(`This is no picture: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}.`)
}

function scaleOf(text: string | undefined, { width, height }: Picture): number {
  const scale = Number(text ?? 1)
  if (!(scale >= 0.1 && scale <= 8)) throw new RequestError(`A scale lies between 0.1 and 8, not at "${text}".`)
  if (width * height * scale ** 2 > MOST_PIXELS) {
    throw new RequestError('The picture would have more than 200 million pixels; choose a smaller scale.')
  }
  return scale
}

type Make = (picture: Picture, scale: string | undefined) => Promise<{ readonly type: string; readonly body: BodyInit }>

// Loaded when called for: most sessions make no picture.
const formats: Readonly<Record<string, Make>> = {
  svg: async (p) => ({ type: 'image/svg+xml', body: (await import('../export/svg.js')).toSvg(p) }),
  png: async (p, scale) => {
    const { toPng } = await import('../export/png.js')
    return { type: 'image/png', body: new Uint8Array(await toPng(p, scaleOf(scale, p))) }
  },
  pdf: async (p) => ({
    type: 'application/pdf',
    body: new Uint8Array(await (await import('../export/pdf.js')).toPdf(p)),
  }),
}

/** `POST /:format?scale=` with a Picture as JSON; `GET /fonts` for FontMetrics by font. */
export function pictureRoutes(): Hono {
  const routes = new Hono()
  routes.get('/fonts', async () => {
    const { fontMetrics } = await import('../export/fonts.js')
    return Response.json(fontMetrics(), { headers: { 'Cache-Control': 'max-age=3600' } })
  })
  routes.post('/:format', async (c) => {
    const format = c.req.param('format')
    const make = Object.hasOwn(formats, format) ? formats[format] : undefined
    if (!make) throw new RequestError(`Pictures are made as svg, png or pdf, not as "${format}".`)
    const body: unknown = await c.req.json().catch(() => {
      throw new RequestError('The picture is no JSON.')
    })
    const made = await make(readPicture(body), c.req.query('scale'))
    return new Response(made.body, { headers: { 'Content-Type': made.type } })
  })
  return routes
}
