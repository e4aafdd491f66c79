import { describe, expect, test } from 'vitest'
import { memorySource } from '../bytes.js'
import { InputError } from '../fault.js'
import { decodeBlock, openTrace } from './registry.js'

const text = (s: string): Uint8Array => new TextEncoder().encode(s)
const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46])
const magic = [0x17, 0x08, 0x44, ...text('tracing')]

describe('openTrace', () => {
  test.each([
    ['empty.dat', new Uint8Array(0), 'empty-file', 'empty.dat is empty.'],
    ['notes.txt', text('bought milk\n'), 'unknown-format', 'notes.txt is a text file, not a trace'],
    ['holiday.jpg', jpeg, 'unknown-format', 'holiday.jpg is a JPEG picture, not a trace'],
    ['x.gz', new Uint8Array([0x1f, 0x8b, 8, 0]), 'unknown-format', 'a gzip archive (unpack it first)'],
    ['x.bin', new Uint8Array([1, 2, 3]), 'unknown-format', 'a file of an unknown kind'],
    ['short.dat', new Uint8Array(magic), 'damaged-head', 'short.dat ends inside its head'],
    ['v5.dat', new Uint8Array([...magic, ...text('5\0'), 0, 8, 0, 16, 0, 0]), 'unknown-version', 'of version 5'],
    [
      'v7.dat',
      new Uint8Array([
        ...magic,
        ...text('7\0'),
        0,
        8,
        0,
        16,
        0,
        0,
        ...text('lz4\0'),
        ...text('1.0\0'),
        1,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
      ]),
      'unknown-compression',
      'compressed with lz4',
    ],
  ])('refuses %s with one clear sentence', async (name, bytes, code, sentence) => {
    const error = await openTrace(memorySource(name, bytes)).then(
      () => null,
      (e: unknown) => e,
    )
    expect(error).toBeInstanceOf(InputError)
    expect(error).toMatchObject({ code, file: name })
    expect((error as InputError).message).toContain(sentence)
    expect((error as InputError).message).toMatch(/^[^\n]+\.$/)
  })

  test('stops when told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(openTrace(memorySource('a.dat', new Uint8Array(magic)), signal)).rejects.toThrow('enough')
  })

  test('cannot decode a plan of a format that it does not have', async () => {
    const plan = { format: 'tea leaves', fileName: 'cup', data: null }
    const block = { stream: 0, index: 0, bytes: 0, at: null }
    await expect(decodeBlock(plan, block, memorySource('cup', jpeg))).rejects.toThrow('tea leaves')
  })
})
