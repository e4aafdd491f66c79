import { join } from 'node:path'
import { statSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Format } from '../../../test/make/event-format.js'
import { functionEntry, knownFormats } from '../../../test/make/known-formats.js'
import type { Item } from '../../../test/make/ring-buffer.js'
import { switchTo, waking } from '../../../test/make/scenario.js'
import { hasTraceCmd, traceCmdReport } from '../../../test/make/tools.js'
import { writeTraceDat } from '../../../test/make/trace-dat.js'
import { makeVmSample } from '../../../test/make/vm-sample.js'
import { memorySource, type SourceRef } from '../../bytes.js'
import { inlinePool } from '../../columns/load.js'
import { createEngine, type Engine } from '../../engine.js'
import { openNodeSource } from '../../thread/sources-node.js'
import { defaultDefinitions } from './definitions.js'

const open = (ref: SourceRef) => (ref.kind === 'bytes' ? memorySource(ref.name, ref.bytes) : openNodeSource(ref))
async function load(sources: readonly SourceRef[]): Promise<Engine> {
  const engine = createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 })
  await engine.open({ sources })
  return engine
}
const wakeup = 'sched_waking -> sched_wakeup -> sched_switch'

/** Wake-ups as the text of trace-cmd tells them: waking, then wakeup, then the switch to the task, without anything between. */
function fromText(text: string): { total: number[]; first: number[] } {
  const found = { total: [] as number[], first: [] as number[] }
  const open = new Map<string, { from: bigint; wakeup: bigint | null }>()
  for (const line of text.split('\n')) {
    const m = /\s(\d+)\.(\d{9}): (sched_waking|sched_wakeup|sched_switch):\s+(.*)$/.exec(line)
    if (!m) continue
    const t = BigInt(m[1]!) * 1_000_000_000n + BigInt(m[2]!)
    const info = m[4]!
    if (m[3] === 'sched_waking') open.set(/ pid=(\d+)/.exec(info)![1]!, { from: t, wakeup: null })
    else {
      const pid = (m[3] === 'sched_wakeup' ? /:(\d+) \[\d+\] CPU/ : /==> .*:(\d+) \[/).exec(info)![1]!
      const run = open.get(pid)
      if (!run) continue
      if (m[3] === 'sched_wakeup') run.wakeup ??= t
      else if (run.wakeup !== null) {
        found.total.push(Number(t - run.from))
        found.first.push(Number(run.wakeup - run.from))
        open.delete(pid)
      }
    }
  }
  return found
}

describe.skipIf(!hasTraceCmd)(`a recorded host${hasTraceCmd ? '' : ' (skipped: no trace-cmd)'}`, () => {
  it('gives the wake-ups that the text of trace-cmd report gives, to the nanosecond', async () => {
    const path = join(import.meta.dirname, '../../../samples/host-and-guest/host.dat')
    const engine = await load([{ kind: 'path', name: 'host.dat', size: statSync(path).size, path }])
    await engine.runsTake(wakeup, defaultDefinitions)
    const values = async (measure: string) =>
      Array.from((await engine.runsValues({ chain: wakeup }, measure, '')).value)
    const truth = fromText(traceCmdReport(['-t', '-i', path]))
    expect(truth.total.length).toBeGreaterThan(10_000)
    expect(await values('total')).toEqual(truth.total.sort((a, b) => a - b))
    expect(await values('sched_waking -> sched_wakeup')).toEqual(truth.first.sort((a, b) => a - b))
  })
})

describe('a generated host with two guests', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await load(
      makeVmSample(60).files.map(({ name, bytes }) => ({ kind: 'bytes', name, size: bytes.length, bytes })),
    )
  })

  it('gives runs of every machine, each a click away from its events', async () => {
    const { input, resolved } = await engine.runsTake(wakeup, defaultDefinitions)
    expect(input.sessions.map((s) => s.environment)).toContain('vm')
    expect(resolved.steps.every((s) => s.taken.every((t) => t.candidate !== null))).toBe(true)
    for (const run of [0, input.runs - 1]) {
      const details = await engine.runsRun({ chain: wakeup }, run)
      const rows = await Promise.all(details.steps.map((s) => engine.details(s.position!)))
      expect(rows.map((r) => r.event)).toEqual(['sched_waking', 'sched_wakeup', 'sched_switch'])
      expect(details.shown).toMatchObject({
        from: rows[0]!.t,
        to: rows[2]!.t,
        track: `m${rows[2]!.machine}/cpu${rows[2]!.cpu}`,
      })
      expect(details.steps.map((s) => s.time)).toEqual(rows.map((r) => r.time))
      expect(details.attributes.cpu).toBe(String(rows[2]!.cpu))
    }
  })

  it('follows exits to the next entry of the same vCPU thread', async () => {
    const { input } = await engine.runsTake('kvm_exit -> kvm_entry', defaultDefinitions)
    expect(input.runs).toBeGreaterThan(100)
    const { value } = await engine.runsValues({ chain: 'kvm_exit -> kvm_entry' }, 'total', '')
    expect(value.every((x) => x > 0)).toBe(true)
  })

  it('says what a machine lacks, and takes nothing from it', async () => {
    const { input } = await engine.runsTake('sched_waking -> first tk read', defaultDefinitions)
    expect(input.runs).toBe(0)
    expect(
      input.faults.some((f) =>
        /holds nothing that means first tk read \(ktime_get, .*\); no run is taken from it\.$/.test(f.message),
      ),
    ).toBe(true)
  })

  it('takes the first of several meanings that is there', async () => {
    const definitions = {
      ...defaultDefinitions,
      probes: { in: ['nowhere:nothing', 'sched:sched_switch@next_pid'], out: ['sched:sched_switch@prev_pid'] },
    }
    const { input, resolved } = await engine.runsTake('in -> out', definitions)
    expect(resolved.steps[0]!.taken[0]!.candidate).toBe('sched:sched_switch@next_pid')
    expect(input.runs).toBeGreaterThan(50)
  })

  it('forgets nothing that was read from files', async () => {
    await engine.runsTake(wakeup, defaultDefinitions)
    const text = `timestamp_ns,probe_name,session_id,cpu_id,delta_chain_id\n1,sched_waking,s,0,1\n4,sched_wakeup,s,0,1\n9,sched_switch,s,0,1\n`
    const bytes = new TextEncoder().encode(text)
    const source: SourceRef = { kind: 'bytes', name: 'lab.csv', size: bytes.length, bytes }
    await engine.runsOpen([{ environment: 'lab', source }], true)
    const report = await engine.runsReport({ chain: wakeup })
    expect(report.groups.map((g) => g.environment)).toEqual(['host', 'vm', 'lab'])
  })
})

describe('functions and softirqs', () => {
  const [a, b] = [
    { pid: 100, comm: 'alpha' },
    { pid: 200, comm: 'beta' },
  ]
  const softirq = (name: string, id: number): Format => ({
    system: 'irq',
    name,
    id,
    fields: [{ kind: 'int', name: 'vec', type: 'unsigned int', size: 4, signed: false }],
    printFmt: '"vec=%u", REC->vec',
  })
  const [raise, entry, exit] = [
    softirq('softirq_raise', 901),
    softirq('softirq_entry', 902),
    softirq('softirq_exit', 903),
  ]
  const address = {
    ktime_get: 0xffffffff81000000n,
    schedule: 0xffffffff81000100n,
    read_tsc: 0xffffffff81000200n,
  } as const
  const call = (time: bigint, pid: number, name: keyof typeof address): Item => ({
    kind: 'event',
    time,
    pid,
    format: functionEntry,
    values: { ip: address[name] + 4n, parent_ip: address.schedule + 8n },
  })
  const at = (time: bigint, format: Format, vec: number): Item => ({
    kind: 'event',
    time,
    pid: a.pid,
    format,
    values: { vec: BigInt(vec) },
  })
  const engineFor = (cpus: readonly (readonly Item[])[]): Promise<Engine> => {
    const { bytes } = writeTraceDat({
      formats: [...knownFormats, raise, entry, exit],
      comms: { 100: 'alpha', 200: 'beta' },
      kallsyms: Object.entries(address).map(([name, value]) => ({ address: value, name })),
      buffers: [{ name: '', cpus: cpus.map((items, cpu) => ({ cpu, items })) }],
    })
    return load([{ kind: 'bytes', name: 'f.dat', size: bytes.length, bytes }])
  }

  it('a chain ends at the first read of its own task, by the first function of the list that was traced', async () => {
    const engine = await engineFor([
      [
        waking(1_000_000n, a, b, 0),
        call(1_000_200n, a.pid, 'ktime_get'),
        switchTo(1_001_000n, a, 0, b),
        call(1_001_300n, b.pid, 'schedule'),
        call(1_001_400n, b.pid, 'read_tsc'),
        call(1_001_700n, b.pid, 'ktime_get'),
        call(1_001_900n, b.pid, 'ktime_get'),
      ],
    ])
    const { input, resolved } = await engine.runsTake(
      'sched_waking -> sched_switch -> first tk read',
      defaultDefinitions,
    )
    expect(resolved.steps[2]!.taken[0]!.candidate).toBe('ktime_get')
    expect(input.runs).toBe(1)
    const run = await engine.runsRun({ chain: 'sched_waking -> sched_switch -> first tk read' }, 0)
    expect(run.steps.map((s) => s.since)).toEqual([0, 1000, 700])
    expect(run.attributes).toMatchObject({ task: 'beta', cpu: '0' })
  })

  it('a softirq goes on with the same softirq of the same CPU', async () => {
    const engine = await engineFor([
      [
        at(1000n, raise, 3),
        at(1100n, raise, 9),
        at(1300n, entry, 9),
        at(1350n, exit, 9),
        at(1400n, entry, 3),
        at(1700n, exit, 3),
      ],
      [at(1200n, raise, 3), at(1250n, entry, 3), at(1260n, exit, 3), at(2000n, raise, 3)],
    ])
    const { input } = await engine.runsTake('Softirq', defaultDefinitions)
    expect(input.runs).toBe(3)
    const { value } = await engine.runsValues({ chain: 'Softirq' }, 'total', '')
    expect(Array.from(value)).toEqual([60, 250, 700])
    expect(input.faults.map((f) => f.message)).toContain('1 run of f began and did not reach softirq_exit; left out.')
  })
})
