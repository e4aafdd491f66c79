import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ClockChoice, EngineApi, SessionInfo } from '../../workers/thread/contract.js'
import { machineIndex, sessionTime } from '../../workers/units.js'
import {
  canRedoClock,
  canUndoClock,
  chooseClock,
  clockSteps,
  coincidence,
  isMovable,
  movedBy,
  setClockSteps,
  moveMachine,
  travelClocks,
} from './clock-choices.js'
import { engine, session, setSession } from './session-state.js'

const host = machineIndex(0)
const guest = machineIndex(1)
const alone = machineIndex(2)

/** A session of a host, its guest and a recording of its own, with the given offsets. */
const sessionWith = (clocks: readonly ClockChoice[], version: number) =>
  ({
    version,
    from: sessionTime(0),
    to: sessionTime(100),
    machines: [
      { machine: host, parent: null },
      { machine: guest, parent: host },
      { machine: alone, parent: null },
    ],
    clocks: clocks.map((c, machine) => ({ offset: '0', ...c, machine })),
    tracks: [],
  }) as unknown as SessionInfo

const start: readonly ClockChoice[] = [{ method: 'none' }, { method: 'recorded' }, { method: 'from-start' }]

beforeEach(() => {
  let version = 1
  let clocks = start
  engine.value = {
    setClock: async (machine: number, choice: ClockChoice) => {
      clocks = clocks.map((c, i) => (i === machine ? choice : c))
      return sessionWith(clocks, ++version)
    },
  } as unknown as EngineApi
  setSession(sessionWith(start, version), true)
  setClockSteps(session.peek()!)
})
afterEach(() => {
  engine.value = null
  setSession(null, true)
})

const now = () => session.peek()!.clocks.map((c) => `${c.method} ${c.offset}`)

describe('clock choices', () => {
  it('are undone and redone one by one', async () => {
    expect(canUndoClock.peek()).toBe(false)
    await chooseClock(guest, { method: 'events' })
    await moveMachine(alone, 1500)
    expect(now()).toEqual(['none 0', 'events 0', 'from-start 1500'])
    await travelClocks(-1)
    expect(now()).toEqual(['none 0', 'events 0', 'from-start 0'])
    await travelClocks(-1)
    expect(now()).toEqual(['none 0', 'recorded 0', 'from-start 0'])
    expect([canUndoClock.peek(), canRedoClock.peek()]).toEqual([false, true])
    await travelClocks(1)
    await travelClocks(1)
    expect(now()).toEqual(['none 0', 'events 0', 'from-start 1500'])
  })
  it('can be taken back after they were put away and brought back, in a session of the same machines', async () => {
    await chooseClock(guest, { method: 'events' })
    const stored = structuredClone(clockSteps.peek())
    setClockSteps(session.peek()!)
    expect(canUndoClock.peek()).toBe(false)
    setClockSteps({ ...session.peek()!, clocks: [] }, stored)
    expect(canUndoClock.peek()).toBe(false)
    setClockSteps(session.peek()!, stored)
    await travelClocks(-1)
    expect(now()).toEqual(['none 0', 'recorded 0', 'from-start 0'])
    expect(canRedoClock.peek()).toBe(true)
  })
  it('are no step when they change nothing', async () => {
    expect(await chooseClock(guest, { method: 'recorded', offset: '0' })).toBe(false)
    expect(await moveMachine(guest, 0)).toBe(false)
    expect(canUndoClock.peek()).toBe(false)
  })
  it('add up beyond what a double holds', () => {
    const far = sessionWith([{ method: 'none' }, { method: 'user', offset: '90071992547409931' }], 1)
    expect(movedBy(far, guest, 2)).toEqual({ method: 'user', offset: '90071992547409933' })
  })
})

describe('aligning two events', () => {
  const info = sessionWith(start, 1)
  const at = (machine: typeof host, t: number) => ({ machine, t })
  it('never moves the machine that the others are measured by', () => {
    expect([host, guest, alone].map((m) => isMovable(info, m))).toEqual([false, true, true])
  })
  it('moves the guest to its host, whichever was chosen first', () => {
    expect(coincidence(info, at(guest, 30), at(host, 100))).toEqual({ machine: guest, by: 70 })
    expect(coincidence(info, at(host, 100), at(guest, 30))).toEqual({ machine: guest, by: 70 })
  })
  it('moves the machine under the menu where both may be moved', () => {
    expect(coincidence(info, at(alone, 5), at(guest, 3))).toEqual({ machine: alone, by: -2 })
  })
  it('has nothing to do within one machine', () => expect(coincidence(info, at(guest, 1), at(guest, 2))).toBeNull())
})
