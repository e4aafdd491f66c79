import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { memorySource } from '../../workers/bytes.js'
import { decodeBlock, openTrace } from '../../workers/readers/registry.js'
import { formatText } from '../../test/make/event-format.js'
import { schedWaking } from '../../test/make/known-formats.js'
import { encodeRingBuffer } from '../../test/make/ring-buffer.js'
import { waking } from '../../test/make/scenario.js'
import { finish } from './leftovers.js'
import { againstTraceCmd, recordersOf, type Machine, type Wishes } from './plan.js'
import { factsOf, preflight } from './preflight.js'
import { presetNamed, presets } from './presets.js'
import { localRunner } from './process-runner.js'
import { cmdlinesOf, headScript, parseHead } from './tracefs-script.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-record-'))
afterAll(() => rmSync(dir, { recursive: true }))

const found = `kernel Linux 6.1.0
uid 0
cpus 8
tracefs /sys/kernel/tracing
clocks [local] global mono x86-tsc
kvm yes
tracecmd /usr/bin/trace-cmd
tracecmdversion 3.1.6
btf yes
clocksource tsc
free 2097152
vcpu 40 42 CPU 1/KVM
vcpu 40 41 CPU 0/KVM
qemu 40 qemu-system-x86_64\u001f-name\u001fguest=g1,debug-threads=on\u001f-device\u001fvhost-vsock-pci,guest-cid=7
`

describe('preflight', () => {
  test('facts from the lines of the machine', () => {
    expect(factsOf(found)).toEqual({
      kernel: 'Linux 6.1.0',
      root: true,
      cpus: 8,
      tracefs: '/sys/kernel/tracing',
      traceClocks: ['local', 'global', 'mono', 'x86-tsc'],
      busy: '',
      traceCmd: '/usr/bin/trace-cmd',
      traceCmdVersion: '3.1.6',
      traceCmdRefused: '',
      btf: true,
      kvmEvents: true,
      kvmDebugfs: false,
      clocksource: 'tsc',
      freeBytes: 2 ** 31,
      guests: [
        {
          name: 'g1',
          pid: 40,
          cid: 7,
          emulated: false,
          vcpus: [
            { cpu: 0, tid: 41 },
            { cpu: 1, tid: 42 },
          ],
        },
      ],
    })
  })
  test('of a guest whose vCPUs are emulated on threads of their own it warns', async () => {
    const sentences = async (text: string): Promise<string> => {
      const runner = { ...localRunner(), exec: () => Promise.resolve({ code: 0, stdout: text, stderr: '' }) }
      return (await preflight(runner, { directory: '/' })).checks.map(({ sentence }) => sentence).join('\n')
    }
    expect(await sentences(found)).not.toContain('Emulated')
    expect(await sentences(found.replaceAll('/KVM', '/TCG'))).toMatch(/^Emulated .*: g1\. .*tcg,thread=single/m)
  })
  test('of a machine that says nothing, nothing is taken for granted', () => {
    expect(factsOf('')).toMatchObject({ root: false, tracefs: '', btf: false, freeBytes: 0, guests: [] })
  })
})

describe('what records the events', () => {
  const machine = (more: string): Machine => {
    const facts = factsOf(found + more)
    return { name: 'host', role: 'host', runner: localRunner(), found: { machine: 'x', facts, checks: [] } }
  }
  const wishes: Wishes = {
    preset: presetNamed('wake-ups'),
    events: null,
    way: 'auto',
    clock: 'mono',
    bufferKb: 1024,
    collector: true,
    collectorMib: 64,
    collectorOptions: [],
    stacks: false,
    session: 's',
  }
  const how = (m: Machine, w: Wishes = wishes): string[] =>
    recordersOf('/f', [m], [], w, '/bin/remora-collect', () => Promise.resolve([])).map((p) => p.recorder.how)

  test('trace-cmd where it works', () => {
    expect(how(machine(''))[0]).toBe('/usr/bin/trace-cmd record -o host.dat -C mono -b 1024 -e sched')
  })
  test.each([
    ['tracecmdrefused /t/set_ftrace_filter', 'the kernel refuses /t/set_ftrace_filter, of which trace-cmd dies'],
    ['busy the tracer function', 'somebody else traces there (the tracer function), which trace-cmd would end'],
  ])('tracefs where it does not (%s)', (line, why) => {
    expect(againstTraceCmd(machine(line), 'auto')).toBe(why)
    expect(how(machine(line))).toEqual([
      'tracefs: clock mono, 1024 KiB a CPU, events sched',
      'remora-collect: wake, read, with stacks',
    ])
  })
  test('what cannot be done is one sentence', () => {
    expect(() => how(machine(''), { ...wishes, clock: 'sundial' })).toThrow(
      'host has no trace clock sundial: there are local, global, mono, x86-tsc.',
    )
    expect(() => how(machine('busy events'), { ...wishes, way: 'trace-cmd' })).toThrow(
      /^trace-cmd cannot record host: /,
    )
    expect(() => presetNamed('all')).toThrow(`"all" is no preset: there are ${presets.map((p) => p.name).join(', ')}.`)
  })
})

test('files printed one after the other are the same files again', async () => {
  const tracefs = join(dir, 'tracefs')
  const files = {
    'events/header_page': '\tfield: u64 timestamp;\n\n',
    'events/header_event': 'x',
    'events/sched/sched_switch/format': 'name: sched_switch\n@@end\n',
    'events/irq/irq_handler_entry/format': 'not asked for',
    printk_formats: '0x1 : "a\\n"\n',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(tracefs, path, '..'), { recursive: true })
    writeFileSync(join(tracefs, path), text)
  }
  const { stdout } = await localRunner().exec(headScript(tracefs, ['sched', 'kvm:kvm_exit']))
  const got = parseHead(stdout)
  expect(got).toMatchObject({
    'events/header_page': files['events/header_page'],
    'events/sched/sched_switch/format': files['events/sched/sched_switch/format'],
    printk_formats: files.printk_formats,
  })
  expect(got['events/irq/irq_handler_entry/format']).toBeUndefined()
  expect(got['uname']).toMatch(/^Linux /)
})

test('names of tasks: what the kernel saved, then the end, then the start', () => {
  expect(cmdlinesOf('1 init\n7 <...>\n7 CPU 0/KVM\n1 other\n', '9 gone\n7 old\nnonsense\n')).toBe(
    '1 init\n7 CPU 0/KVM\n9 gone\n',
  )
})

test('the pages of a recording that was killed become its trace', async () => {
  const folder = join(dir, 'killed')
  const pages = join(folder, 'host.dat.pages')
  mkdirSync(pages, { recursive: true })
  const a = { pid: 5, comm: 'a', prio: 120 }
  const encoding = { bigEndian: false, longSize: 8 as const }
  const events = [1000n, 2000n, 70_000n].map((t) => waking(t, a, { ...a, pid: 6 }, 1))
  const ring = encodeRingBuffer(events, encoding, 4096)
  // Cut off in a page: the whole ones count.
  writeFileSync(join(pages, 'cpu0.raw'), Buffer.concat([ring.bytes, Buffer.alloc(100)]))
  writeFileSync(join(pages, 'cpu1.raw'), '')
  writeFileSync(join(pages, 'comms.start'), '5 waker\n')
  const files = {
    'events/header_page':
      '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n' +
      '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n',
    'events/header_event': 'x',
    'events/sched/sched_waking/format': formatText(schedWaking, 8),
    uname: 'Linux lab 6.1.0 x86_64\n',
  }
  const to = join(folder, 'host.dat')
  writeFileSync(
    join(pages, 'pending.json'),
    JSON.stringify({ to, files, traceId: '77', pageSize: 4096, clock: 'local [mono]' }),
  )
  expect(await finish(folder)).toEqual([to])
  expect(existsSync(pages)).toBe(false)

  const source = memorySource('host.dat', new Uint8Array(readFileSync(to)))
  const file = await openTrace(source)
  expect(file.meta).toMatchObject({ clock: 'mono', uname: 'Linux lab 6.1.0 x86_64', cpuCount: 2, traceId: 77n })
  expect(file.comm(5)).toBe('waker')
  const { plan, blocks } = await file.layOut()
  let count = 0
  for (const block of blocks) count += (await decodeBlock(plan, block, source)).count
  expect(count).toBe(3)
  expect(await finish(folder)).toEqual([])
})
