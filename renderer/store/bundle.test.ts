import fc from 'fast-check'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { isBundle, readBundle, writeBundle, type Bundle } from './bundle.js'

const bundle: Bundle = {
  manifest: {
    by: '0.1.0',
    name: 'host.dat and guest.dat',
    at: Date.UTC(2026, 1, 3),
    trimmed: { from: '1', to: '2' },
    files: [
      { name: 'host.dat', size: 3, traceId: 'ab', print: '00', entry: 'traces/0-host.dat' },
      { name: 'guest.dat', size: 9, traceId: null, print: '01', entry: null },
    ],
    pairs: [{ guest: 1, host: 0 }],
  },
  content: { view: null, views: [] },
  traces: new Map([['traces/0-host.dat', Uint8Array.of(1, 2, 3)]]),
}
const changed = (change: (entries: Record<string, Uint8Array>) => void): Uint8Array => {
  const entries = unzipSync(writeBundle(bundle))
  change(entries)
  return zipSync(entries)
}

describe('bundles', () => {
  it('come back as they were written, and the same ones are the same bytes', () => {
    expect(readBundle('a.remora', writeBundle(bundle))).toEqual(bundle)
    expect(writeBundle(bundle)).toEqual(writeBundle(bundle))
    expect([isBundle('x.REMORA'), isBundle('remora.dat')]).toEqual([true, false])
  })

  it('say in a sentence what is wrong with them', () => {
    const say = (bytes: Uint8Array) => {
      try {
        readBundle('a.remora', bytes)
      } catch (e) {
        return (e as Error).message
      }
      return 'read'
    }
    expect(say(strToU8('no zip'))).toMatch(/^a\.remora cannot be opened as a session: it is damaged/)
    expect(say(zipSync({ 'x.txt': strToU8('x') }))).toContain('there is no manifest.json in it')
    expect(say(changed((e) => (e['manifest.json'] = strToU8('{"remora":"session","version":7}'))))).toContain(
      'newer Remora (version 7',
    )
    expect(say(changed((e) => (e['session.json'] = strToU8('{"schema":99}'))))).toContain('newer Remora (schema 99')
    expect(say(changed((e) => (e['session.json'] = strToU8('{"schema":2,"view":{}}'))))).toContain('session.json')
    expect(say(changed((e) => delete e['traces/0-host.dat']))).toContain('traces/0-host.dat is missing')
  })

  it('that are cut off anywhere are refused, never half read', () => {
    const whole = writeBundle(bundle)
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (length) => {
        expect(() => readBundle('a.remora', whole.subarray(0, length))).toThrow(/^a\.remora cannot be opened/)
      }),
    )
  })
})
