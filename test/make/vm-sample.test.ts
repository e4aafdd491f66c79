import { expect, test } from 'vitest'
import { memorySource, type SourceRef } from '../../workers/bytes.js'
import { inlinePool } from '../../workers/columns/load.js'
import { createEngine } from '../../workers/engine.js'
import { makeVmSample } from './vm-sample.js'

test('the views tell of the made sample what was put into it', async () => {
  const sample = makeVmSample(120)
  const open = (ref: SourceRef) => {
    if (ref.kind !== 'bytes') throw new Error('these tests keep their files in memory')
    return memorySource(ref.name, ref.bytes)
  }
  const engine = createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 })
  const info = await engine.open({
    sources: sample.files.map((f): SourceRef => ({
      kind: 'bytes',
      name: f.name,
      size: f.bytes.length,
      bytes: f.bytes,
    })),
    assess: true,
  })
  expect(info.machines.map((m) => m.name)).toEqual(['host', 'web', 'batch'])
  expect(info.clocks.map((c) => c.verdict)).toEqual([null, 'GUARANTEED', 'GUARANTEED'])
  const { tracks, lacking } = await engine.fusedTracks()
  expect(tracks.map((t) => t.id)).toEqual(['m0/pcpu0', 'm0/pcpu1', 'm0/vcpu/2101', 'm0/vcpu/2102', 'm0/vcpu/2201'])
  expect(lacking).toEqual([])
  const { vcpus } = await engine.fusedTotals()
  for (const [tid, truth] of sample.truth) {
    const v = vcpus.find((x) => x.track === `m0/vcpu/${tid}`)!
    // The recording ends with the last event, the story a little later; every state is told to within one slice.
    const near = (told: number, made: number): void => expect(Math.abs(told - made)).toBeLessThan(4e6)
    near(v.guest, truth.guest)
    near(v.vmmKernel + v.vmmUser, truth.vmm)
    near(v.preempted, truth.preempted)
    near(v.ready, truth.ready)
    near(v.blocked, truth.blocked)
    expect(v.missing).toEqual({ entries: 0, exits: 0 })
    expect(new Map(v.exits.map((e) => [e.reason, e.count]))).toEqual(truth.exits)
  }
  const { rows, byCulprit } = await engine.preemptions({ limit: 500, kind: 'vcpu' })
  const across = rows.filter((r) => r.culprit.machine !== 0 && r.culprit.machine !== r.stoodStill.machine)
  expect(across.length).toBeGreaterThan(5)
  expect(byCulprit.some((c) => c.culprit.name === 'backup-900')).toBe(true)
})
