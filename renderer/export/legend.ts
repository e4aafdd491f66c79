// What a picture's colours and patterns mean: only what it shows.

import { FusedState, RunState, SpanFlag, type LodFrame, type MachineInfo } from '../../workers/thread/contract.js'
import type { PictureMark } from '../../workers/thread/picture.js'
import type { Row } from '../state/rows.js'
import { css, mix, pack, type Rgb } from '../timeline/paint/colour.js'
import { FusedColumns, paintFused } from '../timeline/paint/fused.js'
import { looks, lookOf, type Look } from '../timeline/paint/looks.js'
import { Raster } from '../timeline/paint/raster.js'
import { machineColour, type PaintTheme } from '../timeline/paint/theme.js'
import { sessionTime } from '../../workers/units.js'
import { meshOf } from './mesh.js'
import { parsePaint } from './recorder.js'

export interface LegendItem {
  readonly words: string
  /** A machine's band, a pattern of the fused rows, or a state of a task's row. */
  readonly look:
    | { readonly kind: 'machine'; readonly colour: Rgb }
    | { readonly kind: 'fused'; readonly look: Look }
    | { readonly kind: 'runnable' | 'blocked' | 'torn' }
}

const fusedWords: readonly (readonly [Look, string])[] = [
  ['unsplit', 'guest or hypervisor'],
  ['hatch', 'hypervisor, kernel'],
  ['back', 'hypervisor, user space'],
  ['cross', 'preempted'],
  ['line', 'ready, waits for a CPU'],
  ['interrupt', 'interrupt, softirq'],
]

/** The items that the rows of a frame need. */
export function legendItems(
  rows: readonly Row[],
  frame: LodFrame,
  machines: readonly MachineInfo[],
): readonly LegendItem[] {
  const found = new Set<Look>()
  let runnable = false
  let blocked = false
  let torn = false
  for (const { track } of rows) {
    const index = track ? frame.tracks.indexOf(track.id) : -1
    if (index < 0) continue
    for (let i = frame.spanStart[index]!; i < frame.spanStart[index + 1]!; i++) {
      const state = frame.state[i]!
      torn ||= (frame.flags[i]! & (SpanFlag.Inferred | SpanFlag.Lost)) !== 0
      if (track!.fused) found.add(state === FusedState.Unknown ? 'nothing' : lookOf(state, frame.flags[i]!))
      else if (state === RunState.Runnable) runnable = true
      else if (state === RunState.DiskSleep) blocked = true
    }
  }
  const shown = new Set(rows.map((r) => r.machine))
  return [
    ...machines
      .filter((m) => shown.has(m.machine))
      .map((m): LegendItem => ({
        words: m.name,
        look: { kind: 'machine', colour: machineColour(machines, m.machine) },
      })),
    ...fusedWords
      .filter(([look]) => found.has(look))
      .map(([look, words]): LegendItem => ({ words, look: { kind: 'fused', look } })),
    ...(runnable ? [{ words: 'runnable', look: { kind: 'runnable' } } as const] : []),
    ...(blocked ? [{ words: 'uninterruptible sleep', look: { kind: 'blocked' } } as const] : []),
    ...(torn ? [{ words: 'inferred, or events lost', look: { kind: 'torn' } } as const] : []),
  ]
}

const WIDTH = 16
const HEIGHT = 12

export function paintSwatch({ look }: LegendItem, x: number, y: number, theme: PaintTheme): PictureMark[] {
  const rect = (fill: Rgb, top: number, height: number): PictureMark => ({
    kind: 'rect',
    x,
    y: y + top,
    width: WIDTH,
    height,
    fill: parsePaint(css(fill)).colour,
  })
  if (look.kind === 'machine') return [rect(look.colour, 2, 8)]
  if (look.kind === 'runnable') return [rect(theme.runnable, 5, 2)]
  if (look.kind === 'fused') return fusedSwatch(look.look, x, y, theme)
  const steps = Array.from({ length: 9 }, (_, i) => [i === 0 ? 'M' : 'L', x + 2 * i, y + 6 + (i % 2 ? 2 : -2)] as const)
  if (look.kind === 'torn') {
    return [{ kind: 'path', steps, stroke: parsePaint(css(theme.torn)).colour, strokeWidth: 1.2 }]
  }
  return [
    {
      kind: 'path',
      steps: [
        ['M', x, y + 6],
        ['L', x + WIDTH, y + 6],
      ],
      stroke: parsePaint(css(theme.blocked)).colour,
      strokeWidth: 1,
      dash: [2, 2],
    },
  ]
}

/** A piece of the pattern itself, by its own painter. */
function fusedSwatch(look: Look, x: number, y: number, theme: PaintTheme): PictureMark[] {
  const ratio = 2
  const raster = new Raster(WIDTH * ratio, HEIGHT * ratio)
  raster.pixels.fill(pack(theme.background))
  const columns = new FusedColumns(raster.width)
  columns.clear()
  columns.look.fill(looks.indexOf(look))
  columns.known.fill(1)
  columns.fill.fill(1)
  columns.longest.fill(2)
  const ink = look === 'cross' ? mix(theme.background, theme.preempted, 0.75) : theme.crowd
  columns.colour.fill(pack(ink))
  const scale = { from: sessionTime(0), to: sessionTime(raster.width), width: raster.width }
  paintFused(raster, columns, 0, raster.height, { scale, ratio, theme, rowHeight: 16, machine: () => theme.crowd })
  return meshOf(raster, 0, raster.height, pack(theme.background), { ratio, x, y })
}
