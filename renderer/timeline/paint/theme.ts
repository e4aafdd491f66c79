// The colours that the timeline paints with: the frame's from the page's CSS variables, the data's from here.

import type { MachineInfo } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import { mix, oklch, parseColour, type Rgb } from './colour.js'

export interface PaintTheme {
  readonly dark: boolean
  readonly font: string
  readonly background: Rgb
  /** Header rows and the axis. */
  readonly raised: Rgb
  readonly text: Rgb
  readonly muted: Rgb
  /** Hairlines between rows and at the axis' major ticks. */
  readonly hairline: Rgb
  readonly accent: Rgb
  readonly runnable: Rgb
  /** Edges and hatch of preemption, and the arrow to who took the CPU. */
  readonly preempted: Rgb
  /** Dotted line of uninterruptible sleep. */
  readonly blocked: Rgb
  /** Torn edges: inferred and lost. */
  readonly torn: Rgb
  /** Foot of a CPU's row where it was recorded: idle is empty, but not as empty as no recording. */
  readonly foot: Rgb
  /** Busy pixels of many tasks, and summaries of many rows. */
  readonly crowd: Rgb
  readonly tick: Rgb
  readonly tickStrong: Rgb
  readonly match: Rgb
  readonly markerA: Rgb
  readonly markerB: Rgb
}

/** Safe for colour-blind eyes (Okabe and Ito), in an order that keeps neighbours far apart. Yellow is left to warnings. */
const GUESTS: readonly Rgb[] = ['#e69f00', '#56b4e9', '#009e73', '#cc79a7', '#d55e00', '#0072b2'].map((c) =>
  parseColour(c)!,
)
const HOST: Rgb = { r: 122, g: 134, b: 153 }

/** Colour of a machine's bands: the first that is no guest slate, all others in turn. */
export function machineColour(machines: readonly MachineInfo[], machine: MachineIndex): Rgb {
  const first = machines.find((m) => m.role !== 'guest')
  const i = machines.filter((m) => m !== first).findIndex((m) => m.machine === machine)
  return i < 0 ? HOST : GUESTS[i % GUESTS.length]!
}

/** Calls back when the page has taken on another theme: its variables have their new values only then. */
export function onThemeChange(then: () => void): () => void {
  const observer = new MutationObserver(then)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  return () => observer.disconnect()
}

/** `variable` gives a CSS variable's value, '' when it is not set. */
export function paintTheme(dark: boolean, variable: (name: string) => string): PaintTheme {
  const frame = (name: string, fallback: string) => parseColour(variable(name)) ?? parseColour(fallback)!
  const background = frame('--canvas', dark ? '#14171c' : '#ffffff')
  const text = frame('--text', dark ? '#dfe3ea' : '#1c2128')
  return {
    dark,
    font: variable('--font-ui') || 'system-ui, sans-serif',
    background,
    raised: frame('--surface', dark ? '#1b1f26' : '#f4f5f7'),
    text,
    muted: frame('--muted', dark ? '#98a2b1' : '#586273'),
    hairline: frame('--hairline', dark ? '#262b34' : '#e4e7ec'),
    accent: frame('--accent', dark ? '#5aa9ff' : '#0b62c4'),
    preempted: frame('--error', dark ? '#ff8a80' : '#b3261e'),
    runnable: dark ? oklch(0.78, 0.15, 75) : oklch(0.7, 0.16, 65),
    blocked: mix(background, text, 0.45),
    torn: mix(background, text, 0.5),
    foot: mix(background, text, 0.25),
    crowd: mix(background, text, dark ? 0.34 : 0.3),
    tick: mix(background, text, 0.55),
    tickStrong: dark ? { r: 255, g: 255, b: 255 } : { r: 0, g: 0, b: 0 },
    match: frame('--caution', dark ? '#f0b95a' : '#8a5a00'),
    markerA: frame('--marker-a', dark ? '#6fd08c' : '#187a3c'),
    markerB: frame('--marker-b', dark ? '#f08ad0' : '#a8208a'),
  }
}
