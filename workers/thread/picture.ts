// A picture as a list of marks: what screens and the command line hand to main/export, which makes SVG, PNG and PDF of it. Plain
// data. Lengths in CSS pixels (1/96 inch) from the top left, colours as #rrggbb.

/** Text is set in DejaVu, which goes into every picture, so that it looks the same everywhere. */
export type PictureFont = 'sans' | 'bold' | 'mono'

interface Painted {
  readonly fill?: string
  readonly stroke?: string
  readonly strokeWidth?: number
  readonly dash?: readonly number[]
  /** 0..1, absent = 1. */
  readonly opacity?: number
}

export interface RectMark extends Painted {
  readonly kind: 'rect'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly radius?: number
}

export interface PathMark extends Painted {
  readonly kind: 'path'
  /** Steps: M x y, L x y, C x1 y1 x2 y2 x y, Z. */
  readonly steps: readonly PathStep[]
}
export type PathStep =
  readonly ['M' | 'L', number, number] | readonly ['C', number, number, number, number, number, number] | readonly ['Z']

export interface TextMark {
  readonly kind: 'text'
  /** Baseline. */
  readonly x: number
  readonly y: number
  readonly text: string
  readonly size: number
  readonly font: PictureFont
  readonly fill: string
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly opacity?: number
}

export interface ImageMark {
  readonly kind: 'image'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** base64 of a PNG. */
  readonly png: string
}

/** Marks of which only what lies within the rectangle is seen. */
export interface GroupMark {
  readonly kind: 'group'
  readonly clip?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  readonly marks: readonly PictureMark[]
}

export type PictureMark = RectMark | PathMark | TextMark | ImageMark | GroupMark

export interface Picture {
  readonly width: number
  readonly height: number
  readonly background: string
  /** For those who read the file and not the picture. */
  readonly title: string
  readonly description: string
  readonly marks: readonly PictureMark[]
}

/** Widths of a font's characters, for placing texts before they are set: in units, by code point. */
export interface FontMetrics {
  readonly unitsPerEm: number
  readonly ascent: number
  readonly descent: number
  readonly advances: Readonly<Record<number, number>>
  /** Of a character that the font does not have. */
  readonly missing: number
}

/** Panels that stand below the timeline of a picture: the parts of a report, and the notes that are drawn upon it. */
export const picturePanels = ['clocks', 'cpus', 'tasks', 'preemptions', 'wakeups', 'faults', 'notes'] as const
export type PicturePanel = (typeof picturePanels)[number]

/** What `remora render` asks of the screens' painters (renderer/export/headless.ts). */
export interface PictureOptions {
  /** Session time; absent = all of it. */
  readonly from?: number
  readonly to?: number
  /** CSS pixels, captions and margins included. */
  readonly width?: number
  /** Of a row, CSS pixels. */
  readonly height?: 16 | 22 | 28
  readonly dark?: boolean
  /** Rows of the fused views, those of the machines, or both. */
  readonly view?: 'all' | 'fused' | 'machines'
  /** Ids of rows, in the order wanted; instead of a view. */
  readonly rows?: readonly string[]
  /** Tasks of each machine, the busiest first; absent = as many as fit. */
  readonly tasks?: number
  readonly title?: string
  readonly legend?: boolean
  /** Below the timeline, in this order; absent = none. */
  readonly panels?: readonly PicturePanel[]
  /** Rows of a panel's table at most; absent = 8. */
  readonly top?: number
  /** Clocks, files and version at the foot; absent = yes. */
  readonly notes?: boolean
  /** SHA-256 of each file, hex. */
  readonly hashes?: readonly string[]
  readonly version?: string
}
