import { describe, expect, it } from 'vitest'
import { headOnly } from '../../test/fixtures/head-only.js'
import { memorySource } from '../bytes.js'
import { recordReader } from '../readers/records/reader.js'
import type { TraceFile } from '../readers/types.js'
import { buildFamily } from './machines.js'

const S = 1_000_000_000n

/** A recording of `clock` that covers from..to seconds. */
function trace(name: string, from: bigint, to: bigint, more: Parameters<typeof headOnly>[1] = {}): TraceFile {
  const file = headOnly(name, { clock: 'mono', streams: [{ cpu: 0, buffer: '', bytes: 1 }], ...more })
  return { ...file, span: () => ({ first: from * S, last: to * S }) }
}

/** Records of two moments, in seconds. */
async function records(name: string, from: bigint, to: bigint, header: object = {}): Promise<TraceFile> {
  const at = (t: bigint): string =>
    JSON.stringify({ ev: 'ttwu', timestamp_ns: String(t * S), cpu: 0, pid: 1, by_pid: 2 })
  const text = [JSON.stringify({ ev: 'header', ...header }), at(from), at(to)].join('\n')
  return recordReader.open(memorySource(name, new TextEncoder().encode(text)))
}

const host = trace('host.dat', 4000n, 4010n, {
  uname: 'Linux vm 6.18.44 x86_64',
  traceId: 1n,
  guests: [{ name: 'db', traceId: 2n, vcpus: [] }],
})
const guest = trace('host-db.dat', 1590n, 1600n, { uname: 'Linux guest1 6.1.0-56 x86_64', traceId: 2n })

/** Names of the machines with their files, and the notes on records. */
function told(...files: TraceFile[]): { readonly machines: string[]; readonly notes: string[] } {
  const { machines, faults } = buildFamily(files)
  return {
    machines: machines.map((m) => `${m.name}: ${m.files.map((f) => files[f]!.meta.name).join(' ')}`),
    notes: faults.filter((f) => f.code.startsWith('records-')).map((f) => f.message),
  }
}

describe('files of records', () => {
  it('go to the machine that they name, or whose kernel they name', async () => {
    const named = await records('x.jsonl', 1n, 2n, { machine: 'guest1' })
    expect(told(host, guest, named)).toEqual({
      machines: ['host: host.dat', 'db: host-db.dat x.jsonl'],
      notes: ['Its records are taken for those of db: they name guest1.'],
    })
    const release = await records('x.jsonl', 1n, 2n, { kernel: '6.18.44' })
    expect(told(host, guest, release).machines).toEqual(['host: host.dat x.jsonl', 'db: host-db.dat'])
    const other = await records('x.jsonl', 4001n, 4002n, { kernel: '5.4.0' })
    expect(told(host, guest, other)).toEqual({
      machines: ['host: host.dat', 'db: host-db.dat', 'x: x.jsonl'],
      notes: [
        'To which machine its records belong cannot be told: no recording is of a kernel 5.4.0. They are shown by themselves; a pair of this file and a recording says it.',
      ],
    })
  })

  it('go to the recording of the same times of the same clock', async () => {
    const inGuest = await records('host-ebpf.jsonl', 1592n, 1593n)
    expect(told(inGuest, guest, host)).toEqual({
      machines: ['host: host.dat', 'db: host-db.dat host-ebpf.jsonl'],
      notes: ['Its records are taken for those of db: the times of its clock mono are the same.'],
    })
    const never = await records('host-ebpf.jsonl', 9n, 10n)
    expect(told(host, guest, never).notes[0]).toMatch(
      /none of the recordings was made at the same time of the clock mono/,
    )
  })

  it('go by their names where clocks do not tell', async () => {
    const tsc = { clock: 'x86-tsc' }
    const [h, g] = [
      trace('host.dat', 1n, 2n, { ...tsc, traceId: 1n, guests: host.meta.guests }),
      trace('host-db.dat', 1n, 2n, { ...tsc, traceId: 2n }),
    ]
    expect(told(h, g, await records('host-db-wake.jsonl', 1n, 2n)).machines[1]).toBe(
      'db: host-db.dat host-db-wake.jsonl',
    )
    expect(told(h, g, await records('the-vm.jsonl', 1n, 2n)).machines[1]).toBe('db: host-db.dat the-vm.jsonl')
    expect(told(h, g, await records('wake.jsonl', 1n, 2n)).notes[0]).toMatch(/it may be host or db/)
    // The only one there is.
    expect(told(h, await records('wake.jsonl', 1n, 2n)).machines).toEqual(['host: host.dat wake.jsonl'])
  })

  it('go where the user says', async () => {
    const wake = await records('wake.jsonl', 4001n, 4002n)
    const files = [host, guest, wake]
    expect(buildFamily(files, [{ guest: 2, host: 1 }]).machines[1]!.files).toEqual([1, 2])
    expect(() => buildFamily([wake, wake], [{ guest: 0, host: 1 }])).toThrow(/not with other records/)
  })

  it('are machines of their own where nothing was recorded', async () => {
    expect(told(await records('a.jsonl', 1n, 2n), await records('b.jsonl', 1n, 2n))).toEqual({
      machines: ['a: a.jsonl', 'b: b.jsonl'],
      notes: [],
    })
  })
})
