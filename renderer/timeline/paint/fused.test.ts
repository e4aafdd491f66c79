import { describe, expect, it } from 'vitest'
import { FusedState, RunState, SpanFlag, type FusedLabel, type LodFrame } from '../../../workers/thread/contract.js'
import { machineIndex, sessionTime } from '../../../workers/units.js'
import { rowTrack } from '../../state/fused-tree.js'
import type { RowTrack } from '../../state/rows.js'
import { contrast, pack, unpack } from './colour.js'
import { sched } from './drawn-frame.js'
import { dimmedSpans, standOut, takesPart, type Highlight } from './emphasis.js'
import { FusedColumns, fusedColumns, paintFused, paintFusedEdges } from './fused.js'
import { lookOf } from './looks.js'
import { spanColours, TaskNames } from './palette.js'
import { Raster } from './raster.js'
import { paintTheme } from './theme.js'

const host = machineIndex(0)
const guest = machineIndex(1)
const theme = paintTheme(true, () => '')
const orange = { r: 230, g: 159, b: 0 }
const slate = { r: 122, g: 134, b: 153 }
const machine = (m: number) => (m === guest ? orange : slate)
const labels: readonly FusedLabel[] = [
  { text: 'cc1-50', machine: guest, pid: 50, detail: null },
  { text: 'HLT', machine: guest, pid: null, detail: null },
  { text: 'cron-9', machine: host, pid: 9, detail: null },
]
const track = rowTrack({
  id: 'm0/cpu0',
  kind: 'pcpu',
  machine: host,
  label: 'CPU 0',
  cpu: 0,
  cpuTrack: 'm0/cpu0',
  vcpu: null,
})

/** One span of ten units each: state, index of its label, flags, and shares of 255. */
type Span = readonly [state: FusedState, label: number, flags?: number, busy?: number, taken?: number, waits?: number]
const IDLE_STATES = new Set<number>([
  FusedState.Unknown,
  FusedState.HostIdle,
  FusedState.GuestIdle,
  FusedState.Blocked,
  FusedState.TaskBlocked,
])
function frameOf(...spans: readonly Span[]): LodFrame {
  return {
    ...sched('A'.repeat(spans.length)),
    state: Uint8Array.from(spans, (s) => s[0]),
    value: Int32Array.from(spans, (s) => s[1]),
    flags: Uint8Array.from(spans, (s) => s[2] ?? 0),
    busy: Uint8Array.from(spans, (s) => s[3] ?? (IDLE_STATES.has(s[0]) ? 0 : 255)),
    taken: Uint8Array.from(spans, (s) => s[4] ?? (s[0] === FusedState.Preempted ? 255 : 0)),
    waits: Uint8Array.from(spans, (s) => s[5] ?? (s[0] === FusedState.Ready ? 255 : 0)),
    labels,
  }
}
const colours = (frame: LodFrame, highlight: Highlight | null = null) =>
  spanColours(frame, new Map([[track.id, track]]), new TaskNames([]), theme, highlight, machine)
const scaleOf = (frame: LodFrame, width: number) => ({ from: frame.from, to: frame.to, width })
const HEIGHT = 18
const BAND = 4
function painted(frame: LodFrame, width = frame.t0.length * 20, highlight: Highlight | null = null): Raster {
  const raster = new Raster(width, HEIGHT)
  raster.pixels.fill(pack(theme.background))
  const c = new FusedColumns(width)
  const ink = colours(frame, highlight)
  const dimmed = dimmedSpans(frame, new Map([[track.id, track]]), highlight)
  const how = { scale: scaleOf(frame, width), ratio: 1, theme, rowHeight: 22, machine, colours: ink, dimmed }
  if (fusedColumns(frame, 0, ink, how.scale, c, dimmed)) paintFused(raster, c, 0, HEIGHT, how)
  paintFusedEdges(raster, frame, 0, 0, HEIGHT, how)
  return raster
}
/** Colours in the body of one span, without band, foot and edges. */
const body = (r: Raster, x0: number): Set<number> => {
  const found = new Set<number>()
  for (let x = x0 + 3; x < x0 + 17; x++) for (let y = BAND + 1; y < HEIGHT - 3; y++) found.add(r.at(x, y))
  return found
}

describe('fused rows', () => {
  it('have a look for every state', () => {
    expect(Object.values(FusedState).map((s) => lookOf(s))).not.toContain(undefined)
    expect(lookOf(FusedState.Preempted)).toBe('cross')
    expect(lookOf(FusedState.VmmKernel)).not.toBe(lookOf(FusedState.VmmUser))
  })
  it('band spans in the colour of the machine that owns them', () => {
    const r = painted(frameOf([FusedState.GuestTask, 0], [FusedState.HostTask, 2], [FusedState.Blocked, -1]))
    expect([r.at(10, 0), r.at(30, 0), r.at(50, 0)]).toEqual([pack(orange), pack(slate), pack(theme.background)])
  })
  it('fill tasks, hatch the hypervisor and preemption, and leave idle and blocked empty', () => {
    const frame = frameOf(
      [FusedState.GuestTask, 0],
      [FusedState.VmmKernel, 1],
      [FusedState.Preempted, 2],
      [FusedState.GuestIdle, 0],
    )
    const r = painted(frame)
    expect(body(r, 0).size).toBe(1)
    expect(body(r, 20).size).toBe(2)
    expect(body(r, 40).size).toBe(2)
    expect(body(r, 40)).toContain(colours(frame)[2])
    expect(body(r, 60)).toEqual(new Set([pack(theme.background)]))
  })
  it('draw what may be guest or hypervisor unlike the guest alone', () => {
    const frame = frameOf([FusedState.GuestTask, 0], [FusedState.GuestTask, 0, SpanFlag.Unsplit])
    const r = painted(frame)
    expect(body(r, 0)).toEqual(new Set([colours(frame)[0]]))
    expect(body(r, 20)).toContain(colours(frame)[0])
    expect(body(r, 20).size).toBe(2)
  })
  it('dim bands, edges and fills of what is not chosen', () => {
    const frame = frameOf([FusedState.GuestTask, 0], [FusedState.HostTask, 2], [FusedState.Preempted, 2])
    const all = new Map([[track.id, track]])
    const chosen: Highlight = { machine: guest, pid: 50, alone: true }
    const dimmed = dimmedSpans(frame, all, chosen)
    expect([...dimmed!]).toEqual([0, 1, 1])
    const bright = painted(frame)
    const r = painted(frame, frame.t0.length * 20, chosen)
    expect(r.at(10, 0)).toBe(bright.at(10, 0))
    for (const [x, y] of [
      [30, 0],
      [30, 9],
      [40, 9],
    ] as const) {
      const from = contrast(unpack(bright.at(x, y)), theme.background)
      expect(contrast(unpack(r.at(x, y)), theme.background)).toBeLessThan(1 + (from - 1) / 2)
    }
    expect(dimmedSpans(frame, all, { ...chosen, alone: false })).toBeNull()
  })
  it('edge preemption in red', () => {
    const r = painted(frameOf([FusedState.GuestTask, 0], [FusedState.Preempted, 2]))
    expect([r.at(20, 9), r.at(39, 9), r.at(30, HEIGHT - 1)]).toEqual(Array<number>(3).fill(pack(theme.preempted)))
  })
  it('tear the edge of what is inferred', () => {
    const plain = painted(frameOf([FusedState.GuestTask, 0], [FusedState.GuestTask, 0]))
    const torn = painted(frameOf([FusedState.GuestTask, 0], [FusedState.GuestTask, 0, SpanFlag.Inferred]))
    const edge = (r: Raster) => Array.from({ length: HEIGHT - BAND }, (_, y) => r.at(20, y + BAND))
    expect(edge(plain)).not.toContain(pack(theme.torn))
    expect(edge(torn)).toContain(pack(theme.torn))
  })
  it('draw being ready as one thin line', () => {
    const r = painted(frameOf([FusedState.Ready, -1]))
    const column = Array.from({ length: HEIGHT }, (_, y) => r.at(10, y))
    expect(column.filter((c) => c === pack(theme.runnable))).toHaveLength(2)
  })
  it('leave what is not known empty', () => {
    expect(new Set(painted(frameOf([FusedState.Unknown, -1])).pixels)).toEqual(new Set([pack(theme.background)]))
  })
  it('show what was taken as its share of merged spans, never as the whole', () => {
    const tall = (r: Raster, ink: number) =>
      Array.from({ length: HEIGHT }, (_, y) => r.at(10, y)).filter((c) => c === ink)
    const full = HEIGHT - BAND
    const guestMost = frameOf([FusedState.GuestTask, 0, SpanFlag.Mixed, 255, 61, 0])
    expect(tall(painted(guestMost), colours(guestMost)[0]!)).toHaveLength(full - Math.round((full * 61) / 255))
    // Most of it was taken, and it is still but a share: the rest has nobody's colour.
    const takenMost = frameOf([FusedState.Preempted, 2, SpanFlag.Mixed, 255, 153, 0])
    expect(tall(painted(takenMost), pack(theme.crowd))).toHaveLength(full - Math.round((full * 153) / 255))
    // Unless another span of the same pixel tells who ran.
    const beside = painted(
      frameOf(
        [FusedState.Preempted, 2, SpanFlag.Mixed, 255, 255, 0],
        [FusedState.GuestTask, 0, SpanFlag.Mixed, 255, 200, 0],
      ),
      1,
    )
    const inOne = Array.from({ length: HEIGHT }, (_, y) => beside.at(0, y))
    expect(inOne).toContain(colours(guestMost)[0])
    expect(inOne).not.toContain(pack(theme.crowd))
    // A thousandth of a second is a line.
    const hardly = frameOf([FusedState.GuestTask, 0, SpanFlag.Mixed, 255, 1, 0])
    expect(tall(painted(hardly), colours(hardly)[0]!)).toHaveLength(full - 1)
    expect(painted(hardly).at(10, BAND)).toBe(pack(theme.preempted))
  })
  it('show a preemption within idleness no taller than it was', () => {
    const r = painted(frameOf([FusedState.Preempted, 2, SpanFlag.Mixed, 51, 51, 0]))
    expect(r.at(10, HEIGHT - 5)).toBe(pack(theme.background))
    expect(r.at(10, HEIGHT - Math.round((HEIGHT - BAND) / 5))).toBe(pack(theme.preempted))
  })
  it('let nothing idle hide what ran beside it', () => {
    const narrow = painted(frameOf([FusedState.GuestIdle, 0], [FusedState.GuestTask, 0, SpanFlag.Mixed, 30]), 1)
    expect(Array.from({ length: HEIGHT }, (_, y) => narrow.at(0, y))).toContain(
      colours(frameOf([FusedState.GuestTask, 0]))[0],
    )
  })
  it('are as full as merged spans were busy, in the state that they hold the most of', () => {
    const frame = frameOf([FusedState.GuestTask, 0, SpanFlag.Mixed, 128, 0])
    const r = painted(frame)
    const ink = colours(frame)[0]!
    const tall = Array.from({ length: HEIGHT }, (_, y) => r.at(10, y)).filter((c) => c === ink).length
    expect(tall).toBe(Math.round(((HEIGHT - BAND) * 128) / 255))
  })
  it('keep their pattern in place while panning', () => {
    const frame = frameOf([FusedState.Preempted, 2], [FusedState.Preempted, 2], [FusedState.Preempted, 2])
    const at = (from: number) => {
      const raster = new Raster(200, HEIGHT)
      const c = new FusedColumns(200)
      const scale = { from: sessionTime(from), to: sessionTime(from + 20), width: 200 }
      fusedColumns(frame, 0, colours(frame), scale, c)
      paintFused(raster, c, 0, HEIGHT, { scale, ratio: 1, theme, rowHeight: 22, machine })
      return raster
    }
    const [a, b] = [at(0), at(1)]
    for (let x = 10; x < 200; x++) expect(a.at(x, 9)).toBe(b.at(x - 10, 9))
  })
})

describe('standing out', () => {
  const frame = frameOf([FusedState.GuestTask, 0], [FusedState.HostTask, 2])
  it('is for one task, or for all of a machine', () => {
    const task = standOut(frame, track, { machine: guest, pid: 50, alone: true })
    expect([task(0), task(1)]).toEqual(['full', 'dimmed'])
    const vm = standOut(frame, track, { machine: guest, pid: null, alone: true })
    expect([vm(0), vm(1)]).toEqual(['muted', 'dimmed'])
  })
  it('of a vCPU is where its thread runs, on this CPU', () => {
    const vcpu = { id: 'm0/vcpu/70', cpu: 0, threadTrack: 'thread', host, tid: 70 }
    const two = frameOf([FusedState.GuestTask, 0], [FusedState.GuestTask, 0])
    const withThread: LodFrame = {
      ...two,
      tracks: [...two.tracks, 'thread'],
      spanStart: Uint32Array.of(0, 2, 4),
      t0: Float64Array.of(0, 10, 0, 10),
      t1: Float64Array.of(10, 20, 10, 20),
      value: Int32Array.of(0, 0, 0, 1),
      state: Uint8Array.of(FusedState.GuestTask, FusedState.GuestTask, RunState.Running, RunState.Running),
    }
    const out = standOut(withThread, track, { machine: guest, pid: null, alone: true, vcpu })
    expect([out(0), out(1)]).toEqual(['muted', 'dimmed'])
  })
  it('reaches the rows of both machines: threads of the host, CPUs and tasks of the guest', () => {
    const row = (kind: 'cpu' | 'task', machine: typeof host, at: { cpu?: number; pid?: number }): RowTrack => ({
      id: 'm0/cpu0',
      kind,
      parent: null,
      machine,
      label: '',
      events: 0,
      ...at,
    })
    const vcpu = { id: 'm0/vcpu/70', cpu: 1, threadTrack: 'thread', host, tid: 70 }
    const one: Highlight = { machine: guest, pid: null, alone: true, vcpu }
    const vm: Highlight = { machine: guest, pid: null, alone: true, threads: [vcpu] }
    const ran: LodFrame = { ...sched('AB'), value: Int32Array.of(70, 1) }
    const both = (t: RowTrack, h: Highlight) => [0, 1].map(standOut(ran, t, h))
    expect(both(row('cpu', host, { cpu: 0 }), one)).toEqual(['full', 'dimmed'])
    expect(both(row('cpu', host, { cpu: 0 }), vm)).toEqual(['muted', 'dimmed'])
    expect(both(row('task', host, { pid: 70 }), one)).toEqual(['full', 'full'])
    expect(both(row('task', host, { pid: 9 }), vm)).toEqual(['dimmed', 'dimmed'])
    // Which CPU of the guest a task ran on is the vCPU's number.
    expect(both(row('task', guest, { pid: 5 }), one)).toEqual(['dimmed', 'muted'])
    expect(takesPart(row('cpu', guest, { cpu: 0 }), one)).toBe(false)
    expect(takesPart(row('cpu', guest, { cpu: 1 }), one)).toBe(true)
    expect(takesPart(row('task', host, { pid: 9 }), vm)).toBe(false)
  })
})
