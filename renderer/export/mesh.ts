// Rows are painted as pixels. For a picture, equal pixels become rectangles again, as large as they can be: sharp at any size, and
// made by the very painters of the screen.

import { zlibSync } from 'fflate'
import type { PictureMark } from '../../workers/thread/picture.js'
import { css, unpack, type Pixel } from '../timeline/paint/colour.js'
import type { Raster } from '../timeline/paint/raster.js'
import { parsePaint } from './recorder.js'

/** Where the pixels go: device pixels a CSS pixel, and the place of the first one. */
export interface MeshPlace {
  readonly ratio: number
  readonly x: number
  readonly y: number
}

/** A band of pixels in more rectangles than this is a texture, and smaller as an image. */
const MOST_RECTS = 4000

/** Marks for the lines [top, bottom) of a raster; `ground` is left out. */
export function meshOf(raster: Raster, top: number, bottom: number, ground: Pixel, place: MeshPlace): PictureMark[] {
  const rects = rectsOf(raster, top, bottom, ground)
  if (rects.length > MOST_RECTS) return [imageOf(raster, top, bottom, place)]
  const { ratio, x, y } = place
  const colours = new Map<Pixel, string>()
  return rects.map((r): PictureMark => {
    let fill = colours.get(r.colour)
    if (fill === undefined) colours.set(r.colour, (fill = parsePaint(css(unpack(r.colour))).colour))
    return {
      kind: 'rect',
      x: x + r.x0 / ratio,
      y: y + r.y0 / ratio,
      width: (r.x1 - r.x0) / ratio,
      height: (r.y1 - r.y0) / ratio,
      fill,
    }
  })
}

interface PixelRect {
  readonly x0: number
  readonly x1: number
  readonly y0: number
  y1: number
  readonly colour: Pixel
}

/** Runs of equal pixels, line by line; a run that the line above has too makes its rectangle taller. */
function rectsOf({ pixels, width }: Raster, top: number, bottom: number, ground: Pixel): PixelRect[] {
  const rects: PixelRect[] = []
  let above = new Map<number, PixelRect>()
  for (let y = top; y < bottom; y++) {
    const here = new Map<number, PixelRect>()
    for (let x = 0; x < width;) {
      const colour = pixels[y * width + x]!
      let end = x + 1
      while (end < width && pixels[y * width + end] === colour) end++
      if (colour !== ground) {
        const grown = above.get(x)
        if (grown && grown.x1 === end && grown.colour === colour) {
          grown.y1 = y + 1
          here.set(x, grown)
        } else {
          const rect = { x0: x, x1: end, y0: y, y1: y + 1, colour }
          rects.push(rect)
          here.set(x, rect)
        }
      }
      x = end
    }
    above = here
  }
  return rects
}

function imageOf(raster: Raster, top: number, bottom: number, { ratio, x, y }: MeshPlace): PictureMark {
  const { pixels, width } = raster
  const bytes = pngOf(pixels.subarray(top * width, bottom * width), width, bottom - top)
  let text = ''
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192))
  return {
    kind: 'image',
    x,
    y: y + top / ratio,
    width: width / ratio,
    height: (bottom - top) / ratio,
    png: btoa(text),
  }
}

/** Opaque pixels as PNG (ISO/IEC 15948): RGB, 8 bits, no filter. */
function pngOf(pixels: Uint32Array, width: number, height: number): Uint8Array {
  const raw = new Uint8Array(height * (1 + 3 * width))
  for (let y = 0, at = 0; y < height; y++) {
    at++
    for (let x = 0; x < width; x++) {
      const p = pixels[y * width + x]!
      raw[at++] = p & 255
      raw[at++] = (p >>> 8) & 255
      raw[at++] = (p >>> 16) & 255
    }
  }
  const header = new Uint8Array(13)
  const view = new DataView(header.buffer)
  view.setUint32(0, width)
  view.setUint32(4, height)
  header.set([8, 2, 0, 0, 0], 8)
  const parts = [
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk('IHDR', header),
    chunk('IDAT', zlibSync(raw, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ]
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length)
  const view = new DataView(out.buffer)
  view.setUint32(0, data.length)
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i)
  out.set(data, 8)
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)))
  return out
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}
