import { expect, test } from 'vitest'
import { SharedWork } from './shared-work.js'

const held = (): { work: SharedWork<number>; finish: () => void; runs: () => number; aborted: () => boolean } => {
  let runs = 0
  let finish = (): void => undefined
  let inner: AbortSignal | null = null
  const work = new SharedWork<number>((onProgress, signal) => {
    runs++
    inner = signal
    onProgress({ phase: 'indexing', done: 1, total: 2, unit: 'events' })
    return new Promise((resolve, reject) => {
      finish = () => resolve(7)
      signal.addEventListener('abort', () => reject(new Error('cancelled')))
    })
  })
  return { work, finish: () => finish(), runs: () => runs, aborted: () => inner?.aborted ?? false }
}

test('several callers share one run, and later ones its result', async () => {
  const { work, finish, runs } = held()
  const both = [work.get(), work.get()]
  finish()
  expect(await Promise.all(both)).toEqual([7, 7])
  expect(await work.get()).toBe(7)
  expect(runs()).toBe(1)
})

test('who cancels is let go, the others still get the result', async () => {
  const { work, finish, runs, aborted } = held()
  const controller = new AbortController()
  const first = work.get(undefined, controller.signal)
  const second = work.get()
  controller.abort(new Error('enough'))
  await expect(first).rejects.toThrow('enough')
  expect(aborted()).toBe(false)
  finish()
  expect(await second).toBe(7)
  expect(runs()).toBe(1)
})

test('when all have cancelled the work is cancelled, and the next caller begins it again', async () => {
  const { work, finish, runs, aborted } = held()
  const controller = new AbortController()
  const only = work.get(undefined, controller.signal)
  controller.abort(new Error('enough'))
  await expect(only).rejects.toThrow('enough')
  expect(aborted()).toBe(true)
  const again = work.get()
  finish()
  expect(await again).toBe(7)
  expect(runs()).toBe(2)
})
