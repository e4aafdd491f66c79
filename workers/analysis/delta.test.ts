import { describe, expect, test } from 'vitest'
import { guest, host, oracle } from '../../test/fixtures/vm-oracle.js'
import { tell, type StoryMachine } from '../../test/fixtures/vm-story.js'
import type { DeltaByLayer } from '../thread/contract.js'
import { sessionTime } from '../units.js'

const at = (from: number, to: number) => ({ from: sessionTime(from), to: sessionTime(to) })

/** `phase layer what-or-whom time`, and `xN` where it is several stretches. */
const lines = ({ subjects }: DeltaByLayer): string[][] =>
  subjects.map((s) =>
    s.parts.map(({ phase, layer, what, by, time, count }) => {
      const whom = by ? [...by.through, by].map((a) => a.name).join('/') : what
      return [phase, layer, whom, time, count > 1 ? `x${count}` : ''].filter((p) => p !== '').join(' ')
    }),
  )

describe('what the time between two instants went to', () => {
  const all = tell([host, guest], oracle).views()

  test('a guest task: what it ran, its hypervisor, who took its vCPU and who its turn', async () => {
    const found = (await all).deltaByLayer({ ...at(20, 260), tracks: ['m1/task/131'] })
    expect(found).toMatchObject({ from: 20, to: 260, delta: 240 })
    expect(found.subjects[0]).toMatchObject({ track: 'm1/task/131', machine: 1, label: 'any-131' })
    expect(lines(found)).toEqual([
      [
        'running task any-131 85 x4',
        'running hypervisor EXTERNAL_INTERRUPT 20 x2',
        'running hypervisor MSR_WRITE 5',
        'running vcpuPreempted other-30 100',
        'preempted task app-132 30',
      ],
    ])
  })

  test('where to look: the longest stretch of each part', async () => {
    const { parts } = (await all).deltaByLayer({ ...at(20, 260), tracks: ['m1/task/131'] }).subjects[0]!
    for (const p of parts) {
      const { from, to } = p.longest
      expect(to - from).toBeGreaterThanOrEqual(p.time / p.count)
      expect(from >= 20 && to <= 260).toBe(true)
      if (p.count === 1) expect(to - from).toBe(p.time)
    }
  })

  test('a wake-up: host scheduling, hypervisor, and what the guest took until the task ran', async () => {
    expect(lines((await all).deltaByLayer({ ...at(370, 390), tracks: ['m1/thread/131'] }))).toEqual([
      ['ready idle 5', 'blocked idle 5', 'blocked hypervisor HLT 5', 'blocked vcpuReady 5'],
    ])
  })

  test('every vCPU, where none is named', async () => {
    const found = (await all).deltaByLayer(at(0, 400))
    expect(found.subjects.map((s) => s.track)).toEqual(['m0/vcpu/31'])
    expect(lines(found)[0]).toEqual(
      [
        'running task any-131 95 x5',
        'running task app-132 30',
        'running task not known 10',
        'running idle 15 x2',
        'running hypervisor EXTERNAL_INTERRUPT 20 x2',
        'running hypervisor  10',
        'running hypervisor HLT 10 x2',
        'running hypervisor MSR_WRITE 5',
        'preempted vcpuPreempted other-30 100',
        'ready vcpuReady 5',
        'blocked vcpuBlocked halted 100',
      ].map((l) => l.replace('  ', ' ')),
    )
  })

  test('a task of the host, and a thread that is a vCPU', async () => {
    const views = await all
    const other = lines(views.deltaByLayer({ ...at(0, 400), tracks: ['m0/task/30'] }))[0]!
    expect(other).toEqual([
      'running task other-30 100',
      // While it waited, the vCPU had the CPU: what its guest ran is named, where that is known.
      'preempted task CPU 0/KVM-31/any-131 120 x4',
      'preempted task CPU 0/KVM-31/app-132 30',
      'preempted task CPU 0/KVM-31/idle 25 x2',
      'preempted task CPU 0/KVM-31 20',
      'preempted idle 105',
    ])
    const thread = views.deltaByLayer({ ...at(0, 400), tracks: ['m0/task/31'] }).subjects[0]!
    expect(thread).toEqual(views.deltaByLayer(at(0, 400)).subjects[0])
  })

  test('another guest is named by the task that it ran', async () => {
    const second: StoryMachine = { name: 'other', parent: 0, vcpus: { 0: 41 }, comms: { 200: 'hog' } }
    const text = `
0 sw 0->31 | 0 2.0 sw 0->200 | 5 entry | 10 G sw 0->131 | 20 exit 1 | 22 sw 31(R)->41 | 25 entry
60 exit 1 | 62 sw 41(R)->31 | 65 entry | 90 end | 90 G end | 90 2.0 end`
    const views = await tell([host, guest, second], text).views()
    expect(lines(views.deltaByLayer({ ...at(10, 90), tracks: ['m1/task/131'] }))).toEqual([
      [
        'running task any-131 35 x2',
        'running hypervisor EXTERNAL_INTERRUPT 5 x2',
        'running vcpuPreempted <...>-41/hog-200 40',
      ],
    ])
  })

  test('a physical CPU, and a vCPU by the row that it has in its guest', async () => {
    const views = await all
    const [pcpu, same] = ['m0/pcpu0', 'm0/cpu0'].map((id) => views.deltaByLayer({ ...at(60, 270), tracks: [id] }))
    expect(same).toEqual(pcpu)
    expect(lines(pcpu!)[0]).toEqual([
      'running task other-30 100',
      'running task any-131 45 x3',
      'running task app-132 30',
      'running idle 5',
      'running hypervisor EXTERNAL_INTERRUPT 20 x2',
      'running hypervisor MSR_WRITE 5',
      'running hypervisor HLT 5',
    ])
    const inGuest = views.deltaByLayer({ ...at(0, 400), tracks: ['m1/cpu0'] }).subjects[0]
    expect(inGuest).toEqual(views.deltaByLayer(at(0, 400)).subjects[0])
  })

  test('rows that are neither are refused with a sentence', async () => {
    const views = await all
    for (const id of ['m0/pcpu7', 'm0', 'm9/task/1', 'm0/vcpu/77', 'm1/task/77', 'nonsense']) {
      expect(() => views.deltaByLayer({ ...at(0, 10), tracks: [id] }), id).toThrow(/\.$/)
    }
    expect(() => views.deltaByLayer(at(10, 5))).toThrow('There is nothing between 10 and 5.')
  })
})
