import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WakeFlagKernels } from '../thread/contract.js'
import { decodeWakeFlags, FlagNames, kernelVersion, WAKE_FLAG_TABLES, wakeFlagTable } from './wake-flags.js'

const decode = (kernel: string, value: number): string => decodeWakeFlags(value, wakeFlagTable(kernel)).text

/** Every column of the table: flag -> hex digits, '' = the kernel has no such flag. */
const columns: readonly (readonly [versions: readonly string[], bits: Readonly<Record<string, number>>])[] = [
  [['2.6.32', '3.10', '4.19.0', '5.4', '5.7.19'], { SYNC: 0x01, FORK: 0x02, MIGRATED: 0x04 }],
  [['5.8', '5.9.1', '5.10.0-28-amd64'], { SYNC: 0x01, FORK: 0x02, MIGRATED: 0x04, ON_CPU: 0x08 }],
  [['5.11', '5.15.0', '5.19'], { SYNC: 0x10, FORK: 0x04, MIGRATED: 0x20, ON_CPU: 0x40, EXEC: 0x02, TTWU: 0x08 }],
  [['6.0', '6.1.0-18-amd64', '6.5.13'], { SYNC: 0x10, FORK: 0x04, MIGRATED: 0x20, EXEC: 0x02, TTWU: 0x08 }],
  [['6.6', '6.8', '6.11'], { SYNC: 0x10, FORK: 0x04, MIGRATED: 0x20, EXEC: 0x02, TTWU: 0x08, CURRENT_CPU: 0x40 }],
  [
    ['6.12', '6.18.44-fc-v595', '7.0'],
    { SYNC: 0x10, FORK: 0x04, MIGRATED: 0x20, EXEC: 0x02, TTWU: 0x08, CURRENT_CPU: 0x40, RQ_SELECTED: 0x80 },
  ],
]

describe('wake_flags', () => {
  it('of a file have the names that were chosen, else those of its kernel, else of the recording beside it', () => {
    const names = new FlagNames('6.1.0-18')
    expect(names.table('Linux a 5.4.0')?.name).toBe('6.0-6.5')
    expect(new FlagNames('').table('Linux a 5.4.0 x86_64')?.name).toBe('<=5.7')
    expect(new FlagNames('').table()).toBeNull()
    expect(names.choose('6.12')).toBe(true)
    expect([names.table()?.name, names.chosen?.name, names.usual()?.name]).toEqual(['>=6.12', '>=6.12', '6.0-6.5'])
    expect(names.choose('mine')).toBe(false)
    expect(names.table()?.name).toBe('>=6.12')
    for (const kernel of WakeFlagKernels) {
      expect(names.choose(kernel)).toBe(true)
      expect(names.table()?.name).toBe(kernel)
    }
    expect(WAKE_FLAG_TABLES.map((t) => t.name)).toEqual([...WakeFlagKernels])
    names.choose(null)
    expect(names.table()?.name).toBe('6.0-6.5')
  })

  it.each(columns)('of %s have the names of their column', (versions, bits) => {
    for (const version of versions) {
      for (let bit = 1; bit <= 0x8000; bit *= 2) {
        const name = Object.entries(bits).find(([, b]) => b === bit)?.[0]
        expect(decode(version, bit), `${version} ${bit.toString(16)}`).toBe(name ?? `0x${bit.toString(16)}`)
      }
    }
  })

  it('read as the checks say', () => {
    expect(decode('6.12', 0xb8)).toBe('TTWU|SYNC|MIGRATED|RQ_SELECTED')
    expect(decode('6.1', 0x30)).toBe('SYNC|MIGRATED')
    expect(decode('5.4', 0x05)).toBe('SYNC|MIGRATED')
    expect(decode('5.15', 0x40)).toBe('ON_CPU')
    expect(decode('6.8', 0x40)).toBe('CURRENT_CPU')
    expect(decode('5.10', 0x30)).toBe('0x30')
    expect(decodeWakeFlags(0x30, wakeFlagTable('5.10'))).toMatchObject({ names: [], unknown: 0x30, raw: '0x30' })
  })

  it('keep every bit, named or not', () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), fc.constantFrom(...WAKE_FLAG_TABLES), (value, flags) => {
        const { names, unknown, raw } = decodeWakeFlags(value, flags)
        const named = flags.flags.filter((f) => names.includes(f.name)).reduce((n, f) => n + f.bit, 0)
        expect(named + unknown).toBe(value)
        expect(Number(raw)).toBe(value)
      }),
    )
  })

  it('are ambiguous without a version, but for 0', () => {
    expect(decodeWakeFlags(0x10, wakeFlagTable(''))).toMatchObject({
      ambiguous: true,
      raw: '0x10',
      text: 'ambiguous 0x10',
    })
    expect(decodeWakeFlags(0, null).text).toBe('0')
    // A bit no kernel has had is unknown in all of them.
    expect(decodeWakeFlags(0x4000, null)).toMatchObject({ ambiguous: false, text: '0x4000' })
  })

  it('take the version from the text of uname', () => {
    expect(kernelVersion('Linux vm 6.1.0-56-cloud-amd64 #1 SMP Debian 6.1.192-2 x86_64 GNU/Linux')).toEqual([6, 1])
    expect(kernelVersion('Linux 10.9 6.18.44-fc-v595 #1 SMP x86_64')).toEqual([6, 18])
    expect(kernelVersion('6.12-rc1')).toEqual([6, 12])
    expect(kernelVersion('5.4')).toEqual([5, 4])
    expect(kernelVersion('no version')).toBeNull()
  })

  it('take a table by name or of the user', () => {
    expect(decode('6.6-6.11', 0x40)).toBe('CURRENT_CPU')
    const own = { name: 'mine', flags: [{ name: 'HURRY', bit: 0x100 }] }
    expect(decodeWakeFlags(0x101, own).text).toBe('HURRY|0x1')
  })
})
