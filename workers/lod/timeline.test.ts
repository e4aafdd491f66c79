import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draw, drawnSession, pidOf, type DrawnEvent, type DrawnStream } from '../../test/fixtures/draw.js'
import { RequestError } from '../fault.js'
import { RunState, SpanFlag } from '../thread/contract.js'
import { sessionTime } from '../units.js'
import { columnsFor } from './frame.js'
import { share } from './pyramid.js'

const event = fc.record<DrawnEvent>(
  {
    t: fc.oneof(fc.nat(3), fc.nat(60)),
    pid: fc.integer({ min: 65, max: 68 }),
    next: fc.option(fc.constantFrom(0, 65, 66), { nil: undefined }),
  },
  { requiredKeys: ['t', 'pid'] },
)
const streams = fc.array(
  fc.record<DrawnStream>({
    cpu: fc.nat(2),
    machine: fc.nat(1),
    buffer: fc.constantFrom('', 'more'),
    events: fc.array(event, { minLength: 1, maxLength: 25 }).map((list) => {
      let t = 0
      return list.map((e): DrawnEvent => ({ ...e, t: (t += e.t) }))
    }),
  }),
  { minLength: 1, maxLength: 6 },
)
/** Rows of a session, an odd one out among them. */
const anyTrack = fc.constantFrom('m0', 'm0/cpu0', 'm0/cpu1', 'm0/task/65', 'm0/task/66', 'm0/task/99')

type Drawn = ReturnType<typeof drawnSession>

/** Every event of the session in merged order. */
function eventsOf({ session }: Drawn) {
  return Array.from({ length: session.table.count }, (_, position) => {
    const { stream, row } = session.table.address(position as never)
    return {
      position,
      t: stream.t[row]!,
      pid: stream.pid[row]!,
      cpu: stream.cpu,
      machine: stream.machine as number,
      type: stream.types[stream.type[row]!]!,
    }
  })
}

function onTrack(track: string): (e: { pid: number; cpu: number; machine: number }) => boolean {
  const [, cpu, pid] = /^m0(?:\/cpu(\d+)|\/task\/(\d+))?$/.exec(track)!
  return (e) =>
    e.machine === 0 && (cpu === undefined || e.cpu === Number(cpu)) && (pid === undefined || e.pid === Number(pid))
}

/** With a view 7 of every other event. */
function withView(
  drawn: readonly DrawnStream[],
): Drawn & { inView(view: number): (e: { position: number }) => boolean } {
  const { session } = drawnSession(drawn)
  const half = Uint32Array.from({ length: Math.ceil(session.table.count / 2) }, (_, i) => i * 2)
  return { ...drawnSession(drawn, { 7: half }), inView: (view) => (e) => view === 0 || e.position % 2 === 0 }
}

const view = fc.constantFrom(0, 7)

describe('ticks of a frame', () => {
  it('are the events of the row, counted by pixel where they are denser than pixels', () => {
    fc.assert(
      fc.property(
        streams,
        anyTrack,
        view,
        fc.nat(300),
        fc.constantFrom(0.5, 4, 32),
        fc.integer({ min: 1, max: 40 }),
        (drawn, track, v, from, width, pixels) => {
          const s = withView(drawn)
          const to = from + width * pixels
          const columns = columnsFor(from, to, pixels)
          const frame = s.timeline.frame({
            tracks: [track],
            from: sessionTime(from),
            to: sessionTime(to),
            pixels,
            view: v,
          })
          const here = eventsOf(s)
            .filter(onTrack(track))
            .filter(s.inView(v))
            .filter((e) => e.t >= columns.from && e.t <= columns.to)
          const ticks = Array.from(frame.tickT, (t, i) => [t, frame.tickCount[i]!])
          if (here.length <= columns.count) {
            expect(ticks).toEqual(here.map((e) => [e.t, 1]))
            return
          }
          const byPixel = new Map<number, number[]>()
          for (const e of here) {
            const pixel = Math.min(columns.count - 1, Math.floor((e.t - columns.from) / width))
            byPixel.set(pixel, [...(byPixel.get(pixel) ?? []), e.t])
          }
          expect(ticks).toEqual([...byPixel.values()].map((times) => [times[0]!, times.length]))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('carry the type of their first event', () => {
    const { timeline, session } = drawnSession(draw('cpu0: A B'))
    const frame = timeline.frame({
      tracks: ['m0/cpu0'],
      from: session.from as never,
      to: session.to as never,
      pixels: 9,
    })
    expect(Array.from(frame.tickType, (type) => session.eventTypes[type]!.name)).toEqual([
      'work',
      'sched_switch',
      'work',
    ])
  })

  it('keep rows apart', () => {
    const { timeline } = drawnSession(draw('cpu0: A A\ncpu1: - -'))
    const tracks = ['m0/cpu1', 'm0/task/65', 'm0']
    const frame = timeline.frame({ tracks, from: sessionTime(0), to: sessionTime(200), pixels: 100 })
    expect(frame.tracks).toEqual(tracks)
    expect([...frame.tickStart]).toEqual([0, 2, 4, 8])
    expect([...frame.spanStart]).toEqual([0, 1, 2, 2])
    expect([...frame.state]).toEqual([RunState.Idle, RunState.Running])
  })

  it('refuse what cannot be drawn', () => {
    const { timeline } = drawnSession(draw('cpu0: A A'))
    const query = { tracks: ['m0'], from: sessionTime(0), to: sessionTime(10), pixels: 10 }
    for (const bad of [
      { to: sessionTime(0) },
      { pixels: 0 },
      { pixels: 1.5 },
      { tracks: ['x'] },
      { tracks: ['m4/cpu0'] },
    ]) {
      expect(() => timeline.frame({ ...query, ...bad })).toThrow(RequestError)
    }
  })
})

describe('events of a row', () => {
  it('are stepped through in merged order, both ways', () => {
    fc.assert(
      fc.property(streams, anyTrack, view, fc.nat(1000), fc.boolean(), (drawn, track, v, at, byTime) => {
        const s = withView(drawn)
        const all = eventsOf(s)
        const from = all[at % all.length]!
        const row = all.filter(onTrack(track)).filter(s.inView(v))
        const start = byTime ? { position: null, t: from.t } : { position: from.position, t: -1 }
        const after = row.find((e) => (byTime ? e.t > from.t : e.position > from.position))
        const before = row.findLast((e) => (byTime ? e.t < from.t : e.position < from.position))
        expect(s.timeline.step(track, start, 1, v)).toBe(after?.position ?? null)
        expect(s.timeline.step(track, start, -1, v)).toBe(before?.position ?? null)
      }),
      { numRuns: 300 },
    )
  })

  it('are found under the pointer', () => {
    fc.assert(
      fc.property(streams, anyTrack, view, fc.nat(400), fc.nat(40), (drawn, track, v, t, tolerance) => {
        const s = withView(drawn)
        const row = eventsOf(s).filter(onTrack(track)).filter(s.inView(v))
        const least = Math.min(...row.map((e) => Math.abs(e.t - t)))
        const found = s.timeline.nearestEvent(track, t, tolerance, v)
        if (least > tolerance) expect(found).toBeNull()
        else expect(Math.abs(s.session.table.time(found!) - t)).toBe(least)
        if (found !== null) expect(row.some((e) => e.position === found)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('spans of a row', () => {
  const drawn = drawnSession(draw('cpu0: A A - ~B A!\ncpu1: - - - - -'))
  const at = (track: string, t: number) => drawn.timeline.spanAt(track, sessionTime(t))

  it('are told with their task', () => {
    expect(at('m0/cpu0', 60)).toEqual({
      from: 50,
      to: 200,
      state: RunState.Running,
      value: pidOf('A'),
      task: 'A-65',
      flags: SpanFlag.Inferred,
    })
    expect(at('m0/cpu0', 200)).toMatchObject({ from: 200, to: 350, state: RunState.Idle, task: '<idle>', flags: 0 })
    expect(at('m0/task/65', 300)).toMatchObject({ from: 200, to: 400, state: RunState.Sleeping, task: 'A-65' })
    expect(at('m0/task/65', 420)).toMatchObject({ state: RunState.Running, value: 0 })
    expect([at('m0', 60), at('m0/cpu0', 9000), at('m0/cpu7', 60), at('m0/task/1', 60)]).toEqual([
      null,
      null,
      null,
      null,
    ])
  })

  it('give the nearest boundary or event to snap to', () => {
    const snap = (t: number, tolerance: number) => drawn.timeline.snap('m0/cpu0', t, tolerance)
    expect([snap(190, 20), snap(161, 20), snap(120, 20), snap(0, 50), snap(0, 49)]).toEqual([200, 150, null, 50, null])
    const { from, to } = drawn.session
    for (let t = from; t <= to; t++) {
      const boundaries = Array.from(drawn.runs.intervals.t.subarray(0, drawn.runs.intervals.first[1]))
      const events = eventsOf(drawn)
        .filter(onTrack('m0/cpu0'))
        .map((e) => e.t)
      const least = Math.min(...[...boundaries, ...events].map((x) => Math.abs(x - t)))
      expect(Math.abs(snap(t, 1000)! - t)).toBe(least)
    }
  })
})

describe('overview', () => {
  it('counts every event once and tells the share of time that was not idle', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 30 }), (drawn, n) => {
        const s = drawnSession(drawn)
        const { density, busy, from, to } = s.timeline.overview(n)
        const width = (to - from) / n
        const machines = s.session.machines.length
        const counted = new Uint32Array(machines * n)
        for (const e of eventsOf(s)) {
          let column = Math.min(n - 1, Math.floor((e.t - from) / width))
          while (column < n - 1 && e.t >= from + (column + 1) * width) column++
          while (column > 0 && e.t < from + column * width) column--
          counted[e.machine * n + column]!++
        }
        expect([...density]).toEqual([...counted])
        const { first, t, state } = s.runs.intervals
        const ran = new Float64Array(machines * n)
        s.runs.cpus.forEach((cpu, row) => {
          for (let i = first[row]!; i < first[row + 1]! - 1; i++) {
            if (state[i] !== RunState.Running) continue
            for (let c = 0; c < n; c++) {
              const end = c === n - 1 ? to : from + (c + 1) * width
              ran[cpu.machine * n + c]! += Math.max(0, Math.min(end, t[i + 1]!) - Math.max(from + c * width, t[i]!))
            }
          }
        })
        ran.forEach((time, i) => {
          const cpus = s.runs.cpus.filter((c) => c.machine === Math.floor(i / n)).length
          // Sums in another order may differ by less than one step.
          expect(Math.abs(busy[i]! - share(time, width * cpus, time > 1e-9))).toBeLessThanOrEqual(1)
        })
      }),
      { numRuns: 200 },
    )
  })
})
