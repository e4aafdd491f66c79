import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { formatText } from '../../test/make/event-format.js'
import { schedWaking } from '../../test/make/known-formats.js'
import { encodeRingBuffer } from '../../test/make/ring-buffer.js'
import { waking } from '../../test/make/scenario.js'
import { memorySource } from '../../workers/bytes.js'
import { openTrace } from '../../workers/readers/registry.js'
import type { Running, Runner } from '../record/runner.js'
import { createApp } from './app.js'
import { FileRegistry } from './files.js'
import { guard } from './guard.js'
import type { CheckLine, RecordedFiles, RecordLine } from './record.js'

const file = (name: string, content: string): string => `@@file ${name}\n${content}\n@@end\n`
const facts = (more: readonly string[] = []): string =>
  [
    'kernel Linux 6.18.0',
    'cpus 2',
    'clocksource tsc',
    'free 90000000',
    'vcpu 71 72 CPU 0/KVM',
    'vcpu 71 73 CPU 1/KVM',
    'qemu 71 qemu\u001f-name\u001fg1,debug-threads=on',
    ...more,
  ].join('\n')
const heads = {
  'events/header_page':
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n' +
    '\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;',
  'events/header_event': '# compressed',
  'events/sched/sched_waking/format': formatText(schedWaking, 8),
}
/** Of 4096 bytes, with one event. */
const onePage = (cpu: number): Uint8Array => {
  const a = { pid: 5, comm: 'a' }
  return encodeRingBuffer([waking(1000n + BigInt(cpu), a, a, 1)], { bigEndian: false, longSize: 8 }, 4096).bytes
}
const asRoot = facts(['uid 0', 'tracefs /sys/kernel/tracing', 'clocks local [mono] boot'])

/** A machine of two CPUs that tells its figures once a word is expected, and ends at `stop`. */
function fakeMachine(found: string): { readonly runner: Runner; readonly commands: string[]; readonly said: string[] } {
  const commands: string[] = []
  const said: string[] = []
  const runner: Runner = {
    name: 'this machine',
    local: true,
    exec: (command) => {
      commands.push(command)
      const head = Object.entries(heads)
        .map(([name, content]) => file(name, content))
        .join('')
      return Promise.resolve({ code: 0, stdout: command.includes('uname -sr') ? found : head, stderr: '' })
    },
    start: (command, { onLine } = {}): Promise<Running> => {
      commands.push(command)
      const pages = /D=(\S+)/.exec(command)![1]!
      let end: (result: { code: number }) => void = () => undefined
      const done = new Promise<{ code: number }>((resolve) => (end = resolve))
      const tell = (...all: string[]): void => all.forEach((line) => onLine?.(line, 'stdout'))
      const counts = (first: number, second: number, lost: number): void => {
        for (const [cpu, events] of [first, second].entries()) {
          tell(`cpu ${cpu} 4096`, `entries: ${events}`, `overrun: ${lost}`, 'bytes: 512', 'dropped events: 0')
          tell('read events: 10')
        }
        tell('all')
      }
      setTimeout(() => {
        for (const cpu of [0, 1]) writeFileSync(join(pages, `cpu${cpu}.raw`), onePage(cpu))
        tell('page 4096', 'clock local [mono] boot', 'on')
        counts(100, 200, 0)
        setTimeout(() => counts(300, 200, 4), 700)
      }, 10)
      return Promise.resolve({
        done,
        say: (line) => void said.push(line),
        endInput: () => end({ code: 0 }),
        interrupt: () => undefined,
      })
    },
    fetch: () => Promise.reject(new Error('nothing is fetched of this machine')),
    fetchParts: () => Promise.reject(new Error('nothing is fetched of this machine')),
    send: () => Promise.reject(new Error('nothing is sent to this machine')),
    close: () => Promise.resolve(),
  }
  return { runner, commands, said }
}

describe('recording this machine over the API', () => {
  const root = mkdtempSync(join(tmpdir(), 'remora-here-'))
  const before = process.env['XDG_STATE_HOME']
  process.env['XDG_STATE_HOME'] = join(root, 'state')
  afterAll(() => {
    rmSync(root, { recursive: true, force: true })
    if (before === undefined) delete process.env['XDG_STATE_HOME']
    else process.env['XDG_STATE_HOME'] = before
  })

  function door(runner: Runner, platform: NodeJS.Platform = 'linux', guarded = false) {
    const app = createApp({
      files: new FileRegistry(),
      startup: () => ({ sources: [], sample: false, version: '' }),
      renderer: '/nowhere',
      remote: { record: { root: join(root, 'recordings'), runner, platform } },
      ...(guarded ? { guard: guard(7, 'secret') } : {}),
    })
    const post = async (path: string, body: unknown = {}): Promise<Response> =>
      app.request(`/api/remote/machines/here/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })
    return { app, post }
  }

  async function follow<Line>(response: Response, onLine?: (line: Line) => unknown): Promise<Line[]> {
    const all: Line[] = []
    let rest = ''
    for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
      const parts = (rest + Buffer.from(bytes).toString()).split('\n')
      rest = parts.pop()!
      for (const text of parts) {
        all.push(JSON.parse(text) as Line)
        onLine?.(all.at(-1)!)
      }
    }
    return all
  }
  const wish = { preset: 'scheduler', clock: 'mono', seconds: null, guests: [] }

  it('tells what it allows and which guests run, and leaves the disk alone for that', async () => {
    const { post } = door(fakeMachine(asRoot).runner)
    const [line] = await follow<CheckLine>(await post('record/check'))
    if (line?.type !== 'checked') throw new Error(JSON.stringify(line))
    expect(line.found.facts.guests).toEqual([
      expect.objectContaining({
        name: 'g1',
        vcpus: [
          { tid: 72, cpu: 0 },
          { tid: 73, cpu: 1 },
        ],
      }),
    ])
    expect(line.presets.find((p) => p.name === 'scheduler')).toMatchObject({ possible: true })
    const plan = (await (await post('record/plan', { clock: 'boot', guests: [] })).json()) as { how: string[] }[]
    expect(plan[0]!.how[0]).toContain('clock boot')
    expect(existsSync(join(root, 'recordings'))).toBe(false)
  })

  it.each([
    ['not root', facts(['uid 1000']), /^host cannot be recorded: Commands do not run as root/],
    ['no tracefs', facts(['uid 0']), /^host cannot be recorded: tracefs is not mounted/],
  ])('says why it cannot: %s', async (_, found, sentence) => {
    const { post } = door(fakeMachine(found).runner)
    const [line] = await follow<CheckLine>(await post('record/check'))
    if (line?.type !== 'checked') throw new Error(JSON.stringify(line))
    expect(line.presets.map((p) => p.possible)).not.toContain(true)
    expect(line.presets[0]!.how[0]).toMatch(sentence)
    const lines = await follow<RecordLine>(await post('record', wish))
    expect(lines.at(-1)).toMatchObject({ type: 'error', error: { message: expect.stringMatching(sentence) } })
  })

  it('says that another system cannot be recorded, and runs nothing there', async () => {
    const { runner, commands } = fakeMachine(asRoot)
    const { post } = door(runner, 'darwin')
    for (const path of ['record/check', 'record']) {
      const lines = await follow<CheckLine>(await post(path, wish))
      expect(lines).toEqual([
        { type: 'error', error: expect.objectContaining({ message: expect.stringContaining('is no Linux (darwin)') }) },
      ])
    }
    expect(commands).toEqual([])
  })

  it('records until it is stopped, with counts of each CPU, and serves what was recorded', async () => {
    const { runner, commands, said } = fakeMachine(asRoot)
    const { app, post } = door(runner)
    const look = async (): Promise<Response> => post('record/so-far', { limit: 1e6 })
    const looks: Response[] = []
    let second: Response | null = null
    const lines = await follow<RecordLine>(await post('record', wish), async (line) => {
      const counts = line.type === 'live' && line.live.phase === 'recording' ? line.live.recorders[0]!.counts : null
      if (counts?.cpus[0]!.events !== 310 || second) return
      looks.push(await look())
      // One recording of a machine at a time.
      second = new Response()
      second = await post('record', wish)
      await post('record/stop')
    })
    const soFar = (await looks[0]!.json()) as RecordedFiles
    expect(soFar).toMatchObject({ since: null, notes: [], files: [{ name: 'host.dat' }] })
    const { url, size } = soFar.files[0]!
    const read = (): Promise<Response> =>
      Promise.resolve(app.request(url, { headers: { range: `bytes=0-${size - 1}` } }))
    // Its pages have gone into the file of the recording, and it stays readable while that is opened.
    const trace = await openTrace(memorySource('host.dat', new Uint8Array(await (await read()).arrayBuffer())))
    const { blocks } = await trace.layOut()
    expect(trace.meta.clock).toBe('mono')
    expect([trace.meta.streams.length, blocks.length]).toEqual([2, 2])
    expect((await app.request('/api/remote/machines/here/record/so-far', { method: 'DELETE' })).status).toBe(204)
    expect((await read()).status).toBe(404)
    expect((await look()).status).toBe(400)
    const live = lines.flatMap((l) => (l.type === 'live' ? [l.live.recorders[0]!] : [])).at(-1)!
    expect(live.counts?.cpus).toEqual([
      { cpu: 0, events: 310, lost: 4 },
      { cpu: 1, events: 210, lost: 4 },
    ])
    expect(live.figures).toMatchObject({ events: 520, lost: 8 })
    expect(second!.status).toBe(400)
    const done = lines.at(-1)!
    if (done.type !== 'done') throw new Error(JSON.stringify(done))
    expect(done.files.map((f) => f.name)).toEqual(['host.dat'])
    expect(said).toEqual(['stop'])
    expect((await app.request(done.files[0]!.url)).status).toBe(200)
    const manifest = JSON.parse(readFileSync(join(done.folder, 'manifest.json'), 'utf8')) as { command: string[] }
    expect(manifest.command).toEqual(['record', '--preset', 'scheduler'])
    // What is told while it goes on is not of the manifest.
    expect(JSON.stringify(manifest)).not.toContain('counts')
    expect(commands.at(-1)).toMatch(/cli\.js record --finish /)
    // It no longer stands among the recordings that go on.
    expect(readdirSync(join(root, 'state/remora/recordings'))).toEqual([])
  })

  it('records for nobody but the user', async () => {
    const { runner, commands } = fakeMachine(asRoot)
    expect((await door(runner, 'linux', true).post('record', wish)).status).toBe(403)
    expect(commands).toEqual([])
  })
})
