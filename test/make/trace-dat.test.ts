import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TraceDat } from './description.js'
import { bprint, everyKind, functionEntry, kernelStack, print } from './known-formats.js'
import type { EventItem, Item } from './ring-buffer.js'
import { switchTo, waking } from './scenario.js'
import { hasTraceCmd, traceCmdReport } from './tools.js'
import { writeTraceDat } from './trace-dat.js'

const a = { pid: 100, comm: 'alpha' }
const vcpu = { pid: 200, comm: 'CPU 0/KVM' }
const event = (time: bigint, format: EventItem['format'], values: EventItem['values'], more = {}): Item => ({
  kind: 'event',
  time,
  format,
  values,
  pid: 100,
  ...more,
})

/** The oracle reads what we write: one trace with every kind of record, in every shape that trace-cmd's packages can read. */
describe.skipIf(!hasTraceCmd)('made trace.dat files as trace-cmd reads them (needs trace-cmd)', () => {
  let dir = ''
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'remora-make-'))
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  const report = (shape: Partial<TraceDat>): string[] => {
    const at = (offset: bigint): bigint => (shape.longSize === 4 ? 0x81000000n : 0xffffffff81000000n) + offset
    const items: Item[] = [
      waking(1_000_000_000n, a, vcpu, 1),
      switchTo(1_000_001_000n, a, 0x100, vcpu),
      event(1_000_002_000n, functionEntry, { ip: at(0x10n), parent_ip: at(0x123n) }),
      event(1_000_002_100n, kernelStack, { size: 2n, caller: [at(0x10n), at(0x123n)] }),
      event(1_000_002_200n, print, { ip: at(0x10n), buf: 'hello there\n' }),
      event(1_000_002_300n, bprint, { ip: at(0x10n), fmt: at(0x5000n), buf: [7n, 8n] }),
      { kind: 'discard', bytes: 24, delta: 100 },
      event(1_000_002_600n, everyKind, {
        a_u8: 255n,
        a_s8: 1n,
        a_u16: 65535n,
        a_s16: 2n,
        a_u32: 4294967295n,
        a_s32: -3n,
        a_u64: (1n << 64n) - 1n,
        a_s64: -4n,
        a_long: 5n,
        bytes: [1n, 2n, 3n, 4n, 5n, 6n],
        shorts: [-1n, 2n, 3n],
        words: [1n, 2n],
        longs: [-1n, 2n],
        label: 'lab',
        text: 'some text',
        list: [],
        rel_text: 'rel text',
        rel_list: [1n, 2n],
      }),
      switchTo(2_000_001_000n, vcpu, 1, a),
      event(2_000_002_000n, functionEntry, { ip: at(0x10n), parent_ip: at(0x123n) }, { stamp: 'absolute' }),
      event(2_000_003_000n, functionEntry, { ip: at(0x10n), parent_ip: at(0x123n) }, { stamp: 'extend', form: 'long' }),
      { kind: 'page', lost: 17 },
      switchTo(3_000_001_000n, a, 2, vcpu),
      { kind: 'page', lost: -1 },
      switchTo(3_000_002_000n, vcpu, 2, a),
    ]
    const { bytes } = writeTraceDat({
      ...shape,
      comms: { 100: 'alpha', 200: 'CPU 0/KVM' },
      kallsyms: [
        { address: at(0n), name: 'first' },
        { address: at(0x100n), name: 'second' },
        { address: at(0x200n), name: 'third' },
      ],
      printk: [{ address: at(0x5000n), text: 'num %d and %d\n' }],
      buffers: [
        {
          name: '',
          cpus: [
            { cpu: 0, items },
            { cpu: 3, items: [switchTo(1_500_000_000n, { pid: 0, comm: 'swapper' }, 0, a)] },
          ],
        },
        { name: 'second', cpus: [{ cpu: 1, items: [switchTo(1_600_000_000n, a, 0, vcpu)] }] },
      ],
    })
    const file = join(dir, 'trace.dat')
    writeFileSync(file, bytes)
    return traceCmdReport(['-t', file])
      .split('\n')
      .map((line) => line.trim().replaceAll('ffffffff81', '81').replace(/: +/g, ': '))
  }

  const expected = [
    'cpus=4',
    'alpha-100   [000]     1.000000000: sched_waking: comm=CPU 0/KVM pid=200 prio=120 target_cpu=001',
    'alpha-100   [000]     1.000001000: sched_switch: alpha:100 [120] R ==> CPU 0/KVM:200 [120]',
    'alpha-100   [000]     1.000002000: function: first',
    'alpha-100   [000]     1.000002100: kernel_stack: <stack trace >',
    '=> first (81000010)',
    '=> second (81000123)',
    'alpha-100   [000]     1.000002200: print: first: hello there',
    'alpha-100   [000]     1.000002300: bprint: first: num 7 and 8',
    'alpha-100   [000]     1.000002600: every_kind: 255 1 65535 2 4294967295 -3 18446744073709551615 -4 5 ' +
      'label=lab text=some text rel=rel text list=',
    '<idle>-0     [003]     1.500000000: sched_switch: swapper:0 [120] R ==> alpha:100 [120]',
    'second: alpha-100   [001]     1.600000000: sched_switch: alpha:100 [120] R ==> CPU 0/KVM:200 [120]',
    'CPU 0/KVM-200   [000]     2.000001000: sched_switch: CPU 0/KVM:200 [120] S ==> alpha:100 [120]',
    'alpha-100   [000]     2.000002000: function: first',
    'alpha-100   [000]     2.000003000: function: first',
    'CPU:0 [17 EVENTS DROPPED]',
    'alpha-100   [000]     3.000001000: sched_switch: alpha:100 [120] D ==> CPU 0/KVM:200 [120]',
    'CPU:0 [EVENTS DROPPED]',
    'CPU 0/KVM-200   [000]     3.000002000: sched_switch: CPU 0/KVM:200 [120] D ==> alpha:100 [120]',
    '',
  ]

  for (const [version, compression] of [[6, 'none'] as const, [7, 'none'] as const, [7, 'zstd'] as const])
    for (const bigEndian of [false, true])
      for (const longSize of [4, 8] as const)
        for (const pageSize of [4096, 65536])
          for (const common of ['plain', 'rt'] as const) {
            const name = `v${version} ${compression} ${bigEndian ? 'big' : 'little'} long ${longSize} page ${pageSize} ${common}`
            it(name, () => {
              expect(report({ version, compression, bigEndian, longSize, pageSize, common })).toEqual(expected)
            })
          }
})
