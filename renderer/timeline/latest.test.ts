import { describe, expect, it } from 'vitest'
import { LatestOnly } from './latest.js'

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0))

function rig() {
  const open: { q: number; answer: (fail?: boolean) => Promise<void> }[] = []
  const heard: string[] = []
  const asker = new LatestOnly<number, string>(
    (q) =>
      new Promise((resolve, reject) =>
        open.push({ q, answer: (fail) => (fail ? reject(new Error('gone')) : resolve(`answer ${q}`), settled()) }),
      ),
    (a) => heard.push(a),
  )
  return { open, heard, asker }
}

describe('the latest question', () => {
  it('is put after the one in flight, those between are not', async () => {
    const { open, heard, asker } = rig()
    for (const q of [1, 2, 3]) asker.ask(q)
    expect(open.map((o) => o.q)).toEqual([1])
    await open[0]!.answer()
    expect(open.map((o) => o.q)).toEqual([1, 3])
    await open[1]!.answer()
    expect(heard).toEqual(['answer 1', 'answer 3'])
  })
  it('is not answered once it was cancelled', async () => {
    const { open, heard, asker } = rig()
    asker.ask(1)
    asker.ask(2)
    asker.cancel()
    await open[0]!.answer()
    expect(heard).toEqual([])
    expect(open).toHaveLength(1)
    asker.ask(3)
    asker.cancel()
    asker.ask(4)
    await open[1]!.answer()
    await open[2]!.answer()
    expect(heard).toEqual(['answer 4'])
  })
  it('is put even when the one before failed', async () => {
    const { open, heard, asker } = rig()
    asker.ask(1)
    asker.ask(2)
    await open[0]!.answer(true)
    await open[1]!.answer()
    expect(heard).toEqual(['answer 2'])
  })
})
