import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Picture, PictureMark } from '../../workers/thread/picture.js'
import { pictureRoutes, readPicture } from '../api/pictures.js'
import { fontMetrics, fontSubset } from './fonts.js'
import { toPdf } from './pdf.js'
import { toPng } from './png.js'
import { toSvg } from './svg.js'
import { TrueType } from './true-type.js'

const texts = ['CPU 0/KVM', '4 094.904 014 336 s', 'Äé µs → <b> & "x"']
const marks: PictureMark[] = [
  { kind: 'rect', x: 10, y: 10, width: 100, height: 30, fill: '#88aacc', stroke: '#000000', radius: 4 },
  { kind: 'text', x: 20, y: 30, text: texts[0]!, size: 14, font: 'sans', fill: '#111111' },
  { kind: 'text', x: 300, y: 60, text: texts[1]!, size: 12, font: 'mono', fill: '#333333', anchor: 'middle' },
  { kind: 'text', x: 590, y: 90, text: texts[2]!, size: 16, font: 'bold', fill: '#a03030', anchor: 'end' },
  {
    kind: 'path',
    steps: [['M', 20, 100], ['C', 100, 50, 200, 150, 300, 100], ['L', 400, 180], ['Z']],
    stroke: '#208020',
    strokeWidth: 2,
    dash: [6, 3],
  },
  {
    kind: 'group',
    clip: { x: 400, y: 100, width: 60, height: 40 },
    marks: [{ kind: 'rect', x: 380, y: 90, width: 200, height: 100, fill: '#ff8800' }],
  },
]
const picture: Picture = {
  width: 600,
  height: 200,
  background: '#ffffff',
  title: 'Late wake-up',
  description: 'host.dat',
  marks,
}

const has = (tool: string): boolean => spawnSync(tool, ['-v']).error === undefined
const dir = mkdtempSync(join(tmpdir(), 'remora-pictures-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** Width and height of a PNG, and its pixels as read by ImageMagick's own reader, where that is there. */
function pngSize(png: Uint8Array): [number, number] {
  const view = new DataView(png.buffer, png.byteOffset)
  return [view.getUint32(16), view.getUint32(20)]
}

describe('a picture', () => {
  it('is the same file every time it is made', async () => {
    expect(toSvg(picture)).toBe(toSvg(picture))
    expect(Buffer.compare(await toPng(picture, 2), await toPng(picture, 2))).toBe(0)
    expect(Buffer.compare(await toPdf(picture), await toPdf(picture))).toBe(0)
  })

  it('as SVG holds every text once, as text', () => {
    const svg = toSvg(picture)
    const found = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((m) => m[1])
    expect(found).toEqual([texts[0], texts[1], 'Äé µs → &lt;b&gt; &amp; &quot;x&quot;'])
    expect(svg).not.toMatch(/https?:\/\/(?!www\.w3\.org)/)
  })

  it('as PNG has the size asked for, and differs where a text does', async () => {
    expect(pngSize(await toPng(picture, 1))).toEqual([600, 200])
    expect(pngSize(await toPng(picture, 3))).toEqual([1800, 600])
    const other = { ...picture, marks: marks.map((m) => (m.kind === 'text' ? { ...m, text: `${m.text}.` } : m)) }
    expect(Buffer.compare(await toPng(other, 1), await toPng(picture, 1))).not.toBe(0)
    const none = { ...picture, marks: marks.filter((m) => m.kind !== 'text') }
    expect((await toPng(none, 1)).length).toBeLessThan((await toPng(picture, 1)).length)
  })

  it.skipIf(!has('pdftotext'))('as PDF is one page of its size, with its texts (needs pdftotext)', async () => {
    const path = join(dir, 'picture.pdf')
    writeFileSync(path, await toPdf(picture))
    const said = spawnSync('pdftotext', ['-layout', path, '-'], { encoding: 'utf8' }).stdout
    for (const text of texts) expect(said).toContain(text)
    const info = spawnSync('pdfinfo', [path], { encoding: 'utf8' }).stdout
    expect(info).toMatch(/Pages: +1\n/)
    expect(info).toMatch(/Page size: +450 x 150 pts/)
    expect(info).toMatch(/Title: +Late wake-up/)
    const fonts = spawnSync('pdffonts', [path], { encoding: 'utf8' }).stdout.split('\n').slice(2).filter(Boolean)
    expect(fonts.map((line) => / (yes|no) (yes|no) (yes|no) +\d+/.exec(line)?.[1])).toEqual(['yes', 'yes', 'yes'])
  })

  it('can be made of any text at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (text) => {
        const any: Picture = { ...picture, marks: [{ ...(marks[1] as PictureMark & { kind: 'text' }), text }] }
        expect(pngSize(await toPng(any, 0.2))).toEqual([120, 40])
        await toPdf(any)
      }),
      { numRuns: 30 },
    )
  })
})

describe('a font cut down', () => {
  it('keeps the widths of its characters, composed ones too, and nothing else', () => {
    const whole = fontMetrics()
    for (const font of ['sans', 'bold', 'mono'] as const) {
      const text = 'Ångström µs ≥ 3 → ½'
      const bytes = fontSubset(font, text)
      const { advances, unitsPerEm } = new TrueType(bytes).metrics()
      expect(bytes.length).toBeLessThan(20_000)
      expect(unitsPerEm).toBe(whole[font].unitsPerEm)
      const codes = [...new Set(text)].map((c) => c.codePointAt(0)!)
      expect(Object.keys(advances).map(Number)).toEqual(codes.toSorted((a, b) => a - b))
      for (const code of codes) expect(advances[code]).toBe(whole[font].advances[code])
    }
  })
})

describe('pictures over the API', () => {
  const routes = pictureRoutes()
  const post = (path: string, body: string): Promise<Response> =>
    Promise.resolve(routes.request(path, { method: 'POST', body }))

  it.each([
    ['svg', 'image/svg+xml', '<svg'],
    ['png?scale=2', 'image/png', '\u0089PNG'],
    ['pdf', 'application/pdf', '%PDF'],
  ])('%s', async (format, type, start) => {
    const response = await post(`/${format}`, JSON.stringify(picture))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe(type)
    expect(
      Buffer.from(await response.arrayBuffer())
        .toString('latin1')
        .startsWith(start),
    ).toBe(true)
  })

  it('measure the texts that they set', async () => {
    const metrics = (await (await routes.request('/fonts')).json()) as ReturnType<typeof fontMetrics>
    expect(metrics.mono.advances[65]).toBe(metrics.mono.advances[105])
    expect(metrics.sans.advances[105]).toBeLessThan(metrics.sans.advances[77]!)
  })

  it('refuses what is none, saying where', () => {
    expect(() => readPicture({ ...picture, width: 1e9 })).toThrow(/This is no picture: width/)
    expect(() => readPicture({ ...picture, marks: [{ kind: 'rect', x: 'a' }] })).toThrow(/marks\.0/)
    expect(() => readPicture({ ...picture, background: 'url(#x)' })).toThrow(/background/)
  })
})
