import { describe, expect, it } from 'vitest'
import { correlationBytes, correlationId, idText, xxh64 } from './correlation-id.js'

const golden = { tgid: 1234, pid: 1234, runSeq: 1n, ktime: 171223534912180n }
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('correlation ids', () => {
  it('hash the wake-up of the golden value, without and with a machine', () => {
    expect(hex(correlationBytes(golden))).toBe('d2040000d20400000100000000000000b4c2f915ba9b0000')
    expect(idText(correlationId(golden))).toBe('64f75f545c354bbd')
    expect(idText(correlationId({ ...golden, machineId: 7n }))).toBe('265c98452c364b08')
    expect(idText(correlationId({ ...golden, machineId: null }))).toBe('64f75f545c354bbd')
  })

  // xxhsum 0.8.1: for n in 0 1 3 4 ...; do head -c $n /dev/zero | tr '\0' a | xxhsum -H64; done
  it.each([
    [0, 'ef46db3751d8e999'],
    [1, 'd24ec4f1a98c6e5b'],
    [3, 'ae01f066e602375b'],
    [4, '42a70d1abf84bf32'],
    [7, 'd6e4ab2829bc82e5'],
    [8, 'd5462e501de970f3'],
    [15, '35c78bfeb28204f1'],
    [31, 'fe47067cda802916'],
    [32, '856e843298f99ad7'],
    [33, '18f3ff0c21e3b24b'],
    [64, 'ecdb66a0aa9322e2'],
    [100, '375041e8b1decfb3'],
    [257, '476064d7d5dec02b'],
  ])('equal xxhsum for %i bytes', (n, id) => {
    expect(idText(xxh64(new Uint8Array(n).fill(0x61)))).toBe(id)
  })

  it('pad ids to 16 digits', () => expect(idText(0xabcn)).toBe('0000000000000abc'))
})
