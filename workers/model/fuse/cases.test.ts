import { describe, expect, test } from 'vitest'
import { guest, host } from '../../../test/fixtures/vm-oracle.js'
import { tell, told, type StoryMachine } from '../../../test/fixtures/vm-story.js'

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
