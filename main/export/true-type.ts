// As much of TrueType (OpenType specification, chapters `glyf`, `loca`, `cmap`, `hmtx`) as it takes to measure texts and to cut a
// font down to the characters of one picture.

import type { FontMetrics } from '../../workers/thread/picture.js'

interface Table {
  readonly offset: number
  readonly length: number
}

export class TrueType {
  private readonly bytes: Uint8Array
  readonly #view: DataView
  readonly #tables = new Map<string, Table>()
  readonly #glyphs = new Map<number, number>()
  readonly #longLoca: boolean
  readonly #metricCount: number
  readonly unitsPerEm: number
  readonly ascent: number
  readonly descent: number

  /** Throws for bytes that are no TrueType font. */
  constructor(file: Uint8Array) {
    // A Buffer's slice() would be the font itself, to be written into.
    const bytes = (this.bytes = new Uint8Array(file.buffer, file.byteOffset, file.byteLength))
    const view = (this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    if (view.getUint32(0) !== 0x00010000) throw new Error('not a TrueType font')
    for (let i = 0; i < view.getUint16(4); i++) {
      const at = 12 + 16 * i
      const tag = String.fromCharCode(...bytes.subarray(at, at + 4))
      this.#tables.set(tag, { offset: view.getUint32(at + 8), length: view.getUint32(at + 12) })
    }
    const head = this.#at('head')
    this.unitsPerEm = view.getUint16(head + 18)
    this.#longLoca = view.getInt16(head + 50) !== 0
    const hhea = this.#at('hhea')
    this.ascent = view.getInt16(hhea + 4)
    this.descent = view.getInt16(hhea + 6)
    this.#metricCount = view.getUint16(hhea + 34)
    this.#readCharacters()
  }

  #at(tag: string): number {
    const table = this.#tables.get(tag)
    if (!table) throw new Error(`the font has no table ${tag}`)
    return table.offset
  }

  /** The map of the Basic Multilingual Plane: format 4, which every font has. */
  #readCharacters(): void {
    const view = this.#view
    const cmap = this.#at('cmap')
    for (let i = 0; i < view.getUint16(cmap + 2); i++) {
      const at = cmap + view.getUint32(cmap + 4 + 8 * i + 4)
      if (view.getUint16(at) !== 4) continue
      const segments = view.getUint16(at + 6) / 2
      for (let s = 0; s < segments; s++) {
        const end = view.getUint16(at + 14 + 2 * s)
        const start = view.getUint16(at + 16 + 2 * (segments + s))
        const delta = view.getInt16(at + 16 + 2 * (2 * segments + s))
        const rangeAt = at + 16 + 2 * (3 * segments + s)
        const range = view.getUint16(rangeAt)
        for (let code = start; code <= end && code < 0xffff; code++) {
          const listed = range === 0 ? code : view.getUint16(rangeAt + range + 2 * (code - start))
          const glyph = range !== 0 && listed === 0 ? 0 : (listed + delta) & 0xffff
          if (glyph > 0) this.#glyphs.set(code, glyph)
        }
      }
      return
    }
    throw new Error('the font maps no characters')
  }

  glyphOf(code: number): number {
    return this.#glyphs.get(code) ?? 0
  }

  advance(glyph: number): number {
    return this.#view.getUint16(this.#at('hmtx') + 4 * Math.min(glyph, this.#metricCount - 1))
  }

  metrics(): FontMetrics {
    const advances: Record<number, number> = {}
    for (const [code, glyph] of this.#glyphs) advances[code] = this.advance(glyph)
    const { unitsPerEm, ascent, descent } = this
    return { unitsPerEm, ascent, descent, advances, missing: this.advance(0) }
  }

  #outline(glyph: number): Uint8Array {
    const loca = this.#at('loca')
    const glyf = this.#at('glyf')
    const place = (i: number): number =>
      this.#longLoca ? this.#view.getUint32(loca + 4 * i) : 2 * this.#view.getUint16(loca + 2 * i)
    return this.bytes.slice(glyf + place(glyph), glyf + place(glyph + 1))
  }

  #leftBearing(glyph: number): number {
    const hmtx = this.#at('hmtx')
    const n = this.#metricCount
    return this.#view.getInt16(glyph < n ? hmtx + 4 * glyph + 2 : hmtx + 4 * n + 2 * (glyph - n))
  }

  /**
   * A font with nothing but the characters of `text` and what those are composed of, without hints: some kilobytes in place of
   * hundreds. It is called `family`. The same text gives the same bytes.
   */
  subset(text: string, family: string): Uint8Array {
    const codes = [...new Set([...text].map((c) => c.codePointAt(0)!))]
      .filter((code) => this.#glyphs.has(code))
      .toSorted((a, b) => a - b)
    const kept = [0]
    const renamed = new Map([[0, 0]])
    const keep = (glyph: number): number => {
      if (!renamed.has(glyph)) {
        renamed.set(glyph, kept.length)
        kept.push(glyph)
      }
      return renamed.get(glyph)!
    }
    const characters = codes.map((code) => ({ code, glyph: keep(this.glyphOf(code)) }))
    const outlines: Uint8Array[] = []
    // Parts of composed glyphs join the end of the list while it is walked.
    for (let i = 0; i < kept.length; i++) outlines.push(withoutHints(this.#outline(kept[i]!), keep))
    const glyphs = kept.map((glyph) => ({ advance: this.advance(glyph), bearing: this.#leftBearing(glyph) }))
    const copy = (tag: string): Uint8Array => {
      const { offset, length } = this.#tables.get(tag)!
      return this.bytes.slice(offset, offset + length)
    }
    return assemble({
      'OS/2': copy('OS/2'),
      cmap: characterMap(characters),
      glyf: joined(outlines),
      head: patched(copy('head'), [8, 4, 0], [50, 2, 1]),
      hhea: patched(copy('hhea'), [34, 2, glyphs.length]),
      hmtx: horizontalMetrics(glyphs),
      loca: places(outlines),
      maxp: patched(copy('maxp'), [4, 2, glyphs.length]),
      name: namesOf(family),
      post: postscript(copy('post')),
    })
  }
}

const COMPOSITE = -1
const ARGS_ARE_WORDS = 0x0001
const HAS_SCALE = 0x0008
const MORE = 0x0020
const HAS_X_AND_Y_SCALE = 0x0040
const HAS_TWO_BY_TWO = 0x0080
const HAS_INSTRUCTIONS = 0x0100

/** An outline without its instructions, whose parts (of a composed glyph) have their new numbers; padded to 4 bytes. */
function withoutHints(outline: Uint8Array, keep: (glyph: number) => number): Uint8Array {
  if (outline.length === 0) return outline
  const view = new DataView(outline.buffer, outline.byteOffset, outline.byteLength)
  const contours = view.getInt16(0)
  if (contours !== COMPOSITE && contours >= 0) {
    const at = 10 + 2 * contours
    const instructions = view.getUint16(at)
    const out = new Uint8Array(align(outline.length - instructions))
    out.set(outline.subarray(0, at))
    out.set(outline.subarray(at + 2 + instructions), at + 2)
    return out
  }
  let at = 10
  for (let more = true; more;) {
    const flags = view.getUint16(at)
    view.setUint16(at, flags & ~HAS_INSTRUCTIONS)
    view.setUint16(at + 2, keep(view.getUint16(at + 2)))
    at += 4 + (flags & ARGS_ARE_WORDS ? 4 : 2)
    at += flags & HAS_TWO_BY_TWO ? 8 : flags & HAS_X_AND_Y_SCALE ? 4 : flags & HAS_SCALE ? 2 : 0
    more = (flags & MORE) !== 0
  }
  const out = new Uint8Array(align(at))
  out.set(outline.subarray(0, at))
  return out
}

const align = (n: number): number => (n + 3) & ~3

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Big-endian numbers, one after another. */
function numbers(size: 2 | 4, values: readonly number[]): Uint8Array {
  const out = new Uint8Array(size * values.length)
  const view = new DataView(out.buffer)
  values.forEach((v, i) => (size === 2 ? view.setUint16(2 * i, v & 0xffff) : view.setUint32(4 * i, v >>> 0)))
  return out
}

function patched(
  table: Uint8Array,
  ...changes: readonly (readonly [at: number, size: 2 | 4, value: number])[]
): Uint8Array {
  for (const [at, size, value] of changes) table.set(numbers(size, [value]), at)
  return table
}

function places(outlines: readonly Uint8Array[]): Uint8Array {
  let at = 0
  return numbers(4, [0, ...outlines.map((o) => (at += o.length))])
}

const horizontalMetrics = (glyphs: readonly { readonly advance: number; readonly bearing: number }[]): Uint8Array =>
  numbers(
    2,
    glyphs.flatMap(({ advance, bearing }) => [advance, bearing]),
  )

/** cmap with one map of format 4, a segment a character. */
function characterMap(characters: readonly { readonly code: number; readonly glyph: number }[]): Uint8Array {
  const all = [...characters, { code: 0xffff, glyph: 0 }]
  const count = all.length
  const power = 2 ** Math.floor(Math.log2(count))
  const search = [2 * count, 2 * power, Math.log2(power), 2 * (count - power)]
  const codes = all.map((c) => c.code)
  const deltas = all.map((c) => (c.code === 0xffff ? 1 : c.glyph - c.code))
  const map = [4, 16 + 8 * count, 0, ...search, ...codes, 0, ...codes, ...deltas, ...all.map(() => 0)]
  return joined([numbers(2, [0, 1, 3, 1]), numbers(4, [12]), numbers(2, map)])
}

/** Version 3: no names of glyphs. */
const postscript = (post: Uint8Array): Uint8Array => patched(post.slice(0, 32), [0, 4, 0x00030000])

/** The name table: family, style, full name and PostScript name, which renderers ask for. */
function namesOf(family: string): Uint8Array {
  const names = [
    { id: 1, text: family },
    { id: 2, text: 'Regular' },
    { id: 4, text: family },
    { id: 6, text: family.replaceAll(' ', '') },
  ]
  const texts = names.map(({ text }) => Array.from(text, (c) => c.charCodeAt(0)))
  let at = 0
  const records = names.flatMap(({ id }, i) => {
    const length = 2 * texts[i]!.length
    at += length
    return [3, 1, 0x409, id, length, at - length]
  })
  return numbers(2, [0, names.length, 6 + 12 * names.length, ...records, ...texts.flat()])
}

/** Tables in the order of their tags behind the directory, with their checksums. */
function assemble(tables: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const tags = Object.keys(tables).toSorted()
  const power = 2 ** Math.floor(Math.log2(tags.length))
  const start = [
    numbers(4, [0x00010000]),
    numbers(2, [tags.length, 16 * power, Math.log2(power), 16 * (tags.length - power)]),
  ]
  let at = 12 + 16 * tags.length
  const directory: Uint8Array[] = []
  const bodies: Uint8Array[] = []
  for (const tag of tags) {
    const table = tables[tag]!
    const padded = new Uint8Array(align(table.length))
    padded.set(table)
    directory.push(new TextEncoder().encode(tag), numbers(4, [checksum(padded), at, table.length]))
    bodies.push(padded)
    at += padded.length
  }
  const font = joined([...start, ...directory, ...bodies])
  const head =
    12 + 16 * tags.length + tags.slice(0, tags.indexOf('head')).reduce((n, t) => n + align(tables[t]!.length), 0)
  font.set(numbers(4, [0xb1b0afba - checksum(font)]), head + 8)
  return font
}

function checksum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let sum = 0
  for (let at = 0; at + 4 <= bytes.length; at += 4) sum = (sum + view.getUint32(at)) >>> 0
  return sum
}
