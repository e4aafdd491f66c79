// The collector and `remora record` on this machine, as far as it allows.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSchema, violations } from '../json-schema.js'
import { buildCli, repo } from '../run-cli.js'
import { agree, fileSource, leftOut, wakingsOfRecords, wakingsOfTrace } from './agreement.js'

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0

/** Why this machine cannot run these tests; '' = it can. */
function whyNot(): string {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (process.getuid?.() !== 0) return 'not root'
  if (!has('clang') || !has('make') || !has('gcc')) return 'clang, gcc or make is not installed'
  if (!existsSync('/usr/include/bpf/libbpf.h')) return 'libbpf-dev is not installed'
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'the kernel has no BTF'
  if (!existsSync('/sys/kernel/tracing/events/header_page')) return 'tracefs is not mounted'
  return ''
}

const why = whyNot()
const dir = mkdtempSync(join(tmpdir(), 'remora-record-'))
const collect = join(repo, 'native-collector/remora-collect')
const cli = join(repo, 'dist/main/cli.js')
const instances = (): string[] => readdirSync('/sys/kernel/tracing/instances').filter((n) => n.startsWith('remora-'))

/** Two processes that wake each other. */
const pingPong = (): { kill(): void } => {
  const child = spawn('sh', ['-c', 'while :; do echo; sleep 0.001; done | while read -r x; do :; done'], {
    detached: true,
  })
  return { kill: () => void process.kill(-child.pid!, 'SIGKILL') }
}

describe.skipIf(why !== '')(`recording on this machine${why && ` (skipped: ${why})`}`, () => {
  const env = { ...process.env, XDG_STATE_HOME: dir }
  const record = (args: readonly string[]) =>
    spawnSync(process.execPath, [cli, 'record', ...args], { encoding: 'utf8', env })
  let load: { kill(): void }

  beforeAll(() => {
    execFileSync('make', ['-C', join(repo, 'native-collector')], { stdio: 'pipe' })
    buildCli()
    load = pingPong()
  })
  afterAll(() => {
    load?.kill()
    rmSync(dir, { recursive: true, force: true })
  })

  test('the collector says what it attaches and what is absent', () => {
    const listed = spawnSync(collect, ['--list'], { encoding: 'utf8' })
    expect(listed.status).toBe(0)
    expect(listed.stdout).toMatch(/^waking +(tp_btf|raw_tp):sched_waking$/m)
    for (const line of listed.stdout.trim().split('\n')) expect(line).toMatch(/^[a-z_]+ +(absent: .+|\w+:\S+)$/)
  })

  test('a recording agrees with itself: trace-cmd, records, manifest; nothing is left behind', async () => {
    const folder = join(dir, 'one')
    const done = record(['-o', folder, '--seconds', '1', '--preset', 'wake-ups'])
    expect([done.status, done.stderr.replace(/^remora: \d+ s .*\n/gm, '')]).toEqual([0, ''])
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
      state: string
      runs: { files: { path: string; figures: { events: number; lost: number } }[] }[]
    }
    expect(violations(readSchema('manifest'), manifest)).toEqual([])
    expect(manifest.state).toBe('ended')
    const [trace, wire] = manifest.runs[0]!.files
    expect([trace!.path, wire!.path]).toEqual(['host.dat', 'host.wire'])
    const sources = [await fileSource(join(folder, 'host.dat')), await fileSource(join(folder, 'host.wire'))] as const
    const own = await leftOut(sources[1])
    const found = agree(await wakingsOfTrace(sources[0], own), await wakingsOfRecords(sources[1]), 50_000)
    for (const source of sources) await source.close()
    expect(found.trace).toBeGreaterThan(100)
    expect(found.percent).toBeGreaterThanOrEqual(99.9)
    if (has('trace-cmd')) {
      const report = spawnSync('trace-cmd', ['report', '-i', join(folder, 'host.dat')], {
        encoding: 'utf8',
        maxBuffer: 1e9,
      })
      const events = report.stdout
        .trim()
        .split('\n')
        .filter((line) => /^\s.*\[\d+\] /.test(line))
      expect(events.length).toBe(trace!.figures.events)
    }
    expect(instances()).toEqual([])
  })

  test('killed in mid-recording, what was written is a trace, and tracefs is as before', async () => {
    const folder = join(dir, 'killed')
    const child = spawn(process.execPath, [cli, 'record', '-o', folder, '--preset', 'wake-ups'], { env })
    const big = (path: string): boolean => existsSync(path) && statSync(path).size > 20_000
    const raw = join(folder, 'host.dat.pages/cpu0.raw')
    await expect.poll(() => big(raw) && big(join(folder, 'host.wire')), { timeout: 20_000 }).toBe(true)
    child.kill('SIGKILL')
    await expect
      .poll(() => existsSync(join(folder, 'host.dat')) && instances().length === 0, { timeout: 20_000 })
      .toBe(true)
    const info = spawnSync(process.execPath, [cli, 'info', '--json', folder], { encoding: 'utf8' })
    expect(info.status).toBe(0)
    const { events } = JSON.parse(info.stdout) as { events: { count: number } }
    expect(events.count).toBeGreaterThan(100)
  })

  test('Ctrl-C ends it and keeps what is there', async () => {
    const folder = join(dir, 'stopped')
    const child = spawn(process.execPath, [cli, 'record', '-o', folder, '--json'], { env })
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    await expect.poll(() => out.includes('"phase":"recording"'), { timeout: 20_000 }).toBe(true)
    child.kill('SIGINT')
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    for (const line of lines) expect(violations(readSchema('record'), line)).toEqual([])
    expect(lines.at(-1)).toMatchObject({ manifest: { state: 'ended', reason: 'stopped by the user' } })
    expect(existsSync(join(folder, 'host.dat'))).toBe(true)
    expect(record(['-o', folder, '--seconds', '1']).stderr).toMatch(/holds a recording already/)
  })

  test('runs in a row, each in a folder of its own', () => {
    const folder = join(dir, 'runs')
    const done = record(['-o', folder, '--seconds', '0.3', '--runs', '2', '--pause', '0', '-e', 'sched:sched_waking'])
    expect(done.status).toBe(0)
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
      runs: { files: { path: string }[] }[]
    }
    expect(manifest.runs.map((r) => r.files.map((f) => f.path))).toEqual([['run-1/host.dat'], ['run-2/host.dat']])
  })

  test('a full disk, a wrong clock and unknown events are sentences', () => {
    const full = spawnSync(collect, ['-o', '/dev/full', '-s', '3'], { encoding: 'utf8' })
    expect([full.status, full.stderr]).toEqual([1, expect.stringContaining('The disk of /dev/full is full;')])
    const clock = record(['-o', join(dir, 'clock'), '--seconds', '1', '--clock', 'sundial'])
    expect([clock.status, clock.stderr]).toEqual([2, expect.stringContaining('has no trace clock sundial')])
    const events = record(['-o', join(dir, 'events'), '--seconds', '1', '-e', 'no_such'])
    expect([events.status, events.stderr]).toEqual([2, expect.stringContaining('None of the events is known')])
    expect(instances()).toEqual([])
  })

  test.runIf(has('setpriv'))('without root one sentence says what is needed', () => {
    const as = ['--reuid', '65534', '--clear-groups']
    const wire = spawnSync('setpriv', [...as, collect, '-s', '1'], { encoding: 'utf8', cwd: '/' })
    // The checkout may lie where others cannot go.
    if (wire.stderr.includes('Permission denied')) return
    expect([wire.status, wire.stderr]).toEqual([2, expect.stringContaining('need root')])
  })
})
