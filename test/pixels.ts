// Pixels of pictures, for comparing what they look like.

import { inflateSync } from 'node:zlib'

/** RGB, 3 bytes a pixel. */
export interface Pixels {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

/** PNG (ISO/IEC 15948) of 8-bit RGB or RGBA over white, not interlaced. Throws for others. */
export function readPng(png: Uint8Array): Pixels {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const [width, height] = [view.getUint32(16), view.getUint32(20)]
  const channels = { 2: 3, 6: 4 }[png[25]!]
  if (png[24] !== 8 || channels === undefined || png[28] !== 0) throw new Error('a PNG of another kind')
  const parts: Uint8Array[] = []
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at)
    if (String.fromCharCode(...png.subarray(at + 4, at + 8)) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + length))
    at += length + 12
  }
  const raw = inflateSync(Buffer.concat(parts))
  const stride = width * channels
  const lines = new Uint8Array(height * stride)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!
    for (let i = 0; i < stride; i++) {
      const left = i >= channels ? lines[y * stride + i - channels]! : 0
      const up = y > 0 ? lines[(y - 1) * stride + i]! : 0
      const corner = i >= channels && y > 0 ? lines[(y - 1) * stride + i - channels]! : 0
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]!
      lines[y * stride + i] = raw[y * (stride + 1) + 1 + i]! + guess
    }
  }
  const rgb = new Uint8Array(width * height * 3)
  for (let p = 0; p < width * height; p++) {
    const alpha = channels === 4 ? lines[p * 4 + 3]! / 255 : 1
    for (let c = 0; c < 3; c++) rgb[p * 3 + c] = 255 + (lines[p * channels + c]! - 255) * alpha
  }
  return { width, height, rgb }
}

function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
}

/** Binary PPM (P6), as pdftoppm writes it. */
export function readPpm(ppm: Uint8Array): Pixels {
  const head = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(Buffer.from(ppm.subarray(0, 64)).toString('latin1'))
  if (!head) throw new Error('no binary PPM')
  return { width: Number(head[1]), height: Number(head[2]), rgb: ppm.subarray(head[0].length) }
}

/** Mean of a picture's `size` x `size` squares, so that the smoothing of edges does not count. */
function squares({ width, height, rgb }: Pixels, size: number): Float64Array {
  const [columns, rows] = [Math.floor(width / size), Math.floor(height / size)]
  const out = new Float64Array(columns * rows * 3)
  for (let y = 0; y < rows * size; y++) {
    for (let x = 0; x < columns * size; x++) {
      const square = (Math.floor(y / size) * columns + Math.floor(x / size)) * 3
      for (let c = 0; c < 3; c++) out[square + c]! += rgb[(y * width + x) * 3 + c]! / size ** 2
    }
  }
  return out
}

/** Share of squares whose mean colour differs by more than `by` of 255 in a channel. Throws where the sizes differ. */
export function difference(a: Pixels, b: Pixels, by = 24, size = 6): number {
  if (a.width !== b.width || a.height !== b.height) {
    throw new Error(`${a.width} x ${a.height} is not ${b.width} x ${b.height}`)
  }
  const [one, other] = [squares(a, size), squares(b, size)]
  let differ = 0
  for (let i = 0; i < one.length; i += 3) {
    if ([0, 1, 2].some((c) => Math.abs(one[i + c]! - other[i + c]!) > by)) differ++
  }
  return differ / (one.length / 3)
}
