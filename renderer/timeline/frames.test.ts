import { beforeEach, describe, expect, it } from 'vitest'
import type { LodFrame, LodQuery, SessionInfo } from '../../workers/thread/contract.js'
import { sessionTime } from '../../workers/units.js'
import { fitOf, FrameSource, type FrameWish } from './frames.js'
import { bufferedWindow } from './scale.js'

const session = { from: sessionTime(0), to: sessionTime(1e9) } as SessionInfo

interface Asked {
  readonly query: LodQuery
  readonly signal: AbortSignal
  /** With so many rows missing. */
  readonly answer: (missing?: number) => Promise<void>
  readonly fail: (error: Error) => Promise<void>
}
const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

const wish = (from: number, to: number, more: Partial<FrameWish> = {}): FrameWish => ({
  session,
  view: 0,
  visible: ['a'],
  near: ['a'],
  around: ['a', 'b'],
  scale: { from: sessionTime(from), to: sessionTime(to), width: 1000 },
  ...more,
})

describe('frame source', () => {
  let asked: Asked[] = []
  let shown: LodFrame[] = []
  let errors: unknown[] = []
  let source: FrameSource
  beforeEach(() => {
    asked = []
    shown = []
    errors = []
    source = new FrameSource(
      (query, signal) =>
        new Promise((resolve, reject) => {
          const frame = (missing: number) => ({ ...query, ...(missing ? { missing } : {}) }) as unknown as LodFrame
          asked.push({
            query,
            signal,
            answer: (missing = 0) => (resolve(frame(missing)), settled()),
            fail: (e) => (reject(e), settled()),
          })
        }),
      (held) => shown.push(held.frame),
      (e) => errors.push(e),
    )
  })

  it('asks wider than the view, once', async () => {
    source.want(wish(1e6, 2e6))
    source.want(wish(1e6, 2e6))
    expect(asked).toHaveLength(1)
    expect(asked[0]!.query.from).toBeLessThanOrEqual(0.5e6)
    expect(asked[0]!.query.to).toBeGreaterThanOrEqual(2.5e6)
    expect(asked[0]!.query.tracks).toEqual(['a', 'b'])
    await asked[0]!.answer()
    expect(shown).toHaveLength(1)
    source.want(wish(1e6, 2e6))
    expect(asked).toHaveLength(1)
  })
  it('asks nothing for a small pan, ahead for a larger one, and keeps showing the old frame', async () => {
    source.want(wish(1e6, 2e6))
    await asked[0]!.answer()
    source.want(wish(1.1e6, 2.1e6))
    expect(asked).toHaveLength(1)
    source.want(wish(1.45e6, 2.45e6))
    expect(asked).toHaveLength(2)
    expect(source.held!.frame).toBe(shown[0])
  })
  it('has one request in flight; of those that wait the latest wins', async () => {
    source.want(wish(1e6, 2e6))
    source.want(wish(1.6e6, 2.6e6))
    source.want(wish(1.8e6, 2.8e6))
    expect(asked).toHaveLength(1)
    expect(asked[0]!.signal.aborted).toBe(false)
    await asked[0]!.answer()
    expect(shown).toHaveLength(1)
    expect(asked).toHaveLength(2)
    expect(asked[1]!.query.from).toBe(bufferedWindow(wish(1.8e6, 2.8e6).scale).from)
  })
  it('fetches rows ahead of scrolling', async () => {
    source.want(wish(1e6, 2e6))
    await asked[0]!.answer()
    source.want(wish(1e6, 2e6, { near: ['a', 'b'] }))
    expect(asked).toHaveLength(1)
    source.want(wish(1e6, 2e6, { near: ['a', 'c'], around: ['a', 'b', 'c'] }))
    expect(asked).toHaveLength(2)
    expect(source.held!.frame).toBe(shown[0])
  })
  it('gives up a request that would show nothing of what is wanted now', async () => {
    source.want(wish(1e6, 2e6))
    source.want(wish(5e8, 5.01e8))
    expect(asked[0]!.signal.aborted).toBe(true)
    await asked[0]!.fail(new Error('aborted'))
    expect(errors).toEqual([])
    expect(asked).toHaveLength(2)
    await asked[1]!.answer()
    expect(shown.map((f) => f.from)).toEqual([asked[1]!.query.from])
  })
  it('shows no answer that comes after its request was given up', async () => {
    source.want(wish(1e6, 2e6))
    source.want(wish(5e8, 5.01e8))
    await asked[0]!.answer()
    expect(shown).toEqual([])
  })
  it('asks again for other rows, another filter, another session', async () => {
    source.want(wish(1e6, 2e6))
    await asked[0]!.answer()
    source.want(wish(1e6, 2e6, { visible: ['b'] }))
    expect(asked).toHaveLength(1)
    source.want(wish(1e6, 2e6, { visible: ['c'], around: ['b', 'c'] }))
    expect(asked).toHaveLength(2)
    await asked[1]!.answer()
    source.want(wish(1e6, 2e6, { visible: ['c'], around: ['b', 'c'], view: 3 }))
    expect(asked).toHaveLength(3)
    expect(asked[2]!.query.view).toBe(3)
    await asked[2]!.answer()
    source.want(wish(1e6, 2e6, { visible: ['c'], around: ['b', 'c'], view: 3, session: { ...session } }))
    expect(asked).toHaveLength(4)
  })
  it('reports a failure once and tries again when something has changed', async () => {
    source.want(wish(1e6, 2e6))
    await asked[0]!.fail(new Error('no such track'))
    expect(errors).toHaveLength(1)
    source.want(wish(1e6, 2e6))
    expect(asked).toHaveLength(1)
    source.want(wish(1.1e6, 2.1e6))
    expect(asked).toHaveLength(2)
  })
  it('lets a request end when more has been loaded meanwhile, and asks again', async () => {
    source.want(wish(1e6, 2e6))
    source.want(wish(1e6, 2e6, { session: { ...session } }))
    expect(asked[0]!.signal.aborted).toBe(false)
    await asked[0]!.answer()
    expect(shown).toHaveLength(1)
    expect(asked).toHaveLength(2)
  })
  it('says nothing of a failure that a newer wish has overtaken', async () => {
    source.want(wish(1e6, 2e6, { view: 1 }))
    source.want(wish(1e6, 2e6, { view: 2 }))
    await asked[0]!.fail(new Error('There is no view 1.'))
    expect(errors).toEqual([])
    expect(asked.map((a) => a.query.view)).toEqual([1, 2])
  })
  it('shows what is at hand first, then asks for the rest until nothing is missing', async () => {
    source.want(wish(1e6, 2e6))
    expect(asked[0]!.query.patience).toBe(0)
    await asked[0]!.answer(2)
    expect(shown).toHaveLength(1)
    expect(asked[1]!.query.patience).toBeGreaterThan(0)
    await asked[1]!.answer(1)
    await asked[2]!.answer()
    expect([asked.length, shown.length]).toEqual([3, 3])
    // More was loaded: no row that is on screen may go until it is there again.
    source.want(wish(1e6, 2e6, { session: { ...session } }))
    expect(asked[3]!.query).not.toHaveProperty('patience')
  })
  it('makes what is on screen anew before rows that nobody has seen', async () => {
    source.want(wish(1e6, 2e6))
    await asked[0]!.answer()
    const more = { session: { ...session }, around: ['c', 'a', 'd'] }
    source.want(wish(1e6, 2e6, more))
    expect(asked[1]!.query.tracks).toEqual(['a'])
    expect(asked[1]!.query).not.toHaveProperty('patience')
    await asked[1]!.answer()
    expect(shown.at(-1)!.missing).toBe(2)
    expect(asked[2]!.query.tracks).toEqual(['c', 'a', 'd'])
    expect(asked[2]!.query.patience).toBeGreaterThan(0)
    await asked[2]!.answer()
    expect([asked.length, shown.at(-1)!.missing]).toEqual([3, undefined])
    // Nothing of it was on screen: the first frame shows what is at hand.
    source.want(wish(1e6, 2e6, { session: { ...session }, visible: ['e'], around: ['e'] }))
    expect(asked[3]!.query).toMatchObject({ tracks: ['e'], patience: 0 })
  })
  it('does not ask for the rest of what failed', async () => {
    source.want(wish(1e6, 2e6))
    await asked[0]!.answer(1)
    await asked[1]!.fail(new Error('There is no task 9 on this machine.'))
    expect([asked.length, errors.length]).toEqual([2, 1])
  })
  it('forgets what it holds when the files change', async () => {
    source.want(wish(1e6, 2e6))
    await asked[0]!.answer()
    source.drop()
    expect(source.held).toBeNull()
  })
})

describe('fit of a window', () => {
  const first = wish(1e6, 2e6)
  const window = bufferedWindow(first.scale)
  it.each([
    ['the same view', first, 'good'],
    ['a closer look than the frame is fine', wish(1.4e6, 1.6e6), 'stale'],
    ['a view wider than the window', wish(0.1e6, 3e6), 'stale'],
    ['a little closer', wish(1.1e6, 2.0e6), 'good'],
    ['near the edge', wish(1.42e6, 2.42e6), 'edge'],
  ] as const)('%s', (_, now, fit) => expect(fitOf(window, first, now)).toBe(fit))
  it('asks for nothing beyond the ends of the session', () => {
    const short = { ...session, from: sessionTime(0.6e6), to: sessionTime(2.4e6) } as SessionInfo
    const asked = wish(1e6, 2e6, { session: short })
    expect(fitOf(bufferedWindow(asked.scale), asked, wish(1.45e6, 2.45e6, { session: short }))).toBe('good')
  })
})
