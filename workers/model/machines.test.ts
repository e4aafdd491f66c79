import { describe, expect, it } from 'vitest'
import { headOnly, timeShift } from '../../test/fixtures/head-only.js'
import { buildFamily } from './machines.js'

const tree = (...files: ReturnType<typeof headOnly>[]): string[] => {
  const { machines } = buildFamily(files)
  return machines.map(
    (m) => `${m.parent === null ? '' : `${machines[m.parent]!.name} > `}${m.name} (${m.role}, ${m.pairedBy})`,
  )
}

const host = headOnly('host.dat', {
  traceId: 1n,
  guests: [
    { name: '', traceId: 2n, vcpus: [{ cpu: 0, tid: -1 }] },
    { name: 'db', traceId: 3n, vcpus: [{ cpu: 0, tid: 42 }] },
  ],
})
const g2 = headOnly('host-10.9.1.2.dat', { traceId: 2n, timeShift: timeShift(1n, [[0n, 1n]]) })
const g3 = headOnly('g3.dat', { traceId: 3n })

describe('family tree', () => {
  it('pairs by trace id whatever the order of the files', () => {
    const wanted = ['host (host, none)', 'host > 10.9.1.2 (guest, trace-id)', 'host > db (guest, trace-id)']
    expect(tree(host, g2, g3)).toEqual(wanted)
    expect(tree(g2, host, g3)).toEqual(wanted)
    expect(tree(g3, g2, host).toSorted()).toEqual(wanted.toSorted())
    expect(buildFamily([host, g3]).machines[1]!.vcpus).toEqual([{ cpu: 0, tid: 42 }])
  })

  it('pairs by the peer of the time shift where the host does not name its guest', () => {
    expect(tree(headOnly('h.dat', { traceId: 1n }), g2)).toEqual([
      'h (host, none)',
      'h > host-10.9.1.2 (guest, time-shift)',
    ])
  })

  it('says which file of a pair is missing', () => {
    expect(buildFamily([g2]).faults.map((f) => f.code)).toEqual(['host-file-missing'])
    expect(buildFamily([g2]).machines[0]!.role).toBe('guest')
    expect(buildFamily([host, g2]).faults.map((f) => f.code)).toEqual(['guest-file-missing'])
  })

  it('keeps two unrelated recordings and two of the same id apart', () => {
    expect(tree(headOnly('a.dat'), headOnly('b.dat'))).toEqual(['a (alone, none)', 'b (alone, none)'])
    const twice = buildFamily([host, headOnly('copy.dat', { traceId: 1n })])
    expect(twice.machines).toHaveLength(2)
    expect(twice.faults.map((f) => f.code)).toContain('same-trace-id')
  })

  it('tells machines of one name apart, by folder where the files say it, else by number', () => {
    expect(tree(headOnly('host.dat'), headOnly('host.dat'), headOnly('host (2).dat'))).toEqual([
      'host (alone, none)',
      'host (3) (alone, none)',
      'host (2) (alone, none)',
    ])
    const foldered = headOnly('tuesday/host.dat', { traceId: 1n, guests: host.meta.guests })
    expect(tree(foldered, g2, headOnly('monday/host.dat'))).toEqual([
      'tuesday/host (host, none)',
      'tuesday/host > 10.9.1.2 (guest, trace-id)',
      'monday/host (alone, none)',
    ])
  })

  it('survives ids that make a machine its own ancestor', () => {
    const a = headOnly('a.dat', { traceId: 1n, guests: [{ name: 'b', traceId: 2n, vcpus: [] }] })
    const b = headOnly('b.dat', { traceId: 2n, guests: [{ name: 'a', traceId: 1n, vcpus: [] }] })
    const { machines } = buildFamily([a, b])
    expect(machines).toHaveLength(2)
    expect(machines.filter((m) => m.parent === null)).toHaveLength(1)
  })

  it('nests', () => {
    const l1 = headOnly('l1.dat', { traceId: 2n, guests: [{ name: 'l2', traceId: 5n, vcpus: [] }] })
    expect(
      tree(
        headOnly('l2.dat', { traceId: 5n }),
        l1,
        headOnly('l0.dat', { traceId: 9n, guests: [{ name: 'l1', traceId: 2n, vcpus: [] }] }),
      ),
    ).toEqual(['l0 (host, none)', 'l0 > l1 (guest, trace-id)', 'l1 > l2 (guest, trace-id)'])
  })
})
