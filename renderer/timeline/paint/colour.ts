// Colours as packed pixels, and the choice of a task's colour from its name.

/** 0xAABBGGRR: what a little-endian Uint32Array over ImageData holds. */
export type Pixel = number

export interface Rgb {
  readonly r: number
  readonly g: number
  readonly b: number
}

export const pack = ({ r, g, b }: Rgb, alpha = 255): Pixel => ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0
export const unpack = (p: Pixel): Rgb => ({ r: p & 255, g: (p >>> 8) & 255, b: (p >>> 16) & 255 })
export const css = (c: Rgb, alpha = 1): string =>
  alpha === 1 ? `rgb(${c.r} ${c.g} ${c.b})` : `rgb(${c.r} ${c.g} ${c.b} / ${alpha})`

/** `share` of `over` laid on `under`. */
export function mix(under: Rgb, over: Rgb, share: number): Rgb {
  const part = (u: number, o: number) => Math.round(u + (o - u) * share)
  return { r: part(under.r, over.r), g: part(under.g, over.g), b: part(under.b, over.b) }
}

/** `#rgb`, `#rrggbb`, or what getComputedStyle makes of any sRGB colour: `rgb(1, 2, 3)`; null when it is none of these. */
export function parseColour(text: string): Rgb | null {
  const s = text.trim()
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(s)?.[1]
  if (hex) {
    const full = hex.length === 3 ? hex.replace(/./g, '$&$&') : hex
    const n = parseInt(full, 16)
    return { r: n >> 16, g: (n >> 8) & 255, b: n & 255 }
  }
  const parts = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(s)
  return parts ? { r: Math.round(+parts[1]!), g: Math.round(+parts[2]!), b: Math.round(+parts[3]!) } : null
}

/** A channel of sRGB as light, 0..1, and back. */
const linear = (v: number): number => {
  const s = v / 255
  return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4
}
const gamma = (light: number): number => {
  const c = Math.min(Math.max(light, 0), 1)
  return Math.round(255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055))
}

/** Relative luminance as WCAG 2 defines it. */
function luminance({ r, g, b }: Rgb): number {
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

export function contrast(a: Rgb, b: Rgb): number {
  const [la, lb] = [luminance(a), luminance(b)]
  return (Math.max(la, lb) + 0.05) / (Math.min(la, lb) + 0.05)
}

// Pure black and white: of the two, one always reaches 4.5:1.
const ink: Rgb = { r: 0, g: 0, b: 0 }
const paper: Rgb = { r: 255, g: 255, b: 255 }
/** The text colour that reads best on a fill. */
export const textOn = (fill: Rgb): Rgb => (contrast(fill, ink) >= contrast(fill, paper) ? ink : paper)

/** OKLCH (lightness 0..1, chroma, hue in degrees) to sRGB, clipped to the gamut. Source: Björn Ottosson, "A perceptual color space". */
export function oklch(lightness: number, chroma: number, hue: number): Rgb {
  const h = (hue * Math.PI) / 180
  const a = chroma * Math.cos(h)
  const b = chroma * Math.sin(h)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return {
    r: gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    g: gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    b: gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  }
}

/** FNV-1a with a final mix, so that names that differ in one digit land far apart. */
export function hashName(name: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193)
  h ^= h >>> 16
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Workers of one kind share a colour: the kernel numbers them per CPU and pool. */
const familyName = (name: string): string => /^(kworker|ksoftirqd|migration|cpuhp|rcu\w*)\b/.exec(name)?.[1] ?? name

/** How strongly a task stands out. */
export type Emphasis = 'muted' | 'full' | 'dimmed'

const tasks = new Map<string, Rgb>()
/** Names whose colours are kept: working one out takes powers and cosines. */
const TASKS_KEPT = 10_000

/**
 * Colour of a task: hue and, for eyes that tell few hues apart, one of three lightnesses, from its name alone, so that it is
 * the same in every session and on every machine.
 */
export function taskColour(name: string, dark: boolean, emphasis: Emphasis, background: Rgb): Rgb {
  const key = `${emphasis} ${dark} ${emphasis === 'dimmed' ? pack(background) : ''} ${name}`
  let colour = tasks.get(key)
  if (!colour) {
    if (tasks.size > TASKS_KEPT) tasks.clear()
    tasks.set(key, (colour = workOut(name, dark, emphasis, background)))
  }
  return colour
}

function workOut(name: string, dark: boolean, emphasis: Emphasis, background: Rgb): Rgb {
  const h = hashName(familyName(name))
  const hue = (h % 36) * 10
  const level = (h >>> 8) % 3
  const kernel = familyName(name) !== name
  const lightness = dark ? 0.6 + level * 0.08 : 0.61 + level * 0.055
  const chroma = kernel ? 0.03 : emphasis === 'full' ? 0.15 : dark ? 0.085 : 0.095
  const colour = oklch(emphasis === 'full' ? lightness + (dark ? 0.06 : -0.04) : lightness, chroma, hue)
  return emphasis === 'dimmed' ? mix(background, colour, 0.22) : colour
}
