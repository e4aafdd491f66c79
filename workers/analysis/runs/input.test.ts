import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { memorySource, type SourceRef } from '../../bytes.js'
import { RequestError } from '../../fault.js'
import type { RunsApi, RunsInput, RunsReport } from '../../thread/contract.js'
import { chainOf, defaultDefinitions, parseDefinitions } from './definitions.js'
import { cellsOf, timeOf } from './rows.js'
import { runsService } from './service.js'

const open = (ref: SourceRef) => {
  if (ref.kind !== 'bytes') throw new Error('bytes only')
  return memorySource(ref.name, ref.bytes)
}
const source = (name: string, text: string, environment: string | null = null) => {
  const bytes = new TextEncoder().encode(text)
  return { environment, source: { kind: 'bytes', name, size: bytes.length, bytes } as const }
}
async function read(...files: ReturnType<typeof source>[]): Promise<{ api: RunsApi; input: RunsInput }> {
  const api = runsService(open, () => null)
  return { api, input: await api.runsOpen(files, true) }
}
const messages = (r: { readonly faults: RunsReport['faults'] }): string[] =>
  r.faults.map((f) => `${f.file}: ${f.message}`)
const CSV = 'timestamp_ns,probe_name,session_id,cpu_id,delta_chain_id\n'

describe('times', () => {
  it('are integers from the first digit on, in both forms', () => {
    expect(timeOf('171223534912180')).toEqual([171223, 534912180])
    expect(timeOf('171223.534912180')).toEqual([171223, 534912180])
    expect(timeOf('0.5')).toEqual([0, 500000000])
    expect(timeOf('1737123456789012345')).toEqual([1737123456, 789012345])
    expect(timeOf('7')).toEqual([0, 7])
    for (const bad of ['NaN', '', '-1', '1e9', '1.1234567890', 'x']) expect(timeOf(bad), bad).toBeNull()
  })

  it('are subtracted as integers: the offset of the seeds is 1111000141 ns', async () => {
    const { api } = await read(source('x.txt', '171223.534912180 a\n171224.645912321 b\n'))
    expect((await api.runsRun({ chain: 'a -> b' }, 0)).steps[1]!.since).toBe(1_111_000_141)
  })

  it('beyond 2^53 lose no digit, in any of the forms', async () => {
    const t = ['1737123456789012345', '1737123456789012346']
    const forms = [
      source('a.csv', `${CSV}${t[0]},a,s,0,1\n${t[1]},b,s,0,1\n`),
      source(
        'a.jsonl',
        t
          .map((x, i) => `{"timestamp_ns":${x},"probe_name":"${'ab'[i]}","session_id":"s","delta_chain_id":1}`)
          .join('\n'),
      ),
      source('a.txt', '1737123456.789012345 a\n1737123456.789012346 b\n'),
    ]
    for (const form of forms) {
      const { api } = await read(form)
      const run = await api.runsRun({ chain: 'a -> b' }, 0)
      expect(
        run.steps.map((s) => s.time),
        form.source.name,
      ).toEqual(t)
      expect(run.steps[1]!.since).toBe(1)
    }
  })
})

it('cells of CSV survive quotes', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string().map((s) => s.replace(/[\r\n]/g, ' ').trim()),
        { minLength: 1 },
      ),
      (cells) => {
        expect(cellsOf(cells.map((c) => `"${c.replaceAll('"', '""')}"`).join(','))).toEqual(cells)
      },
    ),
  )
})

describe('bad rows are named with file and line, and the rest is analysed:', () => {
  const good = (id: number, at: number) => `${at},a,s,0,${id}\n${at + 100 + id},b,s,0,${id}\n`
  const with_ = async (bad: string) => {
    const { api } = await read(source('host.csv', CSV + good(1, 1000) + bad + good(2, 9000), 'host'))
    return api.runsReport({ chain: 'a -> b' })
  }
  it.each([
    ['a missing field', '5000,,s,0,7\n', /^host\.csv: Line 4 has no probe_name; it is left out\.$/],
    ['a missing session', '5000,a,,0,7\n', /^host\.csv: Line 4 has no session_id; it is left out\.$/],
    ['NaN', 'NaN,a,s,0,7\n', /^host\.csv: Line 4 has the time "NaN", which is no number of ns; it is left out\.$/],
    ['a cell too many', '5000,a,s,0,7,8\n', /^host\.csv: Line 4 has 6 cells for 5 columns; it is left out\.$/],
    ['an open quote', '5000,"a,s,0,7\n', /^host\.csv: Line 4 has a quote that is not closed; it is left out\.$/],
    ['a repeated row', '1000,a,s,0,1\n', /^host\.csv: Line 4 repeats line 2; it is left out\.$/],
    [
      'a run that begins twice',
      '1500,a,s,0,1\n1700,b,s,0,1\n',
      /^host\.csv: Line 4 begins run 1 of session s a second time; what follows of it is left out\.$/,
    ],
    [
      'a run without its end',
      '5000,a,s,0,7\n',
      /^host\.csv: Run 7 of session s \(line 4\) has no b after a; it is left out\.$/,
    ],
  ])('%s', async (_, bad, sentence) => {
    const report = await with_(bad)
    expect(
      messages(report).some((m) => sentence.test(m)),
      messages(report).join('\n'),
    ).toBe(true)
    expect(report.samples[0]).toMatchObject({ n: 2, min: 101, max: 102 })
  })

  it('rows out of order', async () => {
    const { api } = await read(source('host.csv', `${CSV}1200,b,s,0,1\n1000,a,s,0,1\n`, 'host'))
    const report = await api.runsReport({ chain: 'a -> b' })
    expect(messages(report)).toContain(
      'host.csv: Line 3 is earlier than line 2 of the same run; the run is taken in order of time.',
    )
    expect(report.samples[0]).toMatchObject({ n: 1, min: 200 })
  })

  it('a run in two files', async () => {
    const { api } = await read(
      source('a.csv', CSV + good(1, 1000), 'host'),
      source('b.csv', CSV + good(1, 2000), 'host'),
    )
    const report = await api.runsReport({ chain: 'a -> b' })
    expect(messages(report)).toContain(
      'b.csv: Line 2 begins run 1 of session s, which a.csv line 2 begins too; it is left out here.',
    )
    expect(report.groups[0]!.runs).toBe(1)
  })

  it('a broken line of JSON', async () => {
    const line = (t: number, p: string) =>
      `{"timestamp_ns":${t},"probe_name":"${p}","session_id":"s","delta_chain_id":1}\n`
    const { input } = await read(source('x.jsonl', `${line(1, 'a')}{"timestamp_ns":2,\n[]\n${line(5, 'b')}`, 'vm'))
    expect(messages(input)).toEqual([
      'x.jsonl: Line 2 is not JSON; it is left out.',
      'x.jsonl: Line 3 is no JSON object; it is left out.',
    ])
    expect(input.runs).toBe(1)
  })

  it('an empty file, and one of something else', async () => {
    const { input } = await read(
      source('e.csv', ''),
      source('o.txt', 'hello\n'),
      source('good.csv', CSV + good(1, 1000)),
    )
    expect(messages(input)).toEqual([
      'e.csv: It is empty.',
      'o.txt: Its first line is neither a heading with timestamp_ns and probe_name, nor JSON, nor a time and a probe.',
    ])
    expect(input.runs).toBe(1)
  })

  it('a group without a complete run, and one of a single run', async () => {
    const { api } = await read(source('h.csv', CSV + good(1, 1000), 'host'), source('v.csv', `${CSV}5,a,s,0,1\n`, 'vm'))
    const report = await api.runsReport({ chain: 'a -> b' })
    expect(report.faults.map((f) => f.message)).toContain('VM has no complete run of a -> b.')
    expect(report.groups).toMatchObject([
      { environment: 'host', runs: 1, incomplete: 0 },
      { environment: 'vm', runs: 0, incomplete: 1 },
    ])
    const one = report.samples[0]!
    expect(one).toMatchObject({ n: 1, min: 101, max: 101, medianByRanks: null, mad: { value: 0 } })
    expect(one.median).toMatchObject({ value: 101, interval: null, warnings: [{ code: 'no-interval' }] })
    expect(one.outliers.threeSigma.warnings.map((w) => w.code)).toEqual(['outliers-not-told'])
    expect(one.warnings.map((w) => w.code)).toEqual(['few-runs'])
    // What is not known is null in JSON, not a wrong number.
    expect(
      (JSON.parse(await api.runsExport({ chain: 'a -> b' }, 'json')) as RunsReport).samples[0]!.sd.value,
    ).toBeNull()
  })
})

it('whatever is in a file, it is read to the end, and every row is used or named', async () => {
  const cell = fc.constantFrom(
    '1000',
    '2000',
    '171223.5',
    'NaN',
    '-5',
    '',
    'a',
    'b',
    's',
    '1',
    '2',
    '"x',
    'probe_name',
    '{}',
    '{"ts":1}',
  )
  const line = fc.oneof(
    fc.array(cell, { maxLength: 7 }).map((cells) => cells.join(',')),
    fc.array(cell, { maxLength: 3 }).map((cells) => cells.join(' ')),
    fc.string(),
    fc.constantFrom('', '#', '{', '[', 'null', '1000,a,s,0,1', '1100,b,s,0,1', '{"timestamp_ns":5,"probe_name":"a"}'),
  )
  const heads = fc.constantFrom(
    CSV,
    '',
    '{"timestamp_ns":1,"probe_name":"a","session_id":"s","delta_chain_id":1}\n',
    '5.000000001 a\n',
    '[',
    '{"sessions":',
  )
  await fc.assert(
    fc.asyncProperty(heads, fc.array(line, { maxLength: 12 }), async (head, lines) => {
      const { input } = await read(source('x.csv', head + lines.join('\n'), 'host'))
      for (const f of input.faults) expect(f.message, f.message).toMatch(/^\S.*[.]$/s)
      if (head !== CSV) return
      const used = lines.filter((l) => l.trim() !== '' && !l.startsWith('#') && !l.includes('\n') && !l.includes('\r'))
      const named = input.faults.filter((f) => f.message.endsWith(' left out.') && f.code !== 'duplicate-row')
      const count = named.reduce((n, f) => n + (f.times ?? 1), 0)
      if (used.length === lines.filter((l) => l.trim() !== '' && !l.startsWith('#')).length)
        expect(input.rows + count).toBe(used.length)
    }),
  )
})

describe('forms', () => {
  it('the line form begins a run at every first probe', async () => {
    const text =
      '# by hand\n171223.534912180 first_read\n171223.534912980 baseline_recalc\n171224.1 first_read\n171225.1 first_read\n171225.100000700 baseline_recalc\n'
    const { api, input } = await read(source('host.txt', text, 'host'))
    expect(input.suggested?.steps).toEqual(['first_read', 'baseline_recalc'])
    const report = await api.runsReport({ chain: 'first_read -> baseline_recalc' })
    expect(report.groups).toMatchObject([{ runs: 2, incomplete: 1 }])
    expect(report.samples[0]).toMatchObject({ min: 700, max: 800 })
    expect(messages(report)).toEqual([
      'host.txt: The run of session host that begins in line 4 has no baseline_recalc; it is left out.',
    ])
    expect((await api.runsRun({ chain: 'first_read -> baseline_recalc' }, 0)).place).toEqual({
      file: 'host.txt',
      line: 2,
    })
  })

  it('a JSON array, with metadata of its sessions beside it', async () => {
    const rows = [
      { timestamp_ns: 10, probe_name: 'a', session_id: 's1', cpu_id: 3, delta_chain_id: 'x', governor: 'powersave' },
      { timestamp_ns: 30, probe_name: 'b', session_id: 's1', cpu_id: 3, delta_chain_id: 'x' },
    ]
    const sessions = [{ session_id: 's1', environment: 'vm', max_cstate: 1, vm: { vcpus: 2 } }]
    const { api, input } = await read(
      source('r.json', JSON.stringify(rows)),
      source('s.json', JSON.stringify({ kernel: '6.1', sessions })),
    )
    expect(input.sessions).toEqual([
      { session: 's1', environment: 'vm', runs: 1, metadata: { kernel: '6.1', max_cstate: '1', 'vm.vcpus': '2' } },
    ])
    const run = await api.runsRun({ chain: 'a -> b' }, 0)
    expect(run.attributes).toMatchObject({ cpu: '3', governor: 'powersave', max_cstate: '1' })
  })

  it('records of a collector: a run a wake-up, with its flags in words and its lines', async () => {
    const at = (ev: string, ts: number, id: number, more: object = {}) =>
      `${JSON.stringify({ ts, ev, id, cpu: 1, pid: 981, comm: 'wk', by_pid: 0, by_comm: 'swapper/1', wake_flags: '0x30', prev_cpu: 0, target_cpu: 1, ...more })}\n`
    const stack = ['bpf_prog_cd5981aa5d35fe20_fe', 'try_to_wake_up', 'hrtimer_wakeup+0x1c', 'hrtimer_interrupt']
    const wake = (id: number, t: number) =>
      at('try_to_wake_up', t, id, { stack }) +
      at('sched_waking', t + 10, id, { stack }) +
      at('sched_wakeup', t + 30, id) +
      at('switch_in', t + 60, id) +
      at('ktime_get', t + 100 + id, id)
    const kernel = source('meta.json', '{"session_id":"guest","environment":"vm","kernel":"6.1.0"}')
    const { api, input } = await read(source('guest.jsonl', wake(1, 1000) + wake(2, 5000)), kernel)
    expect(input.faults).toEqual([])
    expect(input.suggested?.steps).toEqual([
      'try_to_wake_up',
      'sched_waking',
      'sched_wakeup',
      'sched_switch',
      'first tk read',
    ])
    const query = { chain: 'Wake-up to first clock read' }
    const report = await api.runsReport(query)
    expect(report.groups).toMatchObject([{ environment: 'vm', runs: 2 }])
    expect(report.samples[0]).toMatchObject({ min: 91, max: 92 })
    const run = await api.runsRun(query, 1)
    expect(run.attributes).toMatchObject({
      task: 'wk',
      cpu: '1',
      migrated: 'yes',
      wake_flags: 'SYNC|MIGRATED (0x30)',
      cluster: 'A',
    })
    expect(run.place).toEqual({ file: 'guest.jsonl', line: 7 })
    expect(report.clusters[0]!.top).toEqual(['try_to_wake_up', 'hrtimer_wakeup', 'hrtimer_interrupt'])
  })

  it('the collector’s own records, grouped as the manifest of their session says', async () => {
    const bytes = new Uint8Array(readFileSync(new URL('../../../test/golden/wire/golden.wire', import.meta.url)))
    const wire = (name: string) => ({
      environment: null,
      source: { kind: 'bytes', name, size: bytes.length, bytes } as const,
    })
    const files = [1, 2].map((run) => ({
      run,
      files: [
        { machine: 'lab', role: 'host', kind: 'wire', path: `run-00${run}/lab.wire` },
        { machine: 'g', role: 'guest', kind: 'wire', path: `run-00${run}/g.wire` },
      ],
    }))
    const manifest = source('study/manifest.json', JSON.stringify({ version: 1, machines: [], runs: files }))
    const all = files.flatMap((r) => r.files.map((f) => wire(`study/${f.path}`)))
    const api = runsService(open, () => null)
    const input = await api.runsOpen([...all.slice(0, 3), manifest, ...all.slice(3)], true)
    const query = { chain: 'try_to_wake_up -> sched_wakeup -> first tk read' }
    const report = await api.runsReport(query)
    expect(report.groups).toMatchObject([
      { environment: 'host', runs: 2 },
      { environment: 'vm', runs: 2 },
    ])
    expect(input.sessions.map((s) => s.session)).toContain('lab run-001')
    const run = await api.runsRun(query, 0)
    expect(run).toMatchObject({ id: '64f75f545c354bbd', attributes: { read: 'ktime_get', kernel: '6.1.0 x86_64' } })
    expect(run.attributes.wake_flags).toBe('TTWU|SYNC (0x18)')
  })

  it('more files join what is open, and a failure changes nothing', async () => {
    const { api } = await read(source('a.csv', `${CSV}1,a,s,0,1\n2,b,s,0,1\n`, 'host'))
    expect((await api.runsOpen([source('b.csv', `${CSV}1,a,s,0,1\n2,b,s,0,1\n`, 'vm')], false)).runs).toBe(2)
    const gone = AbortSignal.abort()
    await expect(api.runsOpen([source('c.csv', 'x')], true, undefined, gone)).rejects.toThrow()
    expect((await api.runsReport({ chain: 'a -> b' })).groups).toHaveLength(2)
    await api.runsClose()
    await expect(api.runsReport({ chain: 'a -> b' })).rejects.toThrow('No probe records are open')
  })

  it('a chain that no run passes is refused with what there is', async () => {
    const { api } = await read(source('a.csv', `${CSV}1,a,s,0,1\n2,b,s,0,1\n`, 'host'))
    await expect(api.runsReport({ chain: 'a -> c' })).rejects.toThrow(
      'There is no record of c; there is a, b (chain "a -> c").',
    )
    await expect(api.runsReport({ chain: 'b -> a' })).rejects.toThrow(
      'no run that passes all of its probes in this order',
    )
    await expect(api.runsReport({ chain: 'a -> b', stratify: ['phase'] })).rejects.toThrow(
      'No run says anything of "phase"; there is cpu.',
    )
  })
})

describe('definitions', () => {
  it('are found by name or written out', () => {
    expect(chainOf('clocksource switch').steps).toHaveLength(3)
    expect(chainOf(' a->b → c ').steps).toEqual(['a', 'b', 'c'])
    for (const bad of ['a', 'a ->', '', 'a -> b -> a']) expect(() => chainOf(bad), bad).toThrow(RequestError)
  })

  it('of a file are checked and join the usual labels', () => {
    const d = parseDefinitions(
      '{"version":1,"probes":{"mine":["sched:sched_switch"]},"chains":[{"steps":["mine","first_read"]}]}',
    )
    expect(d.chains).toEqual([{ name: 'mine -> first_read', steps: ['mine', 'first_read'] }])
    expect(d.probes.first_read).toEqual(defaultDefinitions.probes.first_read)
    for (const [bad, why] of [
      ['{', 'is not JSON'],
      ['{}', '"version": 1'],
      ['{"version":1,"probes":{"x":[]}}', 'the probe "x"'],
      ['{"version":1,"chains":[{"steps":["a"]}]}', 'chain 1 needs "steps"'],
    ] as const) {
      expect(() => parseDefinitions(bad), bad).toThrow(why)
    }
  })

  it('that come with Remora pass their own check', () => {
    expect(parseDefinitions(JSON.stringify(defaultDefinitions))).toEqual(defaultDefinitions)
  })
})
