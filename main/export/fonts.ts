import { readFileSync } from 'node:fs'
import type { FontMetrics, PictureFont, PictureMark } from '../../workers/thread/picture.js'
import { assetPath } from './assets.js'
import { TrueType } from './true-type.js'

/** Names under which the fonts go into a picture: nobody's installed font has them. */
export const familyOf: Readonly<Record<PictureFont, string>> = {
  sans: 'Remora Sans',
  bold: 'Remora Sans Bold',
  mono: 'Remora Mono',
}

const loaded = new Map<PictureFont, { readonly bytes: Buffer; readonly font: TrueType }>()

function load(name: PictureFont): { readonly bytes: Buffer; readonly font: TrueType } {
  let entry = loaded.get(name)
  if (!entry) {
    const bytes = readFileSync(assetPath(name))
    loaded.set(name, (entry = { bytes, font: new TrueType(bytes) }))
  }
  return entry
}

/** The whole font file. */
export const fontBytes = (name: PictureFont): Buffer => load(name).bytes

/** The font cut down to the characters of a text. */
export const fontSubset = (name: PictureFont, text: string): Uint8Array => load(name).font.subset(text, familyOf[name])

export const fontMetrics = (): Record<PictureFont, FontMetrics> => ({
  sans: load('sans').font.metrics(),
  bold: load('bold').font.metrics(),
  mono: load('mono').font.metrics(),
})

/** The texts of a picture by their font. */
export function textsByFont(
  marks: readonly PictureMark[],
  into = new Map<PictureFont, string>(),
): Map<PictureFont, string> {
  for (const mark of marks) {
    if (mark.kind === 'group') textsByFont(mark.marks, into)
    else if (mark.kind === 'text') into.set(mark.font, (into.get(mark.font) ?? '') + mark.text)
  }
  return into
}
