import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { storyEvents, storySession, tell, told, type StoryMachine } from '../../../test/fixtures/vm-story.js'
import { guest, host, oracle } from '../../../test/fixtures/vm-oracle.js'
import { family, soup } from '../../../test/fixtures/vm-soup.js'
import { FusedState } from '../../thread/contract.js'
import { sessionTime } from '../../units.js'

describe('the hand-computed oracle', () => {
  const all = tell([host, guest], oracle).views()

  test('the states of the vCPU', async () => {
    expect(told(await all, 'm0/vcpu/31')).toEqual([
      '0..10 VmmKernel',
      '10..20 Guest not known',
      '20..60 GuestTask any-131',
      '60..70 VmmKernel EXTERNAL_INTERRUPT',
      '70..170 Preempted other-30',
      '170..180 VmmKernel EXTERNAL_INTERRUPT',
      '180..190 GuestTask any-131',
      '190..220 GuestTask app-132',
      '220..240 GuestTask any-131',
      '240..245 VmmKernel MSR_WRITE',
      '245..260 GuestTask any-131',
      '260..265 GuestIdle idle',
      '265..270 VmmKernel HLT',
      '270..370 Blocked halted',
      '370..375 Ready',
      '375..380 VmmKernel HLT',
      '380..390 GuestIdle idle',
      '390..400 GuestTask any-131',
    ])
  })

  test('its totals sum to the range, and steal is what it waited for a CPU', async () => {
    const [vcpu] = (await all).totals().vcpus
    expect(vcpu).toMatchObject({
      guest: 150,
      vmmKernel: 45,
      vmmUser: 0,
      preempted: 100,
      blocked: 100,
      ready: 5,
      unknown: 0,
      steal: 105,
      stealPercent: 35,
      split: true,
      missing: { entries: 0, exits: 0 },
      blockedBy: [{ why: 'halted', time: 100 }],
    })
    expect(vcpu!.preemptedBy.map((s) => [s.by.name, s.time])).toEqual([['other-30', 100]])
    expect(vcpu!.exits.map((e) => [e.reason, e.count, e.time, e.p50, e.max])).toEqual([
      ['EXTERNAL_INTERRUPT', 1, 20, 20, 20],
      ['HLT', 1, 10, 10, 10],
      ['MSR_WRITE', 1, 5, 5, 5],
    ])
  })

  test('the guest task is split by the layers below it', async () => {
    const tasks = (await all).totals().tasks
    expect(tasks.find((t) => t.pid === 131)).toMatchObject({
      running: 220,
      guestMode: 95,
      vmm: 25,
      hostPreempted: 100,
      vcpuReady: 0,
      vcpuBlocked: 0,
      vcpuUnknown: 0,
      preempted: 30,
      blocked: 125,
      ready: 5,
      unknown: 20,
      preemptedBy: [{ by: { machine: 1, pid: 132, name: 'app-132' }, time: 30 }],
      hostPreemptedBy: [{ by: { machine: 0, pid: 30, name: 'other-30' }, time: 100 }],
    })
  })

  test('preemptions name their culprits and whose work stood still; a halted vCPU was not preempted', async () => {
    const report = (await all).preemptions({ limit: 10 })
    expect(
      report.rows.map((p) => [p.kind, p.from, p.to, p.victim.name, p.culprit.name, p.stoodStill.name, p.cpu]),
    ).toEqual([
      ['vcpu', 70, 170, 'CPU 0/KVM-31', 'other-30', 'any-131', 0],
      ['task', 190, 220, 'any-131', 'app-132', 'any-131', 0],
    ])
    expect(report).toMatchObject({ count: 2, lost: 130 })
    expect(report.byPair.map((p) => [p.victim.name, p.culprit.name, p.lost])).toEqual([
      ['CPU 0/KVM-31', 'other-30', 100],
      ['any-131', 'app-132', 30],
    ])
    const part = (await all).preemptions({ limit: 1, from: sessionTime(100), to: sessionTime(200), sort: 'time' })
    expect([part.count, part.lost, part.rows.map((r) => r.lost)]).toEqual([2, 80, [70]])
  })

  test('the physical CPU', async () => {
    const views = await all
    expect(told(views, 'm0/pcpu0').slice(0, 6)).toEqual([
      '0..10 VmmKernel',
      '10..20 Guest not known',
      '20..60 GuestTask any-131',
      '60..70 VmmKernel EXTERNAL_INTERRUPT',
      '70..170 HostTask other-30',
      '170..180 VmmKernel EXTERNAL_INTERRUPT',
    ])
    expect(views.totals().pcpus).toEqual([
      {
        track: 'm0/pcpu0',
        machine: 0,
        label: 'CPU 0',
        host: 100,
        idle: 105,
        guests: [{ machine: 1, time: 150 }],
        vmm: 45,
        unknown: 0,
      },
    ])
  })

  test('all layers at an instant', async () => {
    const views = await all
    const running = views.layersAt(200)
    expect(running.cpus[0]).toMatchObject({
      condition: 'IN_VM',
      machine: 1,
      state: FusedState.GuestTask,
      label: 'app-132',
    })
    expect(running.cpus[0]!.layers.map((l) => [l.task.name, l.vcpu?.track ?? null])).toEqual([
      ['CPU 0/KVM-31', 'm0/vcpu/31'],
      ['app-132', null],
    ])
    const taken = views.layersAt(100)
    expect(taken.cpus[0]).toMatchObject({ condition: 'OUT_VM', machine: 0, label: 'other-30' })
    expect(taken.waiting).toMatchObject([
      { track: 'm0/vcpu/31', state: FusedState.Preempted, why: 'other-30', since: 70, task: { name: 'any-131' } },
    ])
    expect(views.layersAt(400).cpus[0]).toMatchObject({ condition: 'IN_VM', label: 'any-131' })
  })
})

describe('further cases', () => {
  const rowOf = async (machines: readonly StoryMachine[], text: string, track: string): Promise<string[]> =>
    told(await tell(machines, text).views(), track)

  test('two machines on one CPU: the culprit is what the other one ran', async () => {
    const other: StoryMachine = { name: 'other', parent: 0, vcpus: { 0: 41 }, comms: { 200: 'hog' } }
    const text = `
0 sw 0->31 | 0 2.0 sw 0->200 | 5 entry | 10 G sw 0->131 | 20 exit 1 | 22 sw 31(R)->41 | 25 entry
60 exit 1 | 62 sw 41(R)->31 | 65 entry | 90 end | 90 G end | 90 2.0 end`
    const views = await tell([host, guest, other], text).views()
    expect(told(views, 'm0/vcpu/31').slice(3, 6)).toEqual([
      '20..22 VmmKernel EXTERNAL_INTERRUPT',
      '22..62 Preempted <...>-41',
      '62..65 VmmKernel EXTERNAL_INTERRUPT',
    ])
    const { rows, byCulprit } = views.preemptions({ limit: 9, kind: 'vcpu' })
    expect(rows[0]).toMatchObject({
      lost: 40,
      stoodStill: { machine: 1, name: 'any-131' },
      culprit: { machine: 2, name: 'hog-200', through: [{ machine: 0, pid: 41 }] },
      culpritTrack: 'm2/task/200',
    })
    expect(byCulprit.map((c) => [c.culprit.name, c.lost, c.count])).toEqual([
      ['hog-200', 40, 1],
      ['any-131', 28, 1],
    ])
    expect(told(views, 'm0/pcpu0').slice(3, 8)).toEqual([
      '20..22 VmmKernel EXTERNAL_INTERRUPT',
      '22..25 VmmKernel',
      '25..60 GuestTask hog-200',
      '60..62 VmmKernel EXTERNAL_INTERRUPT',
      '62..65 VmmKernel EXTERNAL_INTERRUPT',
    ])
  })

  const nestedMachines: StoryMachine[] = [
    host,
    { name: 'L1', parent: 0, vcpus: { 0: 31 }, comms: { 50: 'CPU 0/KVM', 51: 'l1task' } },
    { name: 'L2', parent: 1, vcpus: { 0: 50 }, comms: { 9: 'deep' } },
  ]

  test('a guest within a guest runs when both of its hosts let it', async () => {
    const text = `
0 sw 0->31 | 5 entry | 6 2.0 sw 0->9 | 8 1.0 sw 51->50 | 20 1.0 entry | 22 exit 24 | 25 entry | 40 exit 30
45 inject 30 | 46 entry | 50 1.0 exit 30 | 60 1.0 sw 50(R)->51 | 80 exit 1 | 82 sw 31(R)->30 | 100 sw 30->31
105 entry | 110 1.0 sw 51->50 | 115 1.0 entry | 120 sw 31(R)->30 | 140 end | 140 1.0 end | 140 2.0 end`
    const views = await tell(nestedMachines, text).views()
    expect(told(views, 'm1/vcpu/50')).toEqual([
      '0..8 Unknown',
      '8..20 VmmKernel',
      '20..22 GuestTask deep-9',
      '22..25 VmmKernel VMRESUME',
      '25..40 GuestTask deep-9',
      '40..46 VmmKernel IO_INSTRUCTION',
      '46..50 VmmKernel IO_INSTRUCTION',
      '50..60 VmmKernel IO_INSTRUCTION',
      '60..110 Preempted l1task-51',
      '110..115 VmmKernel IO_INSTRUCTION',
      '115..120 GuestTask deep-9',
      '120..140 Preempted other-30',
    ])
    expect(told(views, 'm0/pcpu0').slice(0, 7)).toEqual([
      '0..5 VmmKernel',
      '5..8 Guest not known',
      '8..20 VmmKernel',
      '20..22 GuestTask deep-9',
      '22..25 VmmKernel VMRESUME',
      '25..40 GuestTask deep-9',
      '40..46 VmmKernel IO_INSTRUCTION',
    ])
    expect(views.layersAt(30).cpus[0]!.layers.map((l) => l.task.name)).toEqual([
      'CPU 0/KVM-31',
      'CPU 0/KVM-50',
      'deep-9',
    ])
    expect(
      views.preemptions({ limit: 9, kind: 'vcpu', sort: 'time' }).rows.map((p) => [p.track, p.from, p.culprit.name]),
    ).toEqual([
      ['m1/vcpu/50', 60, 'l1task-51'],
      ['m0/vcpu/31', 82, 'other-30'],
      ['m0/vcpu/31', 120, 'other-30'],
      ['m1/vcpu/50', 120, 'other-30'],
    ])
  })

  test('a vCPU is followed from CPU to CPU, also while it waits', async () => {
    const text = `
0 sw 0->31 | 0 0.1 sw 0->30 | 5 entry | 10 G sw 0->131 | 20 exit 1 | 22 sw 31(R)->33 | 30 migrate 31 1
40 0.1 sw 30(S)->31 | 42 0.1 entry | 60 end | 60 0.1 end | 60 G end`
    const views = await tell([host, guest], text).views()
    expect(told(views, 'm0/vcpu/31').slice(3)).toEqual([
      '20..22 VmmKernel EXTERNAL_INTERRUPT',
      '22..30 Preempted <...>-33',
      '30..40 Preempted other-30',
      '40..42 VmmKernel EXTERNAL_INTERRUPT',
      '42..60 GuestTask any-131',
    ])
    expect(told(views, 'm0/pcpu1').slice(-1)).toEqual(['42..60 GuestTask any-131'])
    expect(views.preemptions({ limit: 1, kind: 'vcpu' }).rows[0]!.shares.map((s) => [s.by.pid, s.time])).toEqual([
      [30, 10],
      [33, 8],
    ])
  })

  test('missing exits and entries are counted, and a thread without an exit has left its guest when it is switched out', async () => {
    const text =
      '0 sw 0->31 | 5 entry | 20 entry | 30 exit 12 | 40 exit 1 | 50 entry | 60 sw 31(S)->0 | 80 end | 80 G end'
    const views = await tell([host, guest], text).views()
    expect(told(views, 'm0/vcpu/31')).toEqual([
      '0..5 VmmKernel',
      '5..20 Guest not known',
      '20..30 Guest not known',
      '30..40 VmmKernel HLT',
      '40..50 VmmKernel EXTERNAL_INTERRUPT',
      '50..60 Guest not known',
      '60..80 Blocked waiting',
    ])
    expect(views.totals().vcpus[0]!.missing).toEqual({ entries: 1, exits: 2 })
  })

  test('without kvm events a thread on a CPU is guest or hypervisor, and that is said', async () => {
    const text =
      '0 sw 0->31 | 10 G sw 0->131 | 20 sw 31(R)->30 | 30 sw 30->31 | 40 G sw 131(S)->0 | 50 sw 31(S)->0 | 60 end | 60 G end'
    const views = await tell([host, guest], text).views()
    expect(told(views, 'm0/vcpu/31')).toEqual([
      '0..10 Guest not known',
      '10..20 GuestTask any-131',
      '20..30 Preempted other-30',
      '30..40 GuestTask any-131',
      '40..50 GuestIdle idle',
      '50..60 Blocked guest idle',
    ])
    expect(views.totals().vcpus[0]).toMatchObject({ split: false, exits: [], guest: 40 })
    expect(views.lacking.find((l) => l.events.includes('kvm_entry'))).toEqual({
      machine: 0,
      events: ['kvm_entry', 'kvm_exit'],
      sentence:
        'Without kvm_entry and kvm_exit host does not say whether a vCPU ran its guest or the hypervisor: both are shown as guest.',
      command:
        'trace-cmd record -e sched_switch -e sched_waking -e sched_process_fork -e sched_process_exit -e sched_migrate_task ' +
        '-e kvm_entry -e kvm_exit -e kvm_userspace_exit -e irq ' +
        '-A guest -e sched_switch -e sched_waking -e sched_process_fork -e sched_process_exit -e irq',
    })
  })

  test('user space, interrupts and system calls', async () => {
    const text = `
0 sw 0->31 | 5 entry | 6 G sw 0->131 | 8 G call read | 10 G irq 4 | 12 G irqend | 14 G softirq 1 | 16 G softirqend
20 exit 30 | 22 user 2 | 24 irq 9 | 26 irqend | 30 entry | 40 G callend read | 50 exit 30 | 52 user 2 | 54 sw 31(S)->0
60 waking 31 | 62 sw 0->31 | 70 entry | 80 end | 80 G end`
    const machines = [host, guest]
    expect((await rowOf(machines, text, 'm0/vcpu/31')).slice(2)).toEqual([
      '6..8 GuestTask any-131',
      '8..10 GuestSyscall any-131/read',
      '10..12 GuestIrq irq 4 disk',
      '12..14 GuestSyscall any-131/read',
      '14..16 GuestSoftirq softirq TIMER',
      '16..20 GuestSyscall any-131/read',
      '20..22 VmmKernel IO_INSTRUCTION',
      '22..30 VmmUser KVM_EXIT_IO',
      '30..40 GuestSyscall any-131/read',
      '40..50 GuestTask any-131',
      '50..52 VmmKernel IO_INSTRUCTION',
      '52..54 VmmUser KVM_EXIT_IO',
      '54..60 Blocked user space',
      '60..62 Ready',
      '62..70 VmmUser KVM_EXIT_IO',
      '70..80 GuestTask any-131',
    ])
    const views = await tell(machines, text).views()
    expect(told(views, 'm0/pcpu0')).toContain('24..26 HostIrq irq 9 disk')
    expect(views.totals().vcpus[0]!.exits).toMatchObject([
      { reason: 'IO_INSTRUCTION', count: 2, time: 22, user: 18, max: 12 },
    ])
    expect(views.layersAt(9).cpus[0]!.layers.at(-1)).toMatchObject({ syscall: 'read', interrupt: null })
    expect(views.layersAt(11).cpus[0]!.layers.at(-1)).toMatchObject({ interrupt: 'irq 4 disk' })
  })

  test('a trace that begins inside the guest does not lose that', async () => {
    const text = '0 work by 31 | 10 exit 12 | 20 entry | 30 end'
    expect(await rowOf([host, guest], text, 'm0/vcpu/31')).toEqual([
      '0..10 Guest not known',
      '10..20 VmmKernel HLT',
      '20..30 Guest not known',
    ])
  })

  test('what happened while events were lost is not known', async () => {
    const text = `
0 sw 0->31 | 5 entry | 10 exit 1 | 20 sw 31(R)->30 | 30 work | 60 work | 70 sw 30->31 | 75 entry | 80 exit 1 | 81 entry
90 work | 110 work | 115 exit 12 | 120 entry | 130 end`
    const events = storyEvents(text).map((e) => (e.t === 60 || e.t === 110 ? { ...e, lost: 5 } : e))
    const views = await storySession([host, guest], events).views()
    expect(told(views, 'm0/vcpu/31').slice(2)).toEqual([
      '10..20 VmmKernel EXTERNAL_INTERRUPT',
      '20..30 Preempted other-30',
      '30..70 Unknown',
      '70..75 VmmKernel EXTERNAL_INTERRUPT',
      '75..80 Guest not known',
      '80..81 VmmKernel EXTERNAL_INTERRUPT',
      '81..90 Guest not known',
      '90..115 Unknown',
      '115..120 VmmKernel HLT',
      '120..130 Guest not known',
    ])
    expect(told(views, 'm0/pcpu0').filter((l) => /Unknown|Task/.test(l))).toEqual([
      '20..30 HostTask other-30',
      '30..60 Unknown',
      '60..70 HostTask other-30',
      '90..115 Unknown',
    ])
    expect(views.preemptions({ limit: 9 }).lost).toBe(10)
  })

  test('woken before it was off its CPU: ready, never blocked', async () => {
    const text =
      '0 sw 0->31 | 5 entry | 10 exit 12 | 18 0.1 waking 31 by 7 | 20 sw 31(S)->0 | 25 sw 0->31 | 30 entry | 40 end'
    expect((await rowOf([host, guest], text, 'm0/vcpu/31')).slice(3, 4)).toEqual(['20..25 Ready'])
  })

  test('a recording without guests says how to make one', async () => {
    const views = await tell([{ name: 'alone' }], '0 sw 0->5 | 10 end').views()
    expect(views.tracks().tracks).toEqual([])
    expect(views.lacking).toHaveLength(1)
    expect(views.lacking[0]!.command).toMatch(/^trace-cmd record .*-e kvm_entry .*-A GUEST /)
  })
})

test('whatever the events, states partition time, and no vCPU is on two CPUs at once', async () => {
  await fc.assert(
    fc.asyncProperty(soup, fc.nat(100), fc.nat(100), async (events, a, b) => {
      const { session, views } = storySession(family, events)
      const v = await views()
      const { first, t, state } = v.model.intervals
      v.model.tracks.forEach(({ kind }, row) => {
        const [lo, hi] = [first[row]!, first[row + 1]! - 1]
        if (session.from === session.to) return
        expect(t[lo]).toBe(session.from)
        expect(t[hi]).toBe(session.to)
        for (let i = lo; i < hi; i++) {
          expect(t[i + 1]!).toBeGreaterThanOrEqual(t[i]!)
          if (kind === 'pcpu') expect(state[i]!).toBeLessThanOrEqual(FusedState.VmmUser)
          else expect(state[i] === FusedState.Unknown || state[i]! >= FusedState.Guest).toBe(true)
        }
      })
      const [from, to] = [Math.min(a, b), Math.max(a, b)].map(
        (x) => session.from + (x / 100) * (session.to - session.from),
      )
      const totals = v.totals({ from: sessionTime(from!), to: sessionTime(to!) })
      const span = to! - from!
      for (const c of totals.vcpus) {
        const sum = c.guest + c.vmmKernel + c.vmmUser + c.preempted + c.blocked + c.ready + c.unknown
        expect(sum).toBeCloseTo(span, 6)
      }
      for (const c of totals.pcpus) {
        const guests = c.guests.reduce((n, g) => n + g.time, 0)
        expect(c.host + c.idle + c.vmm + c.unknown + guests).toBeCloseTo(span, 6)
      }
      for (const k of totals.tasks) {
        const below = k.guestMode + k.vmm + k.hostPreempted + k.vcpuReady + k.vcpuBlocked + k.vcpuUnknown
        expect(below).toBeCloseTo(k.running, 6)
        expect(k.running + k.preempted + k.ready + k.blocked + k.unknown).toBeCloseTo(span, 6)
      }
      // What a CPU is seen to do for its guests and what its vCPUs are seen to do is the same time.
      const onCpu = totals.pcpus.reduce((n, c) => n + c.vmm + c.guests.reduce((m, g) => m + g.time, 0), 0)
      const ran = totals.vcpus
        .filter((c) => c.track.startsWith('m0'))
        .reduce((n, c) => n + c.guest + c.vmmKernel + c.vmmUser + c.unknown, 0)
      expect(onCpu).toBeLessThanOrEqual(ran + 1e-6)
      const report = v.preemptions({ limit: 1000 })
      for (const p of report.rows) {
        expect(p.shares.reduce((n, s) => n + s.time, 0)).toBeCloseTo(p.lost, 6)
      }
      expect(report.byCulprit.reduce((n, c) => n + c.lost, 0)).toBeCloseTo(report.lost, 6)
      v.layersAt(from!)
    }),
    { numRuns: 500 },
  )
})
