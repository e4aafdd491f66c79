import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { machineIndex, sessionTime } from '../../workers/units.js'
import { RequestError } from '../../workers/fault.js'
import type { SessionInfo, WakeupChain } from '../../workers/thread/contract.js'
import type { Row } from '../state/rows.js'
import { AXIS_HEIGHT } from '../timeline/geometry.js'
import { anchored, clockOfRow } from './anchors.js'
import { chainShapeOf, noteChain } from './chain-shape.js'
import { chainsOf } from './chains.js'
import { headersAbove } from './fold.js'
import {
  annotationKinds,
  annotationsJson,
  inks,
  readAnnotations,
  type Annotation,
  type Hook,
  type Place,
} from './model.js'
import * as notes from './notes.js'
import { readContent, SCHEMA } from '../store/session.js'
import { fontMetrics } from '../../main/export/fonts.js'
import { Recorder } from '../export/recorder.js'
import { paintTheme } from '../timeline/paint/theme.js'
import { drawAnnotations, numbersOf } from './draw.js'
import type { TextBox } from './paint.js'
import { bounded, STEPS, type Step } from './steps.js'
import { BRACKET_Y, frameOf, middle, partAt, shapeOf, type Shape, type ShapeView } from './shapes.js'

const place: fc.Arbitrary<Place> = fc
  .record({
    t: fc.bigInt({ min: 0n, max: 10n ** 18n }).map(String),
    row: fc.option(fc.constantFrom('m0/cpu0', 'm0/cpu1', 'm1/task/4711', 'gone')),
    raw: fc.option(fc.bigInt({ min: 0n, max: 10n ** 18n }).map(String), { nil: undefined }),
  })
  .map(({ raw, ...p }) => (raw === undefined ? p : { ...p, raw }))
const name = fc.string({ maxLength: 20, unit: 'grapheme' })
const hook: fc.Arbitrary<Hook> = fc.oneof(
  fc.record({ kind: fc.constant('chain' as const), id: fc.stringMatching(/^[0-9a-f]{16}$/), of: name }),
  fc.record({ kind: fc.constant('event' as const), event: name, machine: fc.nat(3), cpu: fc.nat(9), of: name }),
  fc.record({ kind: fc.constant('interval' as const), of: name }),
)
const bare: fc.Arbitrary<Annotation> = fc.record({
  id: fc.uuid(),
  kind: fc.constantFrom(...annotationKinds),
  text: fc.string({ maxLength: 60, unit: 'grapheme' }),
  ink: fc.constantFrom(...inks),
  from: place,
  to: fc.option(place),
  dx: fc.integer({ min: -500, max: 500 }),
  dy: fc.integer({ min: -500, max: 500 }),
  number: fc.option(fc.integer({ min: 1, max: 99 })),
})
const some = fc.tuple(bare, fc.option(hook)).map(([a, on]): Annotation => (on ? { ...a, on } : a))

const bareNote: Annotation = {
  id: 'a',
  kind: 'note',
  text: '',
  ink: 'blue',
  from: { t: '1', row: null },
  to: null,
  dx: 18,
  dy: 22,
  number: null,
}

describe('the file form', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.array(some), (all) => {
        expect(readAnnotations(annotationsJson(all))).toEqual(all)
      }),
    )
  })

  it('says what is wrong', () => {
    const of = (annotations: unknown, version: unknown = 1) =>
      JSON.stringify({ remora: 'annotations', version, annotations })
    expect(() => readAnnotations('{')).toThrow('no JSON')
    expect(() => readAnnotations('null')).toThrow('no notes of Remora')
    expect(() => readAnnotations(of([], 2))).toThrow('newer Remora (version 2')
    const [good] = fc.sample(some, { numRuns: 1, seed: 1 })
    expect(() => readAnnotations(of([good, { ...good, ink: 'pink' }]))).toThrow('annotations.1.ink')
    const chain = { kind: 'chain', id: '12', of: 'bash-1' }
    expect(() => readAnnotations(of([{ ...good, on: chain }]))).toThrow('annotations.0.on.id: 16 hex digits')
    expect(() => readAnnotations(of([{ ...good, from: { t: '1.5', row: null } }]))).toThrow('annotations.0.from.t')
  })
})

describe('places on the canvas', () => {
  const rows = ['m0/cpu0', 'm0/cpu1', 'm1/task/4711'].map((id, i): Row => {
    const seed = { id, kind: 'cpu' as const, track: null, machine: machineIndex(0), label: id, depth: 0 as const }
    return { ...seed, y: 22 * i, height: 22, pinned: false, expanded: null, children: 0 }
  })
  const view: ShapeView = {
    scale: { from: sessionTime(0), to: sessionTime(1000), width: 1000 },
    scroll: 0,
    height: 400,
    rowOf: (id) => rows.find((r) => r.id === id) ?? null,
    timeOf: (p) => Number(p.t),
  }
  const near: fc.Arbitrary<Annotation> = some.chain((a) =>
    fc.record({ from: fc.nat(1000), to: fc.nat(1000), r0: fc.nat(2), r1: fc.nat(2) }).map(({ from, to, r0, r1 }) => ({
      ...a,
      from: { t: String(from), row: a.kind === 'range' ? null : rows[r0]!.id },
      to: ['arrow', 'box', 'range'].includes(a.kind) ? { t: String(to), row: rows[r1]!.id } : null,
    })),
  )

  it('an end is found where it is drawn', () => {
    fc.assert(
      fc.property(near, (a) => {
        const s = shapeOf(a, view)!
        expect(s.x0).toBe(Number(a.from.t))
        if (a.kind === 'callout') expect(partAt(s, s.x0, middle(s.y0), null)).toBe('body')
        if (a.kind === 'note') expect(partAt(s, s.x0, middle(s.y0), null)).toBe('from')
        if (a.kind === 'arrow') expect(partAt(s, s.x1, middle(s.y1), null)).toBe('to')
        if (a.kind === 'range') expect(['from', 'to']).toContain(partAt(s, s.x1, BRACKET_Y, null))
        if (a.kind === 'highlight') expect(partAt(s, s.x0, middle(s.y0), null)).toBe(null)
      }),
    )
  })

  it('nothing is found far from it', () => {
    fc.assert(
      fc.property(near, (a) => {
        expect(partAt(shapeOf(a, view)!, 500, 5000, null)).toBe(null)
      }),
    )
  })

  it('corners of a box are its ends, and its inside is left to the rows', () => {
    const box = fc.sample(near, 300).filter((a) => a.kind === 'box')
    expect(box.length).toBeGreaterThan(0)
    for (const a of box) {
      const s = shapeOf(a, view) as Shape
      const { left, right, top, bottom } = frameOf(s)
      if (right - left < 20) continue
      expect(partAt(s, left, top, null)).toBe(s.x0 <= s.x1 ? 'from' : 'to')
      expect(partAt(s, (left + right) / 2, (top + bottom) / 2, null)).toBe(null)
    }
  })

  it('moves with the time and the rows, and is gone where its row is', () => {
    const a: Annotation = {
      ...fc.sample(some, 1)[0]!,
      kind: 'note',
      from: { t: '250', row: 'm0/cpu1' },
      to: null,
    }
    expect(shapeOf(a, view)).toMatchObject({ x0: 250, y0: [AXIS_HEIGHT + 22, AXIS_HEIGHT + 44] })
    const zoomed = { ...view, scroll: 10, scale: { ...view.scale, from: sessionTime(200), to: sessionTime(300) } }
    expect(shapeOf(a, zoomed)).toMatchObject({ x0: 500, y0: [AXIS_HEIGHT + 12, AXIS_HEIGHT + 34] })
    expect(shapeOf({ ...a, from: { t: '250', row: 'gone' } }, view)).toBe(null)
    expect(shapeOf({ ...a, from: { t: '90000', row: 'm0/cpu1' } }, view)).toBe(null)
  })

  it('keep their texts apart in pictures, as long as there is room', () => {
    const many = Array.from({ length: 12 }, (_, i): Annotation => ({
      ...bareNote,
      id: `n${i}`,
      kind: (['note', 'range', 'box', 'callout'] as const)[i % 4]!,
      text: `what was seen ${i}`,
      from: { t: String(400 + 3 * i), row: i % 4 === 1 ? null : 'm0/cpu1' },
      to: i % 4 === 1 || i % 4 === 2 ? { t: String(420 + 3 * i), row: i % 4 === 1 ? null : 'm0/cpu1' } : null,
      number: i % 4 === 3 ? i : null,
    }))
    const boxes: TextBox[] = []
    const all = {
      ...view,
      theme: paintTheme(false, () => ''),
      unit: 'ns' as const,
      chains: new Map(),
      apart: numbersOf(many, view),
    }
    drawAnnotations(new Recorder(fontMetrics(), 0, 0), 'written', many, all, null, (_, box) => boxes.push(box))
    expect(boxes).toHaveLength(9)
    const meet = (a: TextBox, b: TextBox) =>
      a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    expect(boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => meet(a, b)))).toEqual([])
    const loose = { ...all, apart: undefined }
    drawAnnotations(new Recorder(fontMetrics(), 0, 0), 'written', many, loose, null, (_, b) => boxes.push(b))
    expect(boxes.slice(9).some((a, i) => boxes.slice(10 + i).some((b) => meet(a, b)))).toBe(true)
  })

  it('stand on the header that their row is folded below', () => {
    expect(headersAbove('m1/task/4711')).toEqual(['m1/quieter', 'm1/tasks', 'm1'])
    expect(headersAbove('m1/cpu3')).toEqual(['m1'])
    expect(headersAbove('m0/pcpu3')).toEqual(['fused/pcpus'])
    expect(headersAbove('m2/vcpu/1')).toEqual(['fused/vm/2', 'fused/vm/of-2', 'fused/vms'])
    expect(headersAbove('m2/thread/77').slice(0, 3)).toEqual(['fused/vm/2/quieter', 'fused/vm/2/tasks', 'fused/vm/2'])
    expect(headersAbove('fused/vms')).toEqual([])
  })
})

describe('a highlighted chain', () => {
  const hop = (t: number, task: string, cpu = 0) => ({
    t: sessionTime(t),
    machine: machineIndex(0),
    cpuTrack: `m0/cpu${cpu}`,
    taskTrack: `m0/task/${task}`,
    layer: 'host task',
    actor: { pid: Number(task) },
    orderCertain: t !== 300,
  })
  const chain = {
    hops: [hop(100, '7'), hop(300, '8')],
    wakeups: [{ machine: machineIndex(0), wakee: { pid: 8 }, waking: { t: 100 }, running: { t: 300, cpu: 0 } }],
  } as unknown as WakeupChain
  const rowsOf = (ids: readonly string[]): ShapeView => ({
    scale: { from: sessionTime(0), to: sessionTime(1000), width: 1000 },
    scroll: 0,
    height: 400,
    rowOf: (id) => {
      const i = [id, ...headersAbove(id)].map((k) => ids.indexOf(k)).find((k) => k >= 0)
      return i === undefined ? null : ({ id: ids[i]!, y: 22 * i, height: 22 } as Row)
    },
    timeOf: (p) => Number(p.t),
  })
  const of = { ...fc.sample(some, 1)[0]!, kind: 'highlight' as const, to: null }
  const shape = (ids: readonly string[], view: Partial<ShapeView> = {}) =>
    chainShapeOf(of, noteChain(chain, []), { ...rowsOf(ids), ...view })

  it('goes from hop to hop over the rows of its tasks, and marks what of them belongs to it', () => {
    const s = shape(['m0/task/7', 'm0/task/8'])!
    expect(s.hops).toEqual([
      { x: 100, y: AXIS_HEIGHT + 11, certain: true },
      { x: 300, y: AXIS_HEIGHT + 33, certain: false },
    ])
    // The woken task waited from 100 to 300.
    expect(s.tints).toContainEqual({ left: 97, right: 303, top: AXIS_HEIGHT + 22, bottom: AXIS_HEIGHT + 43 })
  })

  it('takes the CPU’s row, or the header, where its tasks are folded away', () => {
    expect(shape(['m0/cpu0'])!.hops.map((h) => h.y)).toEqual([AXIS_HEIGHT + 11, AXIS_HEIGHT + 11])
    expect(shape(['m0/tasks'])!.hops.map((h) => h.y)).toEqual([AXIS_HEIGHT + 11, AXIS_HEIGHT + 11])
    expect(shape(['m1/cpu0'])).toBe(null)
  })

  it('is nothing where the view is elsewhere, and crosses a view between two hops', () => {
    const at = (from: number, to: number) => ({
      scale: { from: sessionTime(from), to: sessionTime(to), width: 1000 },
    })
    expect(shape(['m0/task/7', 'm0/task/8'], at(500, 900))).toBe(null)
    expect(shape(['m0/task/7', 'm0/task/8'], at(150, 200))!.hops.map((h) => h.x)).toEqual([-50, 1050])
  })

  it('is asked for once by its id, and is null where no wake-up has that', async () => {
    const on = (id: string): Annotation => ({ ...of, on: { kind: 'chain', id, of: 'x' } })
    const asked: unknown[] = []
    const api: Parameters<typeof chainsOf>[0] = {
      wakeupChain: (target) => {
        asked.push(target)
        if ('id' in target && target.id === '00') return Promise.resolve(chain)
        return Promise.reject(new RequestError('No wake-up has the id.'))
      },
    }
    const found = await chainsOf(api, [on('00'), on('01'), on('00'), { ...on('02'), kind: 'note' }])
    expect([...found]).toEqual([
      ['00', chain],
      ['01', null],
    ])
    expect(asked).toEqual([{ id: '00' }, { id: '01' }])
  })
})

describe('the way back', () => {
  beforeEach(() => notes.setAnnotations([]))
  const blank = { kind: 'callout' as const, text: '', from: { t: '1', row: null }, to: null, dx: 0, dy: 0 }

  /** What is put away of a session with these notes. */
  const stored = () => ({
    view: {
      range: { from: 0, to: 1 },
      markers: { a: null, b: null },
      pinned: [],
      hidden: [],
      toggled: [],
      filter: {},
      clocks: {},
      selected: null,
      notes: notes.annotations.peek(),
      history: {
        notes: notes.noteSteps.peek(),
        clocks: { past: [], future: [] },
        order: { done: ['notes'], undone: [] },
      },
    },
    views: [],
  })

  it('undoes everything to the beginning and redoes it to the end, whatever was done', () => {
    type Do = { readonly what: 'add' | 'text' | 'remove' | 'move'; readonly of: number; readonly text: string }
    const done = fc.record<Do>({
      what: fc.constantFrom('add', 'text', 'remove', 'move'),
      of: fc.nat(20),
      text: fc.string({ maxLength: 5 }),
    })
    fc.assert(
      fc.property(fc.array(done, { maxLength: 40 }), fc.boolean(), (all, reopened) => {
        notes.setAnnotations([])
        const states = [notes.annotations.peek()]
        let begun: string | null = null
        for (const { what, of, text } of all) {
          const now = notes.annotations.peek()
          const id = now[of % Math.max(1, now.length)]?.id
          if (what === 'add' || id === undefined) notes.add(blank)
          else if (what === 'text') notes.update(id, { text })
          else if (what === 'remove') notes.remove(id)
          else {
            const hold = notes.holding(id)
            hold.move({ dx: of })
            hold.move({ dx: of + 1 })
            hold.done()
          }
          if (notes.annotations.peek() === now) continue
          // The first text of a new one is part of the step that began it.
          const one = what === 'text' && id !== undefined && id === begun
          if (one) states.pop()
          begun = what === 'add' || id === undefined ? notes.annotations.peek().at(-1)!.id : null
          states.push(notes.annotations.peek())
        }
        if (reopened) {
          const { view } = readContent(structuredClone(stored()), SCHEMA)
          notes.setAnnotations(view!.notes!, view!.history!.notes)
        }
        for (const state of states.slice(0, -1).reverse()) {
          expect(notes.canUndo.peek()).toBe(true)
          notes.undo()
          expect(notes.annotations.peek()).toEqual(state)
        }
        expect(notes.canUndo.peek()).toBe(false)
        while (notes.canRedo.peek()) notes.redo()
        expect(notes.annotations.peek()).toEqual(states.at(-1))
      }),
      { numRuns: 60 },
    )
  })

  it('numbers callouts on, and a new step ends the way forward', () => {
    const [a, b] = [notes.add(blank), notes.add(blank)]
    expect(notes.find(b)?.number).toBe(2)
    notes.remove(a)
    expect(notes.find(notes.add(blank))?.number).toBe(3)
    notes.undo()
    notes.add({ ...blank, kind: 'note' })
    expect(notes.canRedo.peek()).toBe(false)
  })

  it('takes no step of its own for what only turned out to lie elsewhere', () => {
    notes.add(blank)
    const before = notes.annotations.peek()
    notes.settle(before, [{ ...before[0]!, from: { t: '2', row: null } }])
    expect(notes.annotations.peek()[0]!.from.t).toBe('2')
    notes.undo()
    expect(notes.annotations.peek()).toEqual([])
    expect(notes.canUndo.peek()).toBe(false)
  })

  it('makes again what it took back with the places as they had been found, and replaces notes where they stood', () => {
    const [a] = [notes.add(blank), notes.add(blank)]
    const before = notes.annotations.peek()
    const raw = { t: '1', row: null, raw: '7' }
    notes.settle(before, [{ ...before[0]!, from: raw }, before[1]!])
    notes.undo()
    notes.undo()
    notes.redo()
    expect(notes.find(a)!.from).toEqual(raw)
    notes.redo()
    const other = { ...notes.find(a)!, text: 'theirs' }
    notes.merge([{ ...other, id: 'new' }, other])
    expect(notes.annotations.peek().map((n) => [n.id === a, n.text])).toEqual([
      [true, 'theirs'],
      [false, ''],
      [false, 'theirs'],
    ])
    notes.undo()
    expect(notes.annotations.peek().map((n) => n.text)).toEqual(['', ''])
  })

  it('keeps the latest steps within bounds', () => {
    const whole = { ...fc.sample(some, 1)[0]!, text: 'x'.repeat(4000) }
    const came = (at: number): Step => [{ what: 'came', at, whole }]
    const many = Array.from({ length: 300 }, (_, i) => came(i))
    const kept = bounded(many)
    expect(kept.at(-1)).toBe(many.at(-1))
    expect(JSON.stringify(kept).length).toBeLessThan(1_000_000)
    expect(bounded(many.map((s) => s.map((c) => ({ ...c, whole: { ...whole, text: '' } }))))).toHaveLength(STEPS)
    expect(bounded([many.flat()])).toEqual([])
  })
})

describe('anchors', () => {
  const info = { version: 1, epoch: '1000', machines: [{}, {}] } as unknown as SessionInfo
  /** A guest whose clock is `off` behind the session's. */
  const api = (off: bigint): Parameters<typeof anchored>[0] => ({
    ownMoments: (moments) =>
      Promise.resolve(
        moments.map((m) =>
          m.raw === null
            ? { ...m, raw: String(BigInt(m.t) + 1000n - off) }
            : { ...m, raw: m.raw, t: sessionTime(Number(BigInt(m.raw) + off - 1000n)) },
        ),
      ),
  })
  const note = (row: string | null): Annotation => ({
    id: 'a',
    kind: 'note',
    text: 'x',
    ink: 'red',
    dx: 0,
    dy: 0,
    number: null,
    from: { t: '1500', row },
    to: null,
  })

  it('follow the clock of their row’s machine when that is chosen anew', async () => {
    const first = await anchored(api(300n), info, [note('m1/cpu0'), note(null)])
    expect(first[0]!.from).toEqual({ t: '1500', row: 'm1/cpu0', raw: '1200' })
    expect(first[1]!.from).toEqual({ t: '1500', row: null })
    const moved = await anchored(api(350n), { ...info, version: 2 }, first)
    expect(moved[0]!.from).toEqual({ t: '1550', row: 'm1/cpu0', raw: '1200' })
    expect(await anchored(api(300n), { ...info, version: 3 }, moved)).toEqual(first)
  })

  it('are known by the id of the row', () => {
    expect(clockOfRow('m1/cpu3')).toEqual({ machine: 1, cpu: 3 })
    expect(clockOfRow('m2/task/4711')).toEqual({ machine: 2, cpu: null })
    expect(clockOfRow('m0/pcpu3')).toBe(null)
    expect(clockOfRow('m1/vcpu/0')).toBe(null)
    expect(clockOfRow('fused/vms')).toBe(null)
  })
})
