import { describe, expect, test } from 'vitest'
import { host } from '../../../test/fixtures/vm-oracle.js'
import { tell, told, toldThread, type StoryMachine } from '../../../test/fixtures/vm-story.js'
import { sessionTime } from '../../units.js'

const machines: StoryMachine[] = [
  host,
  { name: 'L1', parent: 0, vcpus: { 0: 31 }, comms: { 50: 'CPU 0/KVM', 51: 'l1task' } },
  { name: 'L2', parent: 1, vcpus: { 0: 50 }, comms: { 9: 'deep' } },
  { name: 'beside', parent: 0, vcpus: { 0: 41 }, comms: { 200: 'web' } },
]

// The guest's guest runs from 20 on but for: the physical host's exits (22..25, 40..46), one of which is the guest's hypervisor's to
// handle (46..60); another task of the guest (60..110); the host running others (82..100, and from 120).
const text = `
0 sw 0->31 | 5 entry | 6 2.0 sw 0->9 | 8 1.0 sw 51->50 | 20 1.0 entry | 22 exit 24 | 25 entry | 40 exit 30
45 inject 30 | 46 entry | 50 1.0 exit 30 | 60 1.0 sw 50(R)->51 | 80 exit 1 | 82 sw 31(R)->30 | 100 sw 30->31
105 entry | 110 1.0 sw 51->50 | 115 1.0 entry | 120 sw 31(R)->30 | 140 end | 140 1.0 end | 140 2.0 end`

describe('a guest within a guest', () => {
  const story = tell(machines.slice(0, 3), text)
  const all = story.views()

  test('runs when both of its hosts let it', async () => {
    const views = await all
    expect(told(views, 'm1/vcpu/50')).toEqual([
      '0..8 Unknown',
      '8..20 VmmKernel',
      '20..22 GuestTask deep-9',
      '22..25 VmmKernel VMRESUME',
      '25..40 GuestTask deep-9',
      '40..46 VmmKernel IO_INSTRUCTION',
      '46..50 VmmKernel IO_INSTRUCTION',
      '50..60 VmmKernel IO_INSTRUCTION',
      '60..82 Preempted l1task-51',
      // Its host's task had the vCPU, and another task of the physical host had that.
      '82..100 Preempted other-30',
      '100..110 Preempted l1task-51',
      '110..115 VmmKernel IO_INSTRUCTION',
      '115..120 GuestTask deep-9',
      '120..140 Preempted other-30',
    ])
    expect(told(views, 'm0/pcpu0')).toEqual([
      '0..5 VmmKernel',
      '5..8 Guest not known',
      '8..20 VmmKernel',
      '20..22 GuestTask deep-9',
      '22..25 VmmKernel VMRESUME',
      '25..40 GuestTask deep-9',
      '40..46 VmmKernel IO_INSTRUCTION',
      '46..60 VmmKernel IO_INSTRUCTION',
      '60..80 GuestTask l1task-51',
      '80..82 VmmKernel EXTERNAL_INTERRUPT',
      '82..100 HostTask other-30',
      '100..105 VmmKernel EXTERNAL_INTERRUPT',
      '105..110 GuestTask l1task-51',
      '110..115 VmmKernel IO_INSTRUCTION',
      '115..120 GuestTask deep-9',
      '120..140 HostTask other-30',
    ])
    expect(views.layersAt(30).cpus[0]!.layers.map((l) => l.task.name)).toEqual([
      'CPU 0/KVM-31',
      'CPU 0/KVM-50',
      'deep-9',
    ])
  })

  test('its totals, its task, and where the time of that went', async () => {
    const views = await all
    const inner = views.totals().vcpus.find((v) => v.track === 'm1/vcpu/50')!
    expect(inner).toMatchObject({ guest: 22, vmmKernel: 40, preempted: 70, blocked: 0, ready: 0, unknown: 8 })
    expect(inner.preemptedBy.map((s) => [s.by.name, s.time])).toEqual([
      ['other-30', 38],
      ['l1task-51', 32],
    ])
    const deep = views.totals().tasks.find((t) => t.name === 'deep-9')!
    expect(deep).toMatchObject({ running: 134, guestMode: 22, vmm: 40, hostPreempted: 70, vcpuUnknown: 2, unknown: 6 })
    expect(toldThread(story, 2, 9).slice(-3)).toEqual([
      '110..115 VmmKernel IO_INSTRUCTION',
      '115..120 GuestTask deep-9',
      '120..140 Preempted other-30',
    ])
    const [delta] = views.deltaByLayer({ from: sessionTime(40), to: sessionTime(140), tracks: ['m2/task/9'] }).subjects
    expect(delta!.parts.map((p) => [p.layer, p.by?.name ?? p.what, p.time])).toEqual([
      ['task', 'deep-9', 5],
      ['hypervisor', 'IO_INSTRUCTION', 25],
      ['vcpuPreempted', 'other-30', 38],
      ['vcpuPreempted', 'l1task-51', 32],
    ])
  })

  test('its preemptions have their culprits in both machines below', async () => {
    const { rows } = (await all).preemptions({ limit: 9, kind: 'vcpu', sort: 'time' })
    expect(rows.map((p) => [p.track, p.from, p.lost, p.culprit.name])).toEqual([
      ['m1/vcpu/50', 60, 50, 'l1task-51'],
      ['m0/vcpu/31', 82, 18, 'other-30'],
      ['m0/vcpu/31', 120, 20, 'other-30'],
      ['m1/vcpu/50', 120, 20, 'other-30'],
    ])
    expect(rows[0]!.shares.map((s) => [s.by.name, s.time])).toEqual([
      ['l1task-51', 32],
      ['other-30', 18],
    ])
  })

  test('is the culprit itself, by the vCPUs of both machines, when it takes another guest its CPU', async () => {
    const taken = `
0 sw 0->41 | 0 3.0 sw 0->200 | 2 entry | 10 exit 1 | 12 sw 41(R)->31 | 12 2.0 sw 0->9 | 12 1.0 sw 0->50 | 13 entry
14 1.0 entry | 40 exit 1 | 41 1.0 exit 1 | 42 sw 31(R)->41 | 45 entry | 60 end | 60 1.0 end | 60 2.0 end | 60 3.0 end`
    const { rows, byCulprit } = (await tell(machines, taken).views()).preemptions({
      limit: 9,
      kind: 'vcpu',
      sort: 'time',
    })
    expect(rows[0]).toMatchObject({
      from: 12,
      lost: 30,
      stoodStill: { machine: 3, name: 'web-200' },
      culprit: { machine: 2, name: 'deep-9', through: [{ pid: 31 }, { pid: 50 }] },
      culpritTrack: 'm2/task/9',
    })
    // The other guest takes it from the guest's vCPU, and with it from that one's own vCPU.
    expect(byCulprit.map((c) => [c.culprit.name, c.count, c.lost])).toEqual([
      ['web-200', 2, 36],
      ['deep-9', 1, 30],
    ])
    // The guest's guest lost the CPU to what the other guest ran.
    expect(rows.find((r) => r.track === 'm1/vcpu/50')).toMatchObject({
      from: 42,
      culprit: { machine: 3, name: 'web-200', through: [{ machine: 0, pid: 41 }] },
      stoodStill: { machine: 2, name: 'deep-9' },
    })
  })
})
