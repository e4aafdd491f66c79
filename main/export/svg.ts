import type { PathStep, Picture, PictureMark } from '../../workers/thread/picture.js'
import { familyOf, fontSubset, textsByFont } from './fonts.js'
import { escapeXml } from './xml.js'

/**
 * A picture as SVG 1.1, fonts embedded. The same picture gives the same text.
 * @param prefix before the names in it, where several pictures stand in one document
 */
export function toSvg(picture: Picture, prefix = ''): string {
  const { width, height, background, title, description } = picture
  const faces = [...textsByFont(picture.marks)].map(([font, text]) => {
    const data = Buffer.from(fontSubset(font, text)).toString('base64')
    return `@font-face{font-family:"${prefix}${familyOf[font]}";src:url(data:font/ttf;base64,${data}) format("truetype")}`
  })
  const clips: string[] = []
  const body = picture.marks.map((mark) => markToSvg(mark, clips, prefix)).join('\n')
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    `<defs>${faces.length > 0 ? `<style>${faces.join('')}</style>` : ''}${clips.join('')}</defs>`,
    `<rect width="${n(width)}" height="${n(height)}" fill="${background}"/>`,
    body,
    '</svg>',
    '',
  ].join('\n')
}

function markToSvg(mark: PictureMark, clips: string[], prefix: string): string {
  switch (mark.kind) {
    case 'group': {
      const inner = mark.marks.map((m) => markToSvg(m, clips, prefix)).join('\n')
      if (!mark.clip) return `<g>\n${inner}\n</g>`
      const { x, y, width, height } = mark.clip
      const id = `${prefix}c${clips.length}`
      clips.push(`<clipPath id="${id}"><rect${attributes({ x, y, width, height })}/></clipPath>`)
      return `<g clip-path="url(#${id})">\n${inner}\n</g>`
    }
    case 'rect': {
      const { x, y, width, height, radius } = mark
      return `<rect${attributes({ x, y, width, height, rx: radius })}${painted(mark)}/>`
    }
    case 'path':
      return `<path d="${mark.steps.map(stepToSvg).join('')}"${painted(mark)}/>`
    case 'image': {
      const { x, y, width, height } = mark
      return `<image${attributes({ x, y, width, height })} href="data:image/png;base64,${mark.png}"/>`
    }
    case 'text': {
      const { x, y, size, font, fill, anchor, opacity } = mark
      const place = attributes({ x, y, 'font-size': size, opacity })
      const end = anchor && anchor !== 'start' ? ` text-anchor="${anchor}"` : ''
      return `<text${place} font-family="${prefix}${familyOf[font]}" fill="${fill}"${end} xml:space="preserve">${escapeXml(mark.text)}</text>`
    }
  }
}

const stepToSvg = ([letter, ...places]: PathStep): string => letter + places.map(n).join(' ')

const attributes = (values: Readonly<Record<string, number | undefined>>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : ` ${name}="${n(value)}"`))
    .join('')

function painted(mark: Extract<PictureMark, { kind: 'rect' | 'path' }>): string {
  const { fill, stroke, strokeWidth, dash, opacity } = mark
  const line = stroke ? ` stroke="${stroke}"${attributes({ 'stroke-width': strokeWidth })}` : ''
  const dashes = stroke && dash ? ` stroke-dasharray="${dash.map(n).join(' ')}"` : ''
  return ` fill="${fill ?? 'none'}"${line}${dashes}${attributes({ opacity })}`
}

/** At most three decimals: a thousandth of a pixel is seen by nobody. */
const n = (value: number): string => String(Math.round(value * 1000) / 1000)
