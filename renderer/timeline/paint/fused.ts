// Rows of the fused views as pixels: who ran as a colour, what it was as a pattern. Patterns follow from pixel coordinates, so
// that neighbouring columns fit together, and stand still in time while panning.

import { FusedState, RunState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import { xOf, type Scale } from '../scale.js'
import { mix, pack, taskColour, unpack, type Emphasis, type Pixel, type Rgb } from './colour.js'
import type { RowTrack } from '../../state/rows.js'
import { firstSpanAfter, NARROW } from './columns.js'
import type { Highlight } from './palette.js'
import type { Raster } from './raster.js'
import type { PaintTheme } from './theme.js'
import { zigzagDown } from './zigzag.js'

/** How a state is drawn. `hatch` / `back`: diagonal lines, falling and rising; `cross`: both; `line`: a thin one. */
export type Look = 'nothing' | 'idle' | 'solid' | 'interrupt' | 'hatch' | 'back' | 'cross' | 'line'

const LOOKS: Readonly<Record<FusedState, Look>> = {
  [FusedState.Unknown]: 'nothing',
  [FusedState.HostIdle]: 'idle',
  [FusedState.HostTask]: 'solid',
  [FusedState.HostSyscall]: 'solid',
  [FusedState.HostIrq]: 'interrupt',
  [FusedState.HostSoftirq]: 'interrupt',
  [FusedState.Guest]: 'solid',
  [FusedState.GuestTask]: 'solid',
  [FusedState.GuestSyscall]: 'solid',
  [FusedState.GuestIdle]: 'idle',
  [FusedState.GuestIrq]: 'interrupt',
  [FusedState.GuestSoftirq]: 'interrupt',
  [FusedState.VmmKernel]: 'hatch',
  [FusedState.VmmUser]: 'back',
  [FusedState.Preempted]: 'cross',
  [FusedState.Blocked]: 'nothing',
  [FusedState.Ready]: 'line',
  [FusedState.TaskPreempted]: 'cross',
  [FusedState.TaskReady]: 'line',
  [FusedState.TaskBlocked]: 'nothing',
}
const looks: readonly Look[] = ['nothing', 'idle', 'solid', 'interrupt', 'hatch', 'back', 'cross', 'line']
const order = new Map(looks.map((l, i) => [l, i]))

export const lookOf = (state: number): Look => LOOKS[state as FusedState] ?? 'nothing'
/** Whether a span has a ground that a label can stand on. */
export const isFilled = (state: number): boolean => ['solid', 'interrupt'].includes(lookOf(state))
/** Whether a label fits over the pattern, on a ground of its own. */
export const isHatched = (state: number): boolean => ['hatch', 'back', 'cross'].includes(lookOf(state))

/** Height of the band in the colour of the machine that owns a span, CSS pixels. */
export const bandHeight = (rowHeight: number): number => (rowHeight < 20 ? 3 : 4)

/** Colour of one span of a fused row; what it stands for decides how it is put on. `machine` colours go by machine index. */
export function fusedColour(
  frame: LodFrame,
  span: number,
  theme: PaintTheme,
  machine: (m: MachineIndex) => Rgb,
  emphasis: Emphasis,
): Rgb {
  const label = frame.labels?.[frame.value[span]!]
  const look = lookOf(frame.state[span]!)
  const dim = (c: Rgb) => (emphasis === 'dimmed' ? mix(theme.background, c, 0.22) : c)
  if (look === 'cross') return dim(mix(theme.background, theme.preempted, 0.75))
  if (look === 'hatch' || look === 'back')
    return dim(label ? mix(theme.background, machine(label.machine), 0.9) : theme.crowd)
  if (look === 'interrupt') return dim(theme.crowd)
  if (look !== 'solid' || !label) return theme.crowd
  if (label.pid === null || label.pid <= 0) return dim(mix(theme.background, machine(label.machine), 0.55))
  const name = label.text.endsWith(`-${label.pid}`) ? label.text.slice(0, -`-${label.pid}`.length) : label.text
  return taskColour(name, theme.dark, emphasis, theme.background)
}

/** How strongly each span of a fused row stands out. */
export function standOut(frame: LodFrame, track: RowTrack, highlight: Highlight | null): (span: number) => Emphasis {
  if (!highlight) return () => 'muted'
  const other: Emphasis = highlight.alone ? 'dimmed' : 'muted'
  const { vcpu } = highlight
  // On the rows of what is chosen, who took its CPU away belongs to it as well.
  if (track.kind === 'vcpu' && highlight.pid === null) {
    const own = vcpu ? track.id === vcpu.id : track.machine === highlight.machine
    return () => (own ? 'muted' : other)
  }
  const onCpu = vcpu ? runsOf(frame, vcpu.threadTrack, track.fused?.cpu ?? -1) : null
  return (span) => {
    const label = frame.labels?.[frame.value[span]!]
    if (label?.machine !== highlight.machine) return other
    if (highlight.pid !== null) return label.pid === highlight.pid ? 'full' : other
    return !onCpu || onCpu((frame.t0[span]! + frame.t1[span]!) / 2) ? 'muted' : other
  }
}

/** Whether a thread runs on a CPU at a time; always, where the frame does not have its row. */
function runsOf(frame: LodFrame, thread: string, cpu: number): (t: number) => boolean {
  const row = frame.tracks.indexOf(thread)
  if (row < 0) return () => true
  const end = frame.spanStart[row + 1]!
  return (t) => {
    const i = firstSpanAfter(frame, frame.spanStart[row]!, end, t)
    return i < end && frame.t0[i]! <= t && frame.state[i] === RunState.Running && frame.value[i] === cpu
  }
}

/** One row's spans turned into columns of device pixels: the state that lasts longest in each, and how much of it was busy. */
export class FusedColumns {
  readonly look: Uint8Array
  readonly colour: Uint32Array
  readonly machine: Int16Array
  readonly fill: Float32Array
  readonly longest: Float32Array
  readonly known: Uint8Array

  constructor(readonly width: number) {
    this.look = new Uint8Array(width)
    this.colour = new Uint32Array(width)
    this.machine = new Int16Array(width)
    this.fill = new Float32Array(width)
    this.longest = new Float32Array(width)
    this.known = new Uint8Array(width)
  }

  clear(): void {
    this.look.fill(0)
    this.machine.fill(-1)
    this.fill.fill(0)
    this.longest.fill(0)
    this.known.fill(0)
  }
}

/** Fills `out` with row `row` of the frame. `scale` in device pixels, as wide as `out`. Returns whether anything is drawn. */
export function fusedColumns(
  frame: LodFrame,
  row: number,
  colours: Uint32Array,
  scale: Scale,
  out: FusedColumns,
): boolean {
  out.clear()
  const end = frame.spanStart[row + 1]!
  let any = false
  for (let i = firstSpanAfter(frame, frame.spanStart[row]!, end, scale.from); i < end; i++) {
    const t0 = frame.t0[i]!
    if (t0 >= scale.to) break
    const state = frame.state[i]!
    if (state === FusedState.Unknown) continue
    any = true
    const x0 = xOf(scale, t0)
    const x1 = xOf(scale, frame.t1[i]!)
    const mixed = (frame.flags[i]! & SpanFlag.Mixed) !== 0
    const look = order.get(lookOf(state))!
    const busy = mixed ? frame.busy[i]! / 255 : 1
    const machine = frame.labels?.[frame.value[i]!]?.machine ?? -1
    const wide = x1 - x0 >= NARROW && !mixed
    const first = Math.max(0, wide ? Math.round(x0) : Math.floor(x0))
    const stop = Math.min(out.width, wide ? Math.max(Math.round(x0) + 1, Math.round(x1)) : Math.ceil(x1))
    for (let c = first; c < stop; c++) {
      out.known[c] = 1
      const share = wide ? 2 : Math.min(x1, c + 1) - Math.max(x0, c)
      out.fill[c] = Math.min(1, out.fill[c]! + Math.min(share, 1) * busy)
      if (share <= out.longest[c]!) continue
      out.longest[c] = share
      out.look[c] = look
      out.colour[c] = colours[i]!
      out.machine[c] = machine
    }
  }
  return any
}

export interface FusedPaint {
  readonly scale: Scale
  readonly ratio: number
  readonly theme: PaintTheme
  readonly rowHeight: number
  readonly machine: (m: MachineIndex) => Rgb
}

/** Busy pixels of a share of nearly nothing stay this visible. */
const FILL_MIN = 0.12
/** Distance of the lines of a hatch, CSS pixels. */
const PITCH = 6

/** Paints the columns of one row between `top` and `bottom`, device pixels. */
export function paintFused(raster: Raster, c: FusedColumns, top: number, bottom: number, p: FusedPaint): void {
  const { theme, ratio, scale } = p
  const thin = Math.max(1, Math.round(ratio))
  const band = Math.round(bandHeight(p.rowHeight) * ratio)
  const pitch = Math.max(4, Math.round(PITCH * ratio))
  const line = Math.max(1, Math.round(1.5 * ratio))
  const phase = Math.round((scale.from * scale.width) / (scale.to - scale.from)) % pitch
  const foot = pack(theme.foot)
  const amber = pack(theme.runnable)
  const strong = pack(theme.tick)
  const bands = new Map<number, Pixel>()
  const bandOf = (m: number): Pixel => {
    let colour = bands.get(m)
    if (colour === undefined) bands.set(m, (colour = pack(p.machine(m as MachineIndex))))
    return colour
  }
  const soft = new Map<Pixel, Pixel>()
  const softOf = (colour: Pixel): Pixel => {
    let s = soft.get(colour)
    if (s === undefined) soft.set(colour, (s = pack(mix(theme.background, unpack(colour), 0.16))))
    return s
  }
  const middle = Math.round((top + band + bottom) / 2)
  const body = bottom - top - band
  for (let x = 0; x < c.width; x++) {
    if (c.known[x] === 0) continue
    const look = looks[c.look[x]!]!
    const machine = c.machine[x]!
    if (look !== 'nothing') raster.column(x, bottom - thin, bottom, foot)
    if (machine >= 0 && look !== 'nothing') raster.column(x, top, top + band, bandOf(machine))
    if (look === 'nothing' || look === 'idle') {
      // Idle lasted longest, and something ran besides.
      if (look === 'idle' && c.longest[x]! < 2 && c.fill[x]! > 0.02 && c.fill[x]! < 0.999)
        raster.column(x, bottom - Math.max(2, Math.round(body * c.fill[x]!)), bottom, pack(theme.crowd))
      continue
    }
    if (look === 'line') {
      raster.column(x, middle - thin, middle + thin, amber)
      continue
    }
    const share = c.fill[x]! >= 0.995 ? 1 : Math.max(FILL_MIN, c.fill[x]!)
    const from = look === 'solid' ? bottom - Math.max(2, Math.round(body * share)) : top + band
    const colour = c.colour[x]!
    if (look === 'solid') raster.column(x, from, bottom, colour)
    else if (look === 'interrupt') {
      raster.column(x, from, bottom, colour)
      raster.column(x, from, from + Math.max(2, Math.round(body / 3)), strong)
    } else {
      const under = softOf(colour)
      for (let y = from; y < bottom; y++) {
        const at = (((x + phase) % pitch) + pitch) % pitch
        const falls = (at + pitch - (y % pitch)) % pitch < line
        const rises = (at + (y % pitch)) % pitch < line
        const on = look === 'hatch' ? rises : look === 'back' ? falls : rises || falls
        raster.set(x, y, on ? colour : under)
      }
    }
  }
}

/** The red edges of preemptions, gaps between neighbours, and the torn edges of what is inferred. */
export function paintFusedEdges(
  raster: Raster,
  frame: LodFrame,
  row: number,
  top: number,
  bottom: number,
  p: FusedPaint & { readonly colours: Uint32Array },
): void {
  const { ratio, theme, scale } = p
  const red = pack(theme.preempted)
  const edge = Math.max(1, Math.round(1.5 * ratio))
  const least = 5 * ratio
  const end = frame.spanStart[row + 1]!
  const band = Math.round(bandHeight(p.rowHeight) * ratio)
  const ground = pack(theme.background)
  for (let i = firstSpanAfter(frame, frame.spanStart[row]!, end, scale.from); i < end; i++) {
    const x0 = Math.round(xOf(scale, frame.t0[i]!))
    if (x0 >= raster.width) break
    const x1 = Math.round(xOf(scale, frame.t1[i]!))
    if (x1 - x0 < least || frame.flags[i]! & SpanFlag.Mixed) continue
    const look = lookOf(frame.state[i]!)
    if (look === 'cross') {
      raster.fill(x0, top, x0 + edge, bottom, red)
      raster.fill(x1 - edge, top, x1, bottom, red)
      raster.fill(x0, bottom - edge, x1, bottom, red)
    } else if (look === 'solid') {
      const colour = pack(mix(unpack(p.colours[i]!), theme.background, 0.55))
      raster.fill(x1 - Math.max(1, Math.round(ratio)), top + band, x1, bottom, colour)
    }
    const flags = frame.flags[i]!
    if (look !== 'nothing' && flags & (SpanFlag.Inferred | SpanFlag.Lost) && x0 >= 0) {
      const under = look === 'solid' ? ground : null
      zigzagDown(raster, x0, top + band, bottom, Math.round(3 * ratio), pack(theme.torn), under)
    }
  }
}
