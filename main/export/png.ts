import { readFile } from 'node:fs/promises'
import { initWasm, Resvg } from '@resvg/resvg-wasm'
import type { Picture } from '../../workers/thread/picture.js'
import { assetPath } from './assets.js'
import { fontSubset, textsByFont } from './fonts.js'
import { toSvg } from './svg.js'

let ready: Promise<void> | null = null

/** A picture as PNG, `scale` pixels a CSS pixel. The same picture gives the same bytes. */
export async function toPng(picture: Picture, scale: number): Promise<Uint8Array> {
  await (ready ??= readFile(assetPath('resvg')).then((wasm) => initWasm(wasm)))
  // The renderer takes its fonts beside the picture, under the names that they bear themselves.
  const fontBuffers = [...textsByFont(picture.marks)].map(([font, text]) => fontSubset(font, text))
  const resvg = new Resvg(toSvg(picture), {
    fitTo: { mode: 'zoom', value: scale },
    font: { fontBuffers, loadSystemFonts: false },
  })
  try {
    return resvg.render().asPng()
  } finally {
    resvg.free()
  }
}
