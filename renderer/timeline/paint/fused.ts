// Rows of the fused views as pixels. Patterns follow from pixel coordinates, so that neighbouring columns fit together, and
// stand still in time while panning.

import { FusedState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import { xOf, type Scale } from '../scale.js'
import { mix, pack, unpack, type Pixel, type Rgb } from './colour.js'
import { firstSpanAfter, NARROW } from './columns.js'
import { bandHeight, crossInk, DIMMED, lookCode, lookOf, looks } from './looks.js'
import type { Hatch, Raster } from './raster.js'
import type { PaintTheme } from './theme.js'
import { zigzagDown } from './zigzag.js'

/** One row's spans turned into columns of device pixels: the state that lasts longest in each, and how much of it was busy. */
export class FusedColumns {
  /** Places in `looks`. */
  readonly look: Uint8Array
  readonly colour: Uint32Array
  readonly machine: Int16Array
  readonly fill: Float32Array
  readonly longest: Float32Array
  readonly known: Uint8Array
  /** 1 where something else was chosen. */
  readonly dim: Uint8Array

  constructor(readonly width: number) {
    this.look = new Uint8Array(width)
    this.colour = new Uint32Array(width)
    this.machine = new Int16Array(width)
    this.fill = new Float32Array(width)
    this.longest = new Float32Array(width)
    this.known = new Uint8Array(width)
    this.dim = new Uint8Array(width)
  }

  clear(): void {
    this.look.fill(0)
    this.dim.fill(0)
    this.machine.fill(-1)
    this.fill.fill(0)
    this.longest.fill(0)
    this.known.fill(0)
  }
}

const NOTHING = looks.indexOf('nothing')
const IDLE = looks.indexOf('idle')

const machinesByFrame = new WeakMap<LodFrame, Int16Array>()
/** The machine of each label of a frame. */
function machinesOf(frame: LodFrame): Int16Array {
  let machines = machinesByFrame.get(frame)
  if (!machines) machinesByFrame.set(frame, (machines = Int16Array.from(frame.labels ?? [], (l) => l.machine)))
  return machines
}

/** Fills `out` with row `row` of the frame. `scale` in device pixels, as wide as `out`. Returns whether anything is drawn. */
export function fusedColumns(
  frame: LodFrame,
  row: number,
  colours: Uint32Array,
  scale: Scale,
  out: FusedColumns,
  dimmed: Uint8Array | null = null,
): boolean {
  out.clear()
  const end = frame.spanStart[row + 1]!
  const machines = machinesOf(frame)
  const perUnit = scale.width / (scale.to - scale.from)
  const { look, colour, machine, fill, longest, known, dim, width } = out
  let any = false
  for (let i = firstSpanAfter(frame, frame.spanStart[row]!, end, scale.from); i < end; i++) {
    const t0 = frame.t0[i]!
    if (t0 >= scale.to) break
    const state = frame.state[i]!
    if (state === FusedState.Unknown) continue
    any = true
    const x0 = (t0 - scale.from) * perUnit
    const x1 = (frame.t1[i]! - scale.from) * perUnit
    const flags = frame.flags[i]!
    const mixed = (flags & SpanFlag.Mixed) !== 0
    const busy = mixed ? frame.busy[i]! / 255 : 1
    const wide = x1 - x0 >= NARROW && !mixed
    const first = Math.max(0, wide ? Math.round(x0) : Math.floor(x0))
    const stop = Math.min(width, wide ? Math.max(Math.round(x0) + 1, Math.round(x1)) : Math.ceil(x1))
    for (let c = first; c < stop; c++) {
      known[c] = 1
      const share = wide ? 2 : Math.min(x1, c + 1) - Math.max(x0, c)
      fill[c] = Math.min(1, fill[c]! + Math.min(share, 1) * busy)
      if (share <= longest[c]!) continue
      longest[c] = share
      look[c] = lookCode(state, flags)
      colour[c] = colours[i]!
      machine[c] = machines[frame.value[i]!] ?? -1
      dim[c] = dimmed?.[i] ?? 0
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
/** Distance of the lines of a hatch, CSS pixels; those over what is guest or hypervisor are wider apart. */
const PITCH = 6
const PITCH_UNSPLIT = 12

/** A function of whole numbers that remembers: colours are few, columns many. */
function kept(make: (key: number) => Pixel): (key: number) => Pixel {
  const known = new Map<number, Pixel>()
  return (key) => {
    let pixel = known.get(key)
    if (pixel === undefined) known.set(key, (pixel = make(key)))
    return pixel
  }
}

/** Paints the columns of one row between `top` and `bottom`, device pixels. */
export function paintFused(raster: Raster, c: FusedColumns, top: number, bottom: number, p: FusedPaint): void {
  const { theme, ratio, scale } = p
  const thin = Math.max(1, Math.round(ratio))
  const band = Math.round(bandHeight(p.rowHeight) * ratio)
  const line = Math.max(1, Math.round(1.5 * ratio))
  const shift = Math.round((scale.from * scale.width) / (scale.to - scale.from))
  const hatchOf = (pitch: number, width: number): Hatch => {
    const whole = Math.max(4, Math.round(pitch * ratio))
    return { pitch: whole, line: width, phase: ((shift % whole) + whole) % whole }
  }
  const hatch = hatchOf(PITCH, line)
  const sparse = hatchOf(PITCH_UNSPLIT, thin)
  const faint = (ink: Rgb) => pack(mix(theme.background, ink, DIMMED))
  const ink = (of: Rgb): readonly [bright: Pixel, dim: Pixel] => [pack(of), faint(of)]
  const foot = pack(theme.foot)
  const amber = ink(theme.runnable)
  const strong = ink(theme.tick)
  const crowd = ink(theme.crowd)
  const bandOf = kept((key) => (key & 1 ? faint : pack)(p.machine((key >> 1) as MachineIndex)))
  const softOf = kept((colour) => pack(mix(theme.background, unpack(colour), 0.16)))
  const lineOf = kept((colour) => pack(mix(unpack(colour), theme.background, 0.6)))
  const middle = Math.round((top + band + bottom) / 2)
  const body = bottom - top - band
  const { known, look, colour, machine, fill, longest, dim, width } = c
  for (let x = 0, end = 0; x < width; x = end) {
    // Columns that look alike are painted in one piece.
    end = x + 1
    while (
      end < width &&
      known[end] === known[x] &&
      look[end] === look[x] &&
      colour[end] === colour[x] &&
      machine[end] === machine[x] &&
      fill[end] === fill[x] &&
      longest[end] === longest[x] &&
      dim[end] === dim[x]
    )
      end++
    if (known[x] === 0 || look[x] === NOTHING) continue
    const faded = dim[x] === 1 ? 1 : 0
    raster.fill(x, bottom - thin, end, bottom, foot)
    if (machine[x]! >= 0) raster.fill(x, top, end, top + band, bandOf(machine[x]! * 2 + faded))
    if (look[x] === IDLE) {
      // Idle lasted longest, and something ran besides.
      if (longest[x]! < 2 && fill[x]! > 0.02 && fill[x]! < 0.999)
        raster.fill(x, bottom - Math.max(2, Math.round(body * fill[x]!)), end, bottom, crowd[faded])
      continue
    }
    const how = looks[look[x]!]!
    if (how === 'line') {
      raster.fill(x, middle - thin, end, middle + thin, amber[faded])
      continue
    }
    const share = fill[x]! >= 0.995 ? 1 : Math.max(FILL_MIN, fill[x]!)
    const from = how === 'solid' || how === 'unsplit' ? bottom - Math.max(2, Math.round(body * share)) : top + band
    if (how === 'solid') raster.fill(x, from, end, bottom, colour[x]!)
    else if (how === 'unsplit') {
      raster.fill(x, from, end, bottom, colour[x]!)
      raster.hatch(x, from, end, bottom, lineOf(colour[x]!), sparse, 'rises')
    } else if (how === 'interrupt') {
      raster.fill(x, from, end, bottom, colour[x]!)
      raster.fill(x, from, end, from + Math.max(2, Math.round(body / 3)), strong[faded])
    } else {
      raster.fill(x, from, end, bottom, softOf(colour[x]!))
      if (how !== 'back') raster.hatch(x, from, end, bottom, colour[x]!, hatch, 'rises')
      if (how !== 'hatch') raster.hatch(x, from, end, bottom, colour[x]!, hatch, 'falls')
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
  p: FusedPaint & { readonly colours: Uint32Array; readonly dimmed?: Uint8Array | null },
): void {
  const { ratio, theme, scale } = p
  const edge = Math.max(1, Math.round(1.5 * ratio))
  const shortest = (5 * ratio * (scale.to - scale.from)) / scale.width
  const end = frame.spanStart[row + 1]!
  const band = Math.round(bandHeight(p.rowHeight) * ratio)
  const ground = pack(theme.background)
  for (let i = firstSpanAfter(frame, frame.spanStart[row]!, end, scale.from); i < end; i++) {
    const t0 = frame.t0[i]!
    if (t0 >= scale.to) break
    if (frame.t1[i]! - t0 < shortest || frame.flags[i]! & SpanFlag.Mixed) continue
    const x0 = Math.round(xOf(scale, t0))
    const x1 = Math.round(xOf(scale, frame.t1[i]!))
    const look = lookOf(frame.state[i]!, frame.flags[i]!)
    if (look === 'cross') {
      const bright = crossInk(frame.state[i]!, theme)
      const ink = pack(p.dimmed?.[i] ? mix(theme.background, bright, DIMMED) : bright)
      raster.fill(x0, top, x0 + edge, bottom, ink)
      raster.fill(x1 - edge, top, x1, bottom, ink)
      raster.fill(x0, bottom - edge, x1, bottom, ink)
    } else if (look === 'solid' || look === 'unsplit') {
      const colour = pack(mix(unpack(p.colours[i]!), theme.background, 0.55))
      raster.fill(x1 - Math.max(1, Math.round(ratio)), top + band, x1, bottom, colour)
    }
    const flags = frame.flags[i]!
    if (look !== 'nothing' && flags & (SpanFlag.Inferred | SpanFlag.Lost) && x0 >= 0) {
      const under = look === 'solid' || look === 'unsplit' ? ground : null
      zigzagDown(raster, x0, top + band, bottom, Math.round(3 * ratio), pack(theme.torn), under)
    }
  }
}
