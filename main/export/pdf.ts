import Document from 'pdfkit'
import type { Picture, PictureFont, PictureMark } from '../../workers/thread/picture.js'
import { version } from '../version.js'
import { fontBytes, textsByFont } from './fonts.js'

/** Points a CSS pixel: 72 and 96 to the inch. */
const POINTS = 0.75

/** A picture as a PDF of one page of its own size. The same picture gives the same bytes. */
export async function toPdf(picture: Picture): Promise<Uint8Array> {
  const { title, description: subject } = picture
  const document = new Document({
    size: [picture.width * POINTS, picture.height * POINTS],
    margin: 0,
    // Without this the document begins with a standard font that nothing is set in.
    font: null as never,
    // No time of making: the same picture is the same file.
    info: {
      Title: title,
      Subject: subject,
      Producer: `Remora ${version}`,
      Creator: 'Remora',
      CreationDate: new Date(0),
    },
  })
  const parts: Uint8Array[] = []
  document.on('data', (part: Uint8Array) => parts.push(part))
  const done = new Promise<void>((resolve, reject) => document.on('end', resolve).on('error', reject))
  for (const font of textsByFont(picture.marks).keys()) document.registerFont(font, fontBytes(font))
  document.scale(POINTS)
  document.rect(0, 0, picture.width, picture.height).fill(picture.background)
  for (const mark of picture.marks) draw(document, mark)
  document.end()
  await done
  return Buffer.concat(parts)
}

function draw(document: PDFKit.PDFDocument, mark: PictureMark): void {
  document.save()
  switch (mark.kind) {
    case 'group':
      if (mark.clip) document.rect(mark.clip.x, mark.clip.y, mark.clip.width, mark.clip.height).clip()
      for (const inner of mark.marks) draw(document, inner)
      break
    case 'rect':
      if (mark.radius) document.roundedRect(mark.x, mark.y, mark.width, mark.height, mark.radius)
      else document.rect(mark.x, mark.y, mark.width, mark.height)
      paint(document, mark)
      break
    case 'path':
      for (const step of mark.steps) {
        if (step[0] === 'M') document.moveTo(step[1], step[2])
        else if (step[0] === 'L') document.lineTo(step[1], step[2])
        else if (step[0] === 'C') document.bezierCurveTo(step[1], step[2], step[3], step[4], step[5], step[6])
        else document.closePath()
      }
      paint(document, mark)
      break
    case 'image':
      document.image(Buffer.from(mark.png, 'base64'), mark.x, mark.y, { width: mark.width, height: mark.height })
      break
    case 'text':
      drawText(document, mark)
      break
  }
  document.restore()
}

function paint(document: PDFKit.PDFDocument, mark: Extract<PictureMark, { kind: 'rect' | 'path' }>): void {
  const { fill, stroke, strokeWidth, dash, opacity } = mark
  if (opacity !== undefined) document.opacity(opacity)
  if (stroke) document.lineWidth(strokeWidth ?? 1)
  if (stroke && dash && dash.length > 0) document.dash(dash[0]!, { space: dash[1] ?? dash[0]! })
  if (fill && stroke) document.fillAndStroke(fill, stroke)
  else if (fill) document.fill(fill)
  else if (stroke) document.stroke(stroke)
}

function drawText(document: PDFKit.PDFDocument, mark: Extract<PictureMark, { kind: 'text' }>): void {
  const { text, x, y, anchor, opacity } = mark
  document.font(mark.font satisfies PictureFont).fontSize(mark.size)
  const width = anchor && anchor !== 'start' ? document.widthOfString(text) : 0
  const left = anchor === 'end' ? x - width : anchor === 'middle' ? x - width / 2 : x
  if (opacity !== undefined) document.opacity(opacity)
  document.fillColor(mark.fill).text(text, left, y, { lineBreak: false, baseline: 'alphabetic' })
}
