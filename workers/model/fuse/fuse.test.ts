import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { storySession, tell, told } from '../../../test/fixtures/vm-story.js'
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
