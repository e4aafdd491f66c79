import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keepUp, unkept } from './keeping.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('what is done', () => {
  it('is stored within the second, however fast changes follow one another and however slow storing is', async () => {
    const step = fc.record({ after: fc.integer({ min: 0, max: 500 }), takes: fc.integer({ min: 0, max: 400 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        let stored = -1
        let takes = 0
        const keeper = keepUp(async (n: number) => {
          await new Promise((done) => setTimeout(done, takes))
          stored = n
        })
        const made: { readonly at: number; readonly n: number }[] = []
        for (const [n, { after, takes: t }] of steps.entries()) {
          takes = t
          await vi.advanceTimersByTimeAsync(after)
          keeper.changed(n)
          made.push({ at: Date.now(), n })
          // The window may be killed here: all that is older than one storing that runs and one that waits must be there.
          const due = made.findLast((m) => Date.now() - m.at > 300 + 2 * 400 + 300)
          if (due) expect(stored).toBeGreaterThanOrEqual(due.n)
        }
        await vi.advanceTimersByTimeAsync(2000)
        expect(stored).toBe(steps.length - 1)
        keeper.close()
      }),
      { numRuns: 40 },
    )
  })

  it('is said not to be kept when the storage is full, waits, and is stored when there is room', async () => {
    let full = true
    const stored: string[] = []
    const keeper = keepUp((text: string) => {
      if (full) return Promise.reject(Object.assign(new Error('no room'), { name: 'QuotaExceededError' }))
      stored.push(text)
      return Promise.resolve()
    })
    keeper.changed('a')
    await vi.advanceTimersByTimeAsync(1000)
    expect(unkept.peek()).toContain('storage is full')
    keeper.changed('b')
    await vi.advanceTimersByTimeAsync(5000)
    expect(stored).toEqual([])
    full = false
    await vi.advanceTimersByTimeAsync(4000)
    expect(stored).toEqual(['b'])
    expect(unkept.peek()).toBe(null)
  })

  it('is stored later where the view alone moved, within the second, and with what is done meanwhile', async () => {
    const stored: string[] = []
    const keeper = keepUp(async (text: string) => void stored.push(text))
    for (let i = 0; i < 10; i++) {
      keeper.changed(`moved ${i}`, true)
      await vi.advanceTimersByTimeAsync(50)
    }
    expect(stored).toEqual([])
    await vi.advanceTimersByTimeAsync(400)
    expect(stored).toEqual(['moved 9'])
    keeper.changed('moved on', true)
    keeper.changed('written')
    keeper.changed('written, moved', true)
    await vi.advanceTimersByTimeAsync(250)
    expect(stored).toEqual(['moved 9', 'written, moved'])
    await vi.advanceTimersByTimeAsync(2000)
    expect(stored).toHaveLength(2)
    keeper.close()
  })

  it('is stored when the session is closed', async () => {
    const stored: number[] = []
    const keeper = keepUp(async (n: number) => void stored.push(n))
    keeper.changed(1)
    keeper.close()
    await vi.advanceTimersByTimeAsync(0)
    expect(stored).toEqual([1])
  })
})
