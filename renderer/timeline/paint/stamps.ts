// Small pictures that are painted once and then put wherever they are needed: hundreds of texts that move with every frame cost
// what copying their pixels costs.

import type { PaintContext } from './context.js'

/**
 * Puts what `paint` paints from (0, 0) on, `width` x `height` CSS pixels, at a place. What it looks like follows from `of` and `look`
 * alone, which are compared as objects. False: this frame has made enough of them, and it is to be painted in place.
 */
export type Stamp = (
  of: object,
  look: object,
  width: number,
  height: number,
  x: number,
  y: number,
  paint: (ctx: PaintContext) => void,
) => boolean

/** Made anew in one frame at most: making one costs ten times what painting it in place does. */
const FRESH = 24

interface Kept {
  readonly look: object
  readonly ratio: number
  readonly image: ImageBitmap
}

export class Stamps {
  readonly #kept = new WeakMap<object, Kept>()

  /** For one frame of a canvas whose context is scaled to CSS pixels by `ratio`. */
  on(ctx: CanvasRenderingContext2D, ratio: number): Stamp {
    // On whole pixels of the screen: nothing is drawn anew.
    const at = (v: number): number => Math.round(v * ratio) / ratio
    let fresh = 0
    return (of, look, width, height, x, y, paint) => {
      let kept = this.#kept.get(of)
      if (kept?.look !== look || kept.ratio !== ratio) {
        if (++fresh > FRESH) return false
        const canvas = new OffscreenCanvas(Math.ceil(width * ratio), Math.ceil(height * ratio))
        const small = canvas.getContext('2d')!
        small.scale(ratio, ratio)
        // What painters use, both kinds of contexts have.
        paint(small as unknown as PaintContext)
        kept = { look, ratio, image: canvas.transferToImageBitmap() }
        this.#kept.set(of, kept)
      }
      const { image } = kept
      ctx.drawImage(image, at(x), at(y), image.width / ratio, image.height / ratio)
      return true
    }
  }
}
