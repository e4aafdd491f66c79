import { expect, it } from 'vitest'
import { noHistory, remember, travel } from './history.js'

it('goes back and forward through what was remembered', () => {
  let h = remember(remember(noHistory as ReturnType<typeof remember<number>>, 1), 2)
  const back = travel(h, 3, -1)!
  expect(back.value).toBe(2)
  h = back.history
  expect(travel(h, 2, -1)!.value).toBe(1)
  expect(travel(h, 2, 1)!.value).toBe(3)
})
it('forgets the way forward once something new is remembered', () => {
  const back = travel(remember<number>(noHistory, 1), 2, -1)!
  expect(travel(remember(back.history, 1), 5, 1)).toBeNull()
})
it('keeps a bounded number of steps', () => {
  let h = remember<number>(noHistory, 0, 3)
  for (let i = 1; i < 10; i++) h = remember(h, i, 3)
  expect(h.past).toEqual([7, 8, 9])
  expect(travel(noHistory, 1, -1)).toBeNull()
})
