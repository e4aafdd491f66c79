import { expect, it } from 'vitest'
import type { EventRow } from '../../../workers/thread/contract.js'
import { batchSize, RowCache } from './row-cache.js'

const row = (position: number) => ({ position }) as unknown as EventRow

function setup() {
  const asked: { start: number; signal: AbortSignal; answer: () => void; fail: (e: Error) => void }[] = []
  let arrivals = 0
  const errors: unknown[] = []
  const cache = new RowCache<EventRow>(
    (start, count, signal) =>
      new Promise((resolve, reject) => {
        asked.push({
          start,
          signal,
          answer: () => resolve(Array.from({ length: count }, (_, i) => row(start + i))),
          fail: reject,
        })
      }),
    () => arrivals++,
    (e) => errors.push(e),
  )
  return { cache, asked, errors, arrivals: () => arrivals }
}
const settle = () => new Promise((resolve) => setTimeout(resolve))

it('asks once for each batch in sight and answers from what came', async () => {
  const { cache, asked, arrivals } = setup()
  cache.want(batchSize - 5, batchSize + 5)
  cache.want(batchSize - 5, batchSize + 5)
  expect(asked.map((a) => a.start)).toEqual([0, batchSize])
  expect(cache.get(3)).toBeUndefined()
  asked.forEach((a) => a.answer())
  await settle()
  expect(arrivals()).toBe(2)
  expect(cache.get(batchSize + 4)?.position).toBe(batchSize + 4)
})
it('gives up what scrolled out of sight, yet keeps it when it arrives', async () => {
  const { cache, asked, arrivals } = setup()
  cache.want(0, 10)
  cache.want(50 * batchSize, 50 * batchSize + 10)
  expect(asked[0]!.signal.aborted).toBe(true)
  asked[0]!.answer()
  await settle()
  expect(arrivals()).toBe(0)
  expect(cache.get(0)?.position).toBe(0)
})
it('reports failures of what is still wanted, and no abort', async () => {
  const { cache, asked, errors } = setup()
  cache.want(0, 10)
  asked[0]!.fail(new Error('The file is gone'))
  await settle()
  cache.want(0, 10)
  asked[1]!.fail(new DOMException('', 'AbortError'))
  await settle()
  expect(errors.map(String)).toEqual(['Error: The file is gone'])
})
it('forgets the batches that were not looked at for longest', async () => {
  const { cache, asked } = setup()
  for (let b = 0; b < 200; b++) {
    cache.want(b * batchSize, b * batchSize + 1)
    asked[b]!.answer()
    await settle()
  }
  expect(cache.get(0)).toBeUndefined()
  expect(cache.get(199 * batchSize)?.position).toBe(199 * batchSize)
})
