import { describe, expect, test } from 'vitest'
import { InputError } from '../../workers/fault.js'
import type { EngineApi, Family, FileInfo, SessionInfo } from '../../workers/thread/contract.js'
import { eventTypeIndex, machineIndex, sessionTime, streamIndex } from '../../workers/units.js'
import { readSchema, violations } from '../../test/json-schema.js'
import { readArgs } from './args.js'
import { clockChoices } from './engine.js'
import { infoCommand } from './info.js'
import { OutputClosed, type Io } from './io.js'
import { run } from './run.js'
import { timeOf } from './select.js'
import { aligned, bytesText, cpuList, spanText } from './text.js'

function fakeIo(signal = new AbortController().signal) {
  const said = { out: '', err: '' }
  const io: Io = {
    out: (text) => Promise.resolve(void (said.out += typeof text === 'string' ? text : new TextDecoder().decode(text))),
    err: (text) => void (said.err += text),
    signal,
    terminal: false,
  }
  return { io, said }
}

const here = 'package.json'

describe('bad use is one sentence and exit code 2', () => {
  test.each([
    [[], 'remora: A command is missing. See: remora --help\n'],
    [['frobnicate'], 'remora: "frobnicate" is no command. See: remora --help\n'],
    [['toString'], 'remora: "toString" is no command. See: remora --help\n'],
    [['info'], 'remora: A file or a directory is missing. See: remora info --help\n'],
    [['info', '--colour', 'x'], 'remora: Unknown option --colour. See: remora info --help\n'],
    [['events', 'x.dat', '--from'], 'remora: --from needs a value. See: remora events --help\n'],
    [['events', 'x.dat', '--us=1'], 'remora: --us takes no value. See: remora events --help\n'],
    [
      ['events', 'x.dat', '--clock', 'sundial'],
      'remora: --clock takes recorded, compat, events, none, not "sundial". See: remora events --help\n',
    ],
    [
      ['clocks', 'x.dat', '--method', 'user'],
      'remora: --method takes recorded, compat, events, none, not "user". See: remora clocks --help\n',
    ],
    [['clocks', 'x.dat', '--max-error', '-1'], 'remora: --max-error needs a value. See: remora clocks --help\n'],
    [
      ['clocks', 'x.dat', '--max-outside=some'],
      'remora: --max-outside takes a number, not "some". See: remora clocks --help\n',
    ],
    [
      ['clocks', here, '--pair', 'package.json'],
      'remora: --pair takes GUEST=HOST, not "package.json". See: remora clocks --help\n',
    ],
    [
      ['clocks', here, '--pair', 'package.json=other.dat'],
      'remora: --pair: "other.dat" is none of the files. See: remora clocks --help\n',
    ],
    [
      ['info', here, '--heads', '--pair', 'a=b'],
      'remora: --pair needs the events, which --heads leaves unread. See: remora info --help\n',
    ],
    [
      ['serve', '--port', '99999'],
      'remora: --port takes a whole number from 0 to 65535, not "99999". See: remora serve --help\n',
    ],
    [['info', '/no/such/file.dat'], 'remora: /no/such/file.dat does not exist.\n'],
  ])('%j', async (args, sentence) => {
    const { io, said } = fakeIo()
    expect(await run(args, io)).toBe(2)
    expect(said).toEqual({ out: '', err: sentence })
  })

  test('with --json the error is JSON', async () => {
    const { io, said } = fakeIo()
    expect(await run(['info', '--json', '/no/such/file.dat'], io)).toBe(2)
    const error: unknown = JSON.parse(said.err)
    expect(violations(readSchema('error'), error)).toEqual([])
    expect(error).toMatchObject({ error: { code: 'not-found', file: 'file.dat' } })
  })
})

describe('help and version', () => {
  test.each([
    ['--help'],
    ['info', '--help'],
    ['events', '-h'],
    ['clocks', '--help'],
    ['serve', '--help'],
    ['open', '--help'],
    ['--version'],
  ])('%s %s', async (...args) => {
    const { io, said } = fakeIo()
    expect(await run(args, io)).toBe(0)
    expect(said.err).toBe('')
    expect(said.out).toMatch(/^remora /)
  })
})

describe('stopping', () => {
  test('Ctrl-C is 130 without a word, a closed pipe is fine', async () => {
    const stopped = new AbortController()
    stopped.abort()
    const first = fakeIo(stopped.signal)
    expect(await run(['info', '/no/such/file.dat'], first.io)).toBe(130)
    const closed = new AbortController()
    closed.abort(new OutputClosed('output closed'))
    const second = fakeIo(closed.signal)
    expect(await run(['info', '/no/such/file.dat'], second.io)).toBe(0)
    expect(first.said.err + second.said.err).toBe('')
  })
})

const file: FileInfo = {
  file: 0,
  name: 'host.dat',
  size: 2_591_066,
  format: 'trace.dat',
  version: '7',
  compression: 'zstd',
  bigEndian: false,
  longSize: 8,
  pageSize: 4096,
  clock: 'x86-tsc',
  uname: 'Linux lab 6.1.0',
  tracerVersion: '3.1.6',
  generated: false,
  cpuCount: 2,
  traceId: '00000000deadbeef',
  buffers: [{ name: '', clock: '', cpus: [0, 1], bytes: 8192 }],
  guests: [{ name: 'vm', traceId: '0123456789abcdef', vcpus: [{ cpu: 0, tid: 77 }] }],
  timeShift: null,
  tsc2nsec: { mult: 10, shift: 2 },
  dateOffset: '0',
  options: [{ id: 999, name: '', size: 4, known: false }],
  span: { first: '1000', last: '9000' },
  machine: machineIndex(0),
}
const family: Family = {
  files: [file, { ...file, file: 1, name: 'guest.dat', guests: [], machine: machineIndex(1) }],
  machines: [
    {
      machine: machineIndex(0),
      name: 'host',
      role: 'host',
      parent: null,
      files: [0],
      cpus: [0, 1],
      vcpus: [],
      pairedBy: 'none',
    },
    {
      machine: machineIndex(1),
      name: 'vm',
      role: 'guest',
      parent: machineIndex(0),
      files: [1],
      cpus: [0],
      vcpus: [{ cpu: 0, tid: 77 }],
      pairedBy: 'trace-id',
    },
  ],
  faults: [
    {
      severity: 'warning',
      code: 'truncated-page',
      message: 'A page is cut short.',
      file: 'host.dat',
      offset: 4096,
      times: 3,
    },
  ],
}
const session: SessionInfo = {
  ...family,
  version: 1,
  name: 'host',
  unit: 'ns',
  epoch: '6633000000000',
  from: sessionTime(304_885_509),
  to: sessionTime(2_804_885_509),
  count: 12,
  streams: [
    { stream: streamIndex(0), file: 0, machine: machineIndex(0), buffer: '', cpu: 0, count: 9, lost: 4 },
    { stream: streamIndex(1), file: 1, machine: machineIndex(1), buffer: '', cpu: 0, count: 3, lost: -1 },
  ],
  eventTypes: [
    { type: eventTypeIndex(0), system: 'sched', name: 'sched_waking', count: 2 },
    { type: eventTypeIndex(1), system: 'sched', name: 'sched_switch', count: 10 },
    { type: eventTypeIndex(2), system: 'irq', name: 'irq_handler_entry', count: 0 },
  ],
  tracks: [],
  clocks: [
    {
      machine: machineIndex(1),
      clock: 'x86-tsc',
      method: 'recorded',
      offset: '0',
      statement: 'Shifted by what trace-cmd recorded.',
      available: ['recorded', 'compat', 'none'],
      verdict: 'GUARANTEED',
      accuracy: null,
    },
  ],
  memory: { bytes: 1, perEvent: 1 },
  partial: null,
}
const engine = { inspect: async () => family, open: async () => session, session: () => ({}) } as unknown as EngineApi
const connect = (partial: object = {}) =>
  Promise.resolve({ engine: { ...engine, ...partial } as never, dispose: () => undefined })

describe('info', () => {
  test('tells files, family, clocks, events and faults', async () => {
    const { io, said } = fakeIo()
    expect(await infoCommand([here], io, () => connect())).toBe(0)
    for (const line of [
      'host.dat',
      '  format       trace.dat v7, zstd, little endian, 64 bit, pages of 4096, 2.6 MB',
      '  host   host   2 CPUs  host.dat',
      '  └─ vm  guest  1 vCPU  guest.dat  paired by trace-id  vCPU threads 0:77',
      '  vm  x86-tsc  recorded  GUARANTEED  Shifted by what trace-cmd recorded.',
      'Events  12 in 2.500 s, 6633.304885509 .. 6635.804885509, 4 and an unknown number more missed',
      '  10  sched:sched_switch',
      'Faults  1',
      '  warning  truncated-page  host.dat, byte 4096  A page is cut short. (3 times)',
    ]) {
      expect(said.out.split('\n')).toContain(line)
    }
    expect(said.out).not.toContain('irq_handler_entry')
  })

  test.each([[[here, '--json']], [[here, '--json', '--heads']]])('%j is what the schema says', async (args) => {
    const { io, said } = fakeIo()
    expect(await infoCommand(args, io, () => connect())).toBe(0)
    expect(violations(readSchema('info'), JSON.parse(said.out))).toEqual([])
  })

  test('the engine is let go whatever happens', async () => {
    let let_go = 0
    const failing = async () => ({
      engine: { inspect: () => Promise.reject(new InputError('x.dat is no trace', 'not-a-trace', 'x.dat')) } as never,
      dispose: () => void let_go++,
    })
    await expect(infoCommand([here, '--heads'], fakeIo().io, failing)).rejects.toThrow(/no trace/)
    expect(let_go).toBe(1)
  })
})

describe('clock choice', () => {
  test('recorded and compat are for guests, none is for all', () => {
    expect(clockChoices(family, 'compat')).toEqual({ 1: { method: 'compat' } })
    expect(clockChoices(family, 'none')).toEqual({ 0: { method: 'none' }, 1: { method: 'none' } })
    expect(clockChoices(family, undefined)).toBeUndefined()
    expect(() => clockChoices({ ...family, machines: [family.machines[0]!] }, 'compat')).toThrow(/no guest/)
  })
})

describe('times on the command line', () => {
  const at = { epoch: 6_633_000_000_000n, unit: 'ns', from: sessionTime(5) } as const
  test.each([
    ['6633.304885509', 304_885_509],
    ['6633.3', 300_000_000],
    ['6632', -1_000_000_000],
    ['-0.5', -6_633_500_000_000],
    ['+0', 5],
    ['+1.5', 1_500_000_005],
  ])('%s', (text, expected) => expect(timeOf(at, '--from', text)).toBe(expected))

  test('ticks are whole', () => {
    const ticks = { epoch: 100n, unit: 'ticks', from: 0 } as const
    expect(timeOf(ticks, '--to', '150')).toBe(50)
    expect(() => timeOf(ticks, '--to', '1.5')).toThrow(/--to takes ticks/)
  })

  test.each(['', 'now', '1.', '1.0000000001', '1e3', '1 s'])('"%s" is no time', (text) => {
    expect(() => timeOf(at, '--from', text)).toThrow(/--from takes seconds/)
  })
})

test('text', () => {
  expect([0, 999, 1000, 999_950, 2_591_066, 5e12].map(bytesText)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.0 MB',
    '2.6 MB',
    '5.0 TB',
  ])
  expect(cpuList([3, 0, 1, 2, 7, 9, 8])).toBe('0-3,7-9')
  expect(
    aligned(
      [
        ['a', 'bb'],
        ['ccc', 'd'],
      ],
      [1],
    ),
  ).toEqual(['a    bb', 'ccc   d'])
  expect([
    spanText(0, 12, 'ns'),
    spanText(0, 1500, 'ns'),
    spanText(0, 2.5e9, 'ns'),
    spanText(1, 12_346, 'ticks'),
  ]).toEqual(['12 ns', '1.500 us', '2.500 s', '12,345 ticks'])
})

test('options are named in what is said about them', () => {
  expect(() => readArgs('x', ['-q'], {})).toThrow('Unknown option -q')
})
