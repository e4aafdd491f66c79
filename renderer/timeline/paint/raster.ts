// A block of pixels painted by hand. Rows are drawn column by column into it and handed to the canvas in one piece: the cost
// depends on the pixels alone, and the result can be tested without a browser.

import { mix, pack, unpack, type Pixel, type Rgb } from './colour.js'

/** Pixels beside each other that are set one by one. */
const FEW = 8

/** Lines `line` pixels wide every `pitch` pixels, `phase` (0..pitch) to the left of where x = 0 would put them. */
export interface Hatch {
  readonly pitch: number
  readonly line: number
  readonly phase: number
}

export class Raster {
  readonly pixels: Uint32Array<ArrayBuffer>

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.pixels = new Uint32Array(width * height)
  }

  /** Opaque rectangle, [x0, x1) x [y0, y1), clipped. Device pixels. */
  fill(x0: number, y0: number, x1: number, y1: number, colour: Pixel): void {
    const left = Math.max(0, x0)
    const right = Math.min(this.width, x1)
    if (left >= right) return
    const { pixels, width } = this
    // A call a line costs more than a few pixels do.
    if (right - left < FEW) {
      for (let x = left; x < right; x++) this.column(x, y0, y1, colour)
      return
    }
    for (let y = Math.max(0, y0), end = Math.min(this.height, y1); y < end; y++) {
      pixels.fill(colour, y * width + left, y * width + right)
    }
  }

  /** Diagonal lines, [x0, x1) x [y0, y1), clipped; what lies between them stays. */
  hatch(x0: number, y0: number, x1: number, y1: number, colour: Pixel, h: Hatch, way: 'rises' | 'falls'): void {
    const { pixels, width } = this
    const left = Math.max(0, x0)
    const right = Math.min(width, x1)
    const { pitch, line, phase } = h
    for (let y = Math.max(0, y0), end = Math.min(this.height, y1); y < end; y++) {
      const slant = y % pitch
      const row = y * width
      for (let k = 0; k < line; k++) {
        // Where (x + phase ± slant) is k from a multiple of the pitch.
        const at = (way === 'rises' ? k - phase - slant : k - phase + slant) - left
        for (let x = left + (((at % pitch) + pitch) % pitch); x < right; x += pitch) pixels[row + x] = colour
      }
    }
  }

  /** `share` of `ink` over what is there, [x0, x1) x [y0, y1), clipped. */
  blend(x0: number, y0: number, x1: number, y1: number, ink: Rgb, share: number): void {
    const left = Math.max(0, x0)
    const right = Math.min(this.width, x1)
    for (let y = Math.max(0, y0), end = Math.min(this.height, y1); y < end; y++) {
      for (let i = y * this.width + left, stop = y * this.width + right; i < stop; i++) {
        this.pixels[i] = pack(mix(unpack(this.pixels[i]!), ink, share))
      }
    }
  }

  /** One column, [y0, y1), clipped. */
  column(x: number, y0: number, y1: number, colour: Pixel): void {
    if (x < 0 || x >= this.width) return
    const { pixels, width } = this
    const end = Math.min(this.height, y1) * width + x
    for (let i = Math.max(0, y0) * width + x; i < end; i += width) pixels[i] = colour
  }

  set(x: number, y: number, colour: Pixel): void {
    if (x >= 0 && x < this.width && y >= 0 && y < this.height) this.pixels[y * this.width + x] = colour
  }

  at(x: number, y: number): Pixel {
    return this.pixels[y * this.width + x] ?? 0
  }
}
