import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InputError } from '../../workers/fault.js'
import { formatAddress, isRemote, parseAddress } from './address.js'

describe('an address of a remote file', () => {
  it.each([
    ['ssh://lab/a.dat', { host: 'lab', user: null, port: null, path: '/a.dat' }],
    [
      'ssh://root@10.0.0.1:2222/var/tmp/a b.dat',
      { host: '10.0.0.1', user: 'root', port: 2222, path: '/var/tmp/a b.dat' },
    ],
    ['ssh://lab', { host: 'lab', user: null, port: null, path: '' }],
    ['ssh://lab/~/traces/a.dat', { host: 'lab', user: null, port: null, path: 'traces/a.dat' }],
    ['ssh://me@[::1]:22/%23.dat', { host: '::1', user: 'me', port: 22, path: '/#.dat' }],
    ['SSH://lab/100%.dat', { host: 'lab', user: null, port: null, path: '/100%.dat' }],
  ])('%s', (text, address) => {
    expect(isRemote(text)).toBe(true)
    expect(parseAddress(text)).toEqual(address)
  })

  it.each([
    'ssh://',
    'ssh:///a',
    'ssh://@lab/a',
    'ssh://lab:0/a',
    'ssh://lab:99999/a',
    'ssh://a b@c:x/',
    'http://lab/a',
  ])('refuses %s', (text) => expect(() => parseAddress(text)).toThrow(InputError))

  it('is the same after it was written and read', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,10}$/)
    fc.assert(
      fc.property(
        word,
        fc.option(word),
        fc.option(fc.integer({ min: 1, max: 65535 })),
        fc.array(fc.stringMatching(/^[\w %#?.+@:-]{1,12}$/), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (host, user, port, parts, absolute) => {
          const path = `${absolute ? '/' : ''}${parts.join('/')}`
          const address = { host, user, port: port === 22 ? null : port, path }
          expect(parseAddress(formatAddress(address))).toEqual(address)
        },
      ),
    )
  })
})
