// Heads made by hand: what the recordings at hand do not have.

import { zlibSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { memorySource } from '../../bytes.js'
import { InputError } from '../../fault.js'
import { decodeBlock, openTrace } from '../registry.js'
import type { TraceFile } from '../types.js'

const ascii = (s: string): number[] => Array.from(new TextEncoder().encode(s))
const le = (value: number | bigint, size: number): number[] =>
  Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn))
const sized8 = (s: string): number[] => [...le(s.length, 8), ...ascii(s)]
const sized4 = (s: string): number[] => [...le(s.length, 4), ...ascii(s)]

const MAGIC = [0x17, 0x08, 0x44, ...ascii('tracing')]
const field = (decl: string, offset: number, size: number): string =>
  `\tfield:${decl};\toffset:${offset};\tsize:${size};\tsigned:1;\n`
const HEADER_PAGE = field('u64 timestamp', 0, 8) + field('local_t commit', 8, 8) + field('char data', 16, 4080)
const format = (name: string, id: number): string =>
  `name: ${name}\nID: ${id}\nformat:\n${field('unsigned short common_type', 0, 2)}${field('int common_pid', 4, 4)}\nprint fmt: ""\n`

const headers = [...ascii('header_page\0'), ...sized8(HEADER_PAGE), ...ascii('header_event\0'), ...sized8('x')]
const ftrace = [...le(1, 4), ...sized8(format('function', 1))]
const systems = [...le(1, 4), ...ascii('sched\0'), ...le(1, 4), ...sized8(format('sched_switch', 314))]

const option6 = (id: number, data: readonly number[]): number[] => [...le(id, 2), ...le(data.length, 4), ...data]

interface V6 {
  readonly options?: readonly number[]
  readonly tail: (at: number) => readonly number[]
  readonly kallsyms?: readonly number[]
}
function v6({ options = [], tail, kallsyms = sized4('') }: V6): Uint8Array {
  const head = [...MAGIC, ...ascii('6\0'), 0, 8, ...le(4096, 4), ...headers, ...ftrace, ...systems]
  head.push(...kallsyms, ...sized4(''), ...sized8('7 some task\n'), ...le(1, 4))
  head.push(...ascii('options  \0'), ...options, ...le(0, 2))
  return new Uint8Array([...head, ...tail(head.length)])
}

/** One page with one event of id 314, pid 42. */
const PAGE = [...le(1000, 8), ...le(12, 8), ...le(2 + 5 * 32, 4), ...le(314, 2), 0, 0, ...le(42, 4)]
const page = [...PAGE, ...Array.from({ length: 4096 - PAGE.length }, () => 0)]
/** The CPU table and, right behind it, one page. */
const flyrecord = (at: number): number[] => [...ascii('flyrecord\0'), ...le(at + 26, 8), ...le(4096, 8), ...page]

/** The same with the kernel's list of clocks behind the table. */
const flyrecordAndClock = (at: number): number[] => {
  const clock = sized8('local [mono] x86-tsc\n')
  return [...ascii('flyrecord\0'), ...le(at + 26 + clock.length, 8), ...le(4096, 8), ...clock, ...page]
}

interface Section {
  readonly id: number
  readonly flags?: number
  readonly data: readonly number[]
}
const section = ({ id, flags = 0, data }: Section): number[] => [
  ...le(id, 2),
  ...le(flags, 2),
  ...le(0, 4),
  ...le(data.length, 8),
  ...data,
]
const packed = (data: readonly number[]): number[] => {
  const z = Array.from(zlibSync(new Uint8Array(data)))
  return [...le(z.length, 4), ...le(data.length, 4), ...z]
}

/** A version 7 file: parts, what `more` adds, and one section of options that leads to them. */
function v7(more: (at: number) => { bytes: readonly number[]; options: readonly number[] }, next = 0): Uint8Array {
  const start = [...MAGIC, ...ascii('7\0'), 0, 8, ...le(4096, 4), ...ascii('zlib\0'), ...ascii('1\0')]
  const body: number[] = []
  const at = (): number => start.length + 8 + body.length
  const options: number[] = []
  for (const [id, data] of [
    [16, headers],
    [17, ftrace],
    [18, systems],
  ] as const) {
    options.push(...option6(id, le(at(), 8)))
    body.push(...section({ id, flags: 1, data: packed(data) }))
  }
  const added = more(at())
  body.push(...added.bytes)
  const first = at()
  body.push(...section({ id: 0, data: [...options, ...added.options, ...option6(0, le(next < 0 ? first : next, 8))] }))
  return new Uint8Array([...start, ...le(first, 8), ...body])
}

/** A buffer of which CPU 5 is there. */
const buffer = (at: number, cpus: number): { bytes: number[]; options: number[] } => ({
  bytes: section({ id: 3, flags: 1, data: [...le(1, 4), ...packed(page)] }),
  options: option6(3, [
    ...le(at, 8),
    ...ascii('\0[boot]\0'),
    ...le(4096, 4),
    ...le(cpus, 4),
    ...le(5, 4),
    ...le(at + 16, 8),
    ...le(200, 8),
  ]),
})

async function open(bytes: Uint8Array): Promise<{ file: TraceFile; pids: number[]; codes: string[] }> {
  const source = memorySource('a.dat', bytes)
  const file = await openTrace(source)
  const pids: number[] = []
  const layout = await file.layOut()
  for (const block of layout.blocks) pids.push(...(await decodeBlock(layout.plan, block, source)).pid)
  return { file, pids, codes: file.faults.map((f) => f.code) }
}

describe('version 6', () => {
  test('is read through its parts in order', async () => {
    const { file, pids, codes } = await open(v6({ tail: flyrecord }))
    expect(codes).toEqual([])
    expect(pids).toEqual([42])
    expect(file.meta).toMatchObject({ version: '6', epoch: 1000n, cpuCount: 1, longSize: 8, pageSize: 4096 })
    expect(file.meta.eventTypes.map((t) => `${t.system}:${t.name}`)).toEqual([
      ':unknown',
      'ftrace:function',
      'sched:sched_switch',
    ])
    expect(file.comm(7)).toBe('some task')
    expect(file.span(0)).toEqual({ first: 1000n, last: 1000n })
  })

  test('of a latency tracer gives its text', async () => {
    const { file, codes } = await open(v6({ tail: () => [...ascii('latency  \0'), ...ascii('# tracer: wakeup\n')] }))
    expect(codes).toEqual([])
    expect(file.meta.text).toBe('# tracer: wakeup\n')
    expect(file.meta.streams).toEqual([])
  })

  test('takes the clock that follows the CPU table', async () => {
    const { file, pids } = await open(v6({ options: option6(4, []), tail: flyrecordAndClock }))
    expect(file.meta.clock).toBe('mono')
    expect(pids).toEqual([42])
  })

  test('adds DATE (in us, hexadecimal or not) and OFFSET, and lists what it does not know', async () => {
    const options = [
      ...option6(1, ascii('0x10\0')),
      ...option6(7, ascii('-7\0')),
      ...option6(999, [1, 2, 3]),
      ...option6(7, ascii('12\0')),
      ...option6(7, ascii('soon\0')),
    ]
    const { file, codes, pids } = await open(v6({ options, tail: flyrecord }))
    expect(file.meta.dateOffset).toBe(16_005n)
    expect(file.meta.options[2]).toEqual({ id: 999, name: 'option 999', size: 3, known: false })
    expect(codes).toEqual(['unknown-option', 'damaged-option'])
    expect(pids).toEqual([42])
  })

  test('finds its events again behind a part whose size is wrong', async () => {
    const { pids, codes } = await open(v6({ kallsyms: [...le(0xfffffff0, 4)], tail: flyrecord }))
    expect(codes).toEqual(['damaged-head'])
    expect(pids).toEqual([42])
  })

  test('cannot be read without the description of its page', async () => {
    const bytes = v6({ tail: flyrecord })
    bytes[MAGIC.length + 8] = 0x58
    await expect(open(bytes)).rejects.toThrow(InputError)
  })

  test('survives a table of billions of CPUs and pages of any size', async () => {
    for (const value of [0xff, 0x7f, 1]) {
      const good = v6({ tail: flyrecord })
      for (let at = MAGIC.length; at < good.length - 4096; at++) {
        const bad = good.slice()
        bad[at] = value
        await open(bad).catch((e: unknown) => expect(e).toBeInstanceOf(InputError))
      }
    }
  })
})

describe('version 7', () => {
  test('gives the text of latency tracers, packed or not', async () => {
    for (const flags of [0, 1]) {
      const { file, codes } = await open(
        v7((at) => ({
          bytes: section({
            id: 22,
            flags,
            data: flags
              ? [...le(2, 4), ...packed(ascii('# tracer: ')), ...packed(ascii('irqsoff\n'))]
              : ascii('# tracer: irqsoff\n'),
          }),
          options: option6(22, [...le(at, 8), ...ascii('\0mono\0')]),
        })),
      )
      expect(codes).toEqual([])
      expect(file.meta.text).toBe('# tracer: irqsoff\n')
    }
  })

  test('reads the CPUs of a buffer, whatever their numbers', async () => {
    const { file, pids, codes } = await open(v7((at) => buffer(at, 1)))
    expect(codes).toEqual([])
    expect(pids).toEqual([42])
    expect(file.meta).toMatchObject({ compression: 'zlib', clock: 'boot', cpuCount: 6 })
    expect(file.meta.streams).toMatchObject([{ cpu: 5, buffer: '' }])
    await file.records.load(0, [4])
    expect(file.records.at(0, 4).pid).toBe(42)
  })

  test('takes the CPUs that are there where billions are claimed', async () => {
    const { pids, codes } = await open(v7((at) => buffer(at, 0xfffffff0)))
    expect(codes).toEqual(['damaged-option'])
    expect(pids).toEqual([42])
  })

  test('leaves a chain of options that leads back to itself, or nowhere', async () => {
    const loop = await open(v7((at) => buffer(at, 1), -1))
    expect(loop.codes).toEqual(['options-loop'])
    expect(loop.pids).toEqual([42])
    const nowhere = await open(v7((at) => buffer(at, 1), 1e12))
    expect(nowhere.codes).toEqual(['damaged-options'])
    expect(nowhere.pids).toEqual([42])
  })

  test('finds its sections where the position of the options is lost', async () => {
    const bytes = v7((at) => buffer(at, 1))
    bytes.fill(0xff, 25, 33)
    const { pids, codes } = await open(bytes)
    expect(codes).toEqual(['damaged-options'])
    expect(pids).toEqual([42])
  })
})
