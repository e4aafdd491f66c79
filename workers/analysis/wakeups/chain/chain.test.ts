import { describe, expect, test } from 'vitest'
import { tell, type StoryMachine } from '../../../../test/fixtures/vm-story.js'
import type { ChainTarget, WakeupChain, WakeupFilter } from '../../../thread/contract.js'
import { position, sessionTime } from '../../../units.js'

const pair: readonly StoryMachine[] = [{ name: 'host' }, { name: 'guest', parent: 0, vcpus: { 0: 31 } }]

/** The hand-computed oracle: host CPU 0, vCPU 0 = thread 31. */
const ORACLE = `
0 sw 30->31 | 10 entry | 20 G sw 0->131 | 60 exit 1 | 70 sw 31(R)->30 | 170 sw 30->31 | 180 entry
190 G sw 131(R)->132 | 220 G sw 132(S)->131 | 240 exit 32 | 245 entry | 260 G sw 131(S)->0
265 exit 12 | 270 sw 31(S)->0 | 370 waking 31 | 375 sw 0->31 | 380 entry
385 G waking 131 | 390 G sw 0->131 | 400 end`

async function chainOf(text: string, target: ChainTarget, machines = pair): Promise<WakeupChain> {
  const chain = await (await tell(machines, text).wakeups()).chain(target)
  if (!chain) throw new Error('there is no chain')
  return chain
}

const hops = (c: WakeupChain): string[] => c.hops.map((h) => `${h.number} ${h.t} ${h.layer} ${h.kind}`)
/** Layers that took time. */
const split = (c: WakeupChain): object => Object.fromEntries(Object.entries(c.split).filter(([, n]) => n > 0))
const split23 = { 'host scheduling': 5, hypervisor: 5, 'guest irq': 5, 'guest scheduling': 5 }
const inGuest = { track: 'm1/task/131', t: sessionTime(392) }

describe('a chain across the boundary', () => {
  test('of the hand-computed oracle takes 5 + 5 + 5 + 5', async () => {
    const chain = await chainOf(ORACLE, inGuest)
    expect(split(chain)).toEqual(split23)
    expect([chain.from, chain.to]).toEqual([370, 390])
    expect(Object.entries(chain.ownSplit).filter(([, n]) => n > 0)).toEqual([['guest scheduling', 5]])
    expect(chain.segments).toEqual([
      { from: 370, to: 375, layer: 'host scheduling' },
      { from: 375, to: 380, layer: 'hypervisor' },
      { from: 380, to: 385, layer: 'guest irq' },
      { from: 385, to: 390, layer: 'guest scheduling' },
    ])
    expect(hops(chain)).toEqual([
      '1 370 host irq waking',
      '2 375 vcpu switch',
      '3 380 vcpu entry',
      '4 385 guest irq waking',
      '5 390 guest task switch',
    ])
    expect(chain.links).toMatchObject([{ kind: 'boundary', grade: 'LIKELY' }])
    expect(chain.grade).toBe('LIKELY')
  })

  test('adds up with others, by layer', async () => {
    const views = await tell(pair, ORACLE).wakeups()
    const sums = async (filter: WakeupFilter): Promise<object> => {
      const { split: own, count } = await views.layers(filter)
      return { count, ...Object.fromEntries(Object.entries(own).filter(([, n]) => n > 0)) }
    }
    expect(await sums({})).toEqual({ count: 2, 'host scheduling': 5, 'guest scheduling': 5 })
    expect(await sums({ machines: [0] })).toEqual({ count: 1, 'host scheduling': 5 })
    // The vCPU is preempted from 70 to 170, and left by exits from 60 and from 240 on.
    const slow = ORACLE.replace('20 G sw 0->131', '20 G waking 132 | 21 G sw 0->131')
    const one = await (await tell(pair, slow).wakeups()).layers({ machines: [1], task: '132' })
    expect(one.split).toMatchObject({ 'guest scheduling': 40 + 10, hypervisor: 10 + 10, 'host scheduling': 100 })
  })

  test('is the same one from every event, row and id of it', async () => {
    const views = await tell(pair, ORACLE.replace('400', '398 G work | 400')).wakeups()
    const chain = (await views.chain(inGuest))!
    const targets: ChainTarget[] = [
      ...chain.hops.flatMap((h) => (h.position === null ? [] : [{ position: h.position }])),
      ...chain.wakeups.flatMap((w) => [{ id: w.id }, { wakeup: w.wakeup }]),
      ...chain.links.map((l) => ({ id: l.id })),
      { track: 'm0/cpu0', t: sessionTime(382) },
      { track: 'm0/task/31', t: sessionTime(372) },
      { track: 'm0/vcpu/31', t: sessionTime(395) },
      { track: 'm0/pcpu0', t: sessionTime(395) },
      { track: 'm1/cpu0', t: sessionTime(395) },
    ]
    for (const target of targets) {
      const same = await views.chain(target)
      expect(same?.id, JSON.stringify(target)).toBe(chain.id)
      expect(same?.hops).toEqual(chain.hops)
    }
  })

  test('is exact when the injected vector is the one that the guest handles', async () => {
    const text = ORACLE.replace('370 waking', '365 msi 41 | 370 waking')
      .replace('380 entry', '379 virq 41 | 380 entry 0 41')
      .replace('385 G waking 131', '383 G vector 41 | 385 G waking 131 0 8 | 387 G vectorend 41')
    const chain = await chainOf(text, inGuest)
    expect(chain.links).toMatchObject([{ kind: 'boundary', grade: 'EXACT' }])
    expect(hops(chain)).toEqual([
      '1 365 host irq interrupt',
      '2 370 host irq waking',
      '3 375 vcpu switch',
      '4 379 vcpu inject',
      '5 380 vcpu entry',
      '6 383 guest irq interrupt',
      '7 385 guest irq waking',
      '8 390 guest task switch',
    ])
    expect(chain.hops[5]!.label).toBe('vector 41 (local_timer)')
    // Until 387 the handler runs on.
    expect(split(chain)).toEqual({ ...split23, 'host irq': 5, 'guest irq': 7, 'guest scheduling': 3 })
  })

  test('shows what KVM did round the wake-up of a vCPU whose guest is not recorded', async () => {
    const host = `0 sw 5->31 | 2 entry 0 | 4 exit 12 | 6 sw 31(S)->5 | 10 irq 24 | 12 msi 41 | 13 waking 31 0 8 | 14 wakeup 31 0
      15 irqend | 20 sw 5(R)->31 | 23 virq 41 | 24 entry 0 41 | 30 exit 1 | 40 end`
    const chain = await chainOf(host, { track: 'm0/task/31', t: sessionTime(25) }, [{ name: 'host' }])
    expect(chain.hops.map((h) => `${h.t} ${h.kind} ${h.label}`)).toEqual([
      '10 interrupt irq 24 disk',
      '12 interrupt kvm_msi_set_irq, vector 41',
      '13 waking irq 24 disk wakes <...>-31',
      '14 wakeup <...>-31 is ready on CPU 0',
      '20 switch <...>-31 runs',
      '23 inject injects vector 41',
      '24 entry enters the guest with vector 41',
    ])
    expect(split(chain)).toEqual({ 'host irq': 3, 'host scheduling': 7, hypervisor: 4 })
  })

  test('is ambiguous when the guest handles another vector, or several without any', async () => {
    const other = ORACLE.replace('380 entry', '380 entry 0 41').replace('385 G', '383 G vector 99 | 385 G')
    expect((await chainOf(other, inGuest)).links[0]).toMatchObject({ grade: 'AMBIGUOUS' })
    const several = ORACLE.replace('385 G', '381 G irq 1 | 382 G irqend | 383 G irq 2 | 385 G')
    expect((await chainOf(several, inGuest)).links[0]).toMatchObject({ grade: 'AMBIGUOUS' })
  })

  test('is exact in the softirqs of the handler, and likely when the handler is over', async () => {
    const withVector = ORACLE.replace('380 entry', '380 entry 0 41')
    const softirq = '382 G vector 41 | 383 G vectorend 41 | 384 G softirq 3 | 385 G waking 131 0 16'
    const after = '382 G vector 41 | 383 G vectorend 41 | 385 G waking 131 0 8'
    const grade = async (text: string): Promise<string> =>
      (await chainOf(withVector.replace('385 G waking 131', text), inGuest)).links[0]!.grade
    expect(await grade(softirq)).toBe('EXACT')
    expect(await grade(after)).toBe('LIKELY')
  })

  test('is likely at best when the interrupt was posted to a vCPU that ran', async () => {
    const text = ORACLE.replace('385 G waking', '381 work | 382 0.1 posted 41 by 9 | 385 G waking').replace(
      '370 waking 31 | 375 sw 0->31 | 380 entry',
      '370 waking 31 | 375 sw 0->31 | 377 entry | 378 exit 1 | 380 entry',
    )
    const [link] = (await chainOf(text, inGuest)).links
    expect(link).toMatchObject({ kind: 'boundary', from: null })
    expect(link!.grade).not.toBe('EXACT')
  })

  test('asserts no order that the clocks do not give', async () => {
    const vague = (accuracy: number | null): readonly StoryMachine[] => [pair[0]!, { ...pair[1]!, accuracy }]
    const orders = async (accuracy: number | null): Promise<boolean[]> =>
      (await chainOf(ORACLE, inGuest, vague(accuracy))).hops.map((h) => h.orderCertain)
    // The guest's waking lies 5 behind the entry: certain as long as 2 x half-width is no more.
    expect(await orders(2.5)).toEqual([true, true, true, true, true])
    expect(await orders(2.6)).toEqual([true, true, true, false, true])
    expect(await orders(null)).toEqual([true, true, true, false, true])
  })
})

describe('a chain of wakers that were woken themselves', () => {
  const alone = [{ name: 'host' }]
  const text = `0 sw 5->1 | 1 0.1 sw 6->0 | 2 waking 2 0 8 | 4 sw 1(S)->2 | 6 waking 3 1 0 | 8 0.1 sw 0->3 | 9 0.1 waking 4 1 0
    11 0.1 sw 3(S)->4 | 12 0.1 end | 13 end`

  test('goes back to the interrupt', async () => {
    const chain = await chainOf(text, { track: 'm0/task/4', t: sessionTime(12) }, alone)
    expect(chain.wakeups.map((w) => [w.wakee.pid, w.waker.task.pid])).toEqual([
      [2, 1],
      [3, 2],
      [4, 3],
    ])
    expect(chain.links.map((l) => [l.kind, l.grade])).toEqual([
      ['woken waker', 'EXACT'],
      ['woken waker', 'EXACT'],
    ])
    expect(split(chain)).toEqual({ 'host scheduling': 2 + 2 + 2, running: 2 + 1 })
  })

  test('begins with the interrupt that is recorded, and shows where a task was moved', async () => {
    const moved = `0 sw 5->1 | 1 irq 24 | 2 waking 2 0 8 | 3 migrate 9 1 | 4 migrate 2 1 | 5 wakeup 2 1 | 6 irqend | 8 0.1 sw 0->2
      9 0.1 end | 9 end`
    const chain = await chainOf(moved, { track: 'm0/task/2', t: sessionTime(9) }, alone)
    expect(chain.hops.map((h) => `${h.t} ${h.kind} ${h.label}`)).toEqual([
      '1 interrupt irq 24 disk',
      '2 waking irq 24 disk wakes <...>-2',
      '4 migrate <...>-2 moves from CPU 0 to CPU 1',
      '5 wakeup <...>-2 is ready on CPU 1',
      '8 switch <...>-2 runs',
    ])
    expect(split(chain)).toEqual({ 'host irq': 1, 'host scheduling': 6 })
  })

  test('goes back from a softirq to what raised it first since it was last handled, and to the interrupt then', async () => {
    const before = '0 sw 5->1 | 1 raise 3 8 | 2 softirq 3 | 3 softirqend'
    const irq = '10 irq 24 | 11 raise 3 8 | 12 raise 1 8 | 13 irqend | 14 raise 3 8'
    const rest = '15 softirq 3 | 16 waking 3 0 16 | 18 softirqend | 20 sw 1(S)->3 | 21 end'
    const labels = async (text: string): Promise<string[]> =>
      (await chainOf(text, { track: 'm0/task/3', t: sessionTime(20) }, alone)).hops.map((h) => `${h.t} ${h.label}`)
    const woken = ['15 softirq NET_RX', '16 softirq NET_RX wakes <...>-3', '20 <...>-3 runs']
    expect(await labels([before, irq, rest].join(' | '))).toEqual([
      '10 irq 24 disk',
      '11 raises softirq NET_RX',
      ...woken,
    ])
    // Nothing was raised since, and nobody knows by what it was.
    expect(await labels([before, rest].join(' | '))).toEqual(woken)
    const task = await chainOf(`${before} | 12 raise 3 0 | ${rest}`, { track: 'm0/task/3', t: sessionTime(20) }, alone)
    expect(task.hops.map((h) => [h.t, h.layer, h.context]).slice(0, 2)).toEqual([
      [12, 'host task', 'task'],
      [15, 'host irq', 'softirq'],
    ])
  })

  test('takes ksoftirqd for the task that it is', async () => {
    const named = [{ name: 'host', comms: { 2: 'ksoftirqd/0' } }]
    const late = '0 sw 5->1 | 2 waking 2 0 8 | 4 sw 1(S)->2 | 6 waking 3 0 16 | 8 sw 2(S)->3 | 9 end'
    const chain = await chainOf(late, { track: 'm0/task/3', t: sessionTime(8) }, named)
    expect(chain.wakeups.map((w) => w.wakee.pid)).toEqual([2, 3])
  })

  test('stops at its limits, and says so', async () => {
    const views = await tell(alone, text).wakeups()
    const target = { track: 'm0/task/4', t: sessionTime(12) }
    const two = (await views.chain(target, { wakeups: 2 }))!
    expect(two.wakeups.map((w) => w.wakee.pid)).toEqual([3, 4])
    expect(two.notes.join()).toContain('goes further back')
    const quick = (await views.chain(target, { within: 1 }))!
    expect(quick.wakeups.map((w) => w.wakee.pid)).toEqual([3, 4])
  })

  test('does not take a waker that slept meanwhile for just woken', async () => {
    const slept =
      '0 sw 5->1 | 2 waking 2 0 8 | 4 sw 1(S)->2 | 5 sw 2(S)->1 | 6 sw 1(S)->2 | 7 waking 3 0 0 | 8 sw 2(S)->3 | 9 end'
    const chain = await chainOf(slept, { track: 'm0/task/3', t: sessionTime(9) }, alone)
    expect(chain.wakeups.map((w) => w.wakee.pid)).toEqual([3])
  })

  test('is none where nothing woke', async () => {
    const views = await tell(alone, '0 sw 5->1 | 2 work | 3 end').wakeups()
    expect(await views.chain({ position: position(1) })).toBeNull()
    await expect(views.chain({ position: position(99) })).rejects.toThrow('There is no event 99')
    await expect(views.chain({ id: 'xyz' })).rejects.toThrow('is no id')
    await expect(views.chain({ id: '1234' })).rejects.toThrow('No wake-up has the id 0000000000001234')
  })
})
