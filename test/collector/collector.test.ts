// The collector and `remora record` on this machine, as far as it allows.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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
const tracefs = '/sys/kernel/tracing/instances'
/** Instances of tracefs that recorders of this file hold or have left behind; others may record at the same time. */
const instances = (): string[] =>
  readdirSync(tracefs).filter((name) => {
    if (!name.startsWith('remora-')) return false
    try {
      return readFileSync(`/proc/${name.slice(7)}/cmdline`, 'utf8').includes(dir)
    } catch {
      return existsSync(join(tracefs, name))
    }
  })

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
    const recordAndAgree = async (folder: string): Promise<number> => {
      const done = record(['-o', folder, '--seconds', '1', '--preset', 'wake-ups'])
      expect([done.status, done.stderr.replace(/^remora: \d+ s .*\n/gm, '')]).toEqual([0, ''])
      const sources = await Promise.all([fileSource(join(folder, 'host.dat')), fileSource(join(folder, 'host.wire'))])
      const own = await leftOut(sources[1])
      const found = agree(await wakingsOfTrace(sources[0], own), await wakingsOfRecords(sources[1]), 50_000)
      for (const source of sources) await source.close()
      expect(found.trace).toBeGreaterThan(100)
      return found.percent
    }
    // Trace and records read the clock one after the other; a hypervisor that takes the CPU away in between makes two times of one.
    // What differs for another reason differs every time.
    const tries = ['one', 'two', 'three'].map((name) => join(dir, name))
    let folder = ''
    let percent = 0
    for (folder of tries) {
      percent = await recordAndAgree(folder)
      if (percent >= 99.9) break
    }
    expect(percent).toBeGreaterThanOrEqual(99.9)
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
      state: string
      runs: { files: { path: string; figures: { events: number; lost: number } }[] }[]
    }
    expect(violations(readSchema('manifest'), manifest)).toEqual([])
    expect(manifest.state).toBe('ended')
    const [trace, wire] = manifest.runs[0]!.files
    expect([trace!.path, wire!.path]).toEqual(['host.dat', 'host.wire'])
    if (has('trace-cmd')) {
      const report = spawnSync('trace-cmd', ['report', '-i', join(folder, 'host.dat')], {
        encoding: 'utf8',
        maxBuffer: 1e9,
      })
      const events = report.stdout
        .trim()
        .split('\n')
        .filter((line) => /\[\d+\]\s+\d+\.\d+: /.test(line))
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

  test('plain tracepoints, where nothing else is allowed, tell the same wake-ups', async () => {
    const table = join(dir, 'plain.conf')
    const ways = { waking: 'waking', wakeup: 'wakeup', switch: 'switch', exit: 'process_exit' }
    writeFileSync(
      table,
      Object.entries(ways)
        .map(([label, name]) => `${label} tp:sched/sched_${name}\n`)
        .join(''),
    )
    const options = ['--json', '--groups', 'wake', '--comm', 'sh']
    const plain = spawn(collect, [...options, '--probes', table, '--until-input-ends'])
    let out = ''
    let said = ''
    plain.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    plain.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    const closed = new Promise((resolve) => plain.once('close', resolve))
    await expect.poll(() => said, { timeout: 20_000 }).toContain('recording')
    const typed = spawnSync(collect, [...options, '--seconds', '0.5'], { encoding: 'utf8', maxBuffer: 1e9 })
    plain.stdin.end('stop\n')
    expect([typed.status, await closed]).toEqual([0, 0])
    type Line = Record<string, unknown> & { kind?: string; pid?: number }
    const lines = (text: string): Line[] =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line)
    const wakings = lines(typed.stdout).filter((r) => r.kind === 'waking')
    const counts = new Map<number, number>()
    for (const { pid = 0 } of wakings) counts.set(pid, (counts.get(pid) ?? 0) + 1)
    const [reader, most] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [0, 0]
    expect(most).toBeGreaterThan(20)
    // What the one has the other has too, in the same order and with the same neighbours.
    const facts = (all: readonly Line[], kind: string): string[] =>
      all
        .filter((r) => r.kind === kind && r.pid === reader)
        .map((r) =>
          ['pid', 'tgid', 'comm', 'by_pid', 'by_cpu', 'prev_cpu', 'target_cpu'].map((f) => String(r[f])).join(),
        )
    const all = lines(out)
    for (const kind of ['waking', 'wakeup', 'switch_in'] as const) {
      expect(facts(all, kind).join('\n')).toContain(facts(lines(typed.stdout), kind).join('\n'))
    }
    const header = all[0] as { absent?: { field: string }[]; probes?: { label: string; source: string }[] }
    // Where try_to_wake_up itself is probed it tells the state.
    const entered = header.probes?.some(({ label, source }) => label === 'ttwu' && source !== '')
    const absent = header.absent?.some(({ field }) => field === 'task state before the wake-up')
    expect(absent).toBe(!entered)
    expect(header.probes?.find(({ label }) => label === 'waking')?.source).toBe('tracepoint')
  })

  test.runIf(existsSync('/sys/kernel/tracing/events/kvm/kvm_exit/format'))(
    'the probes of KVM can be attached, whether a guest runs or not',
    () => {
      const listed = spawnSync(collect, ['--list', '--groups', 'kvm'], { encoding: 'utf8' })
      expect(listed.stdout.replace(/ +/g, ' ')).toBe('kvm_entry tp:kvm/kvm_entry\nkvm_exit tp:kvm/kvm_exit\n')
    },
  )

  /** In a mount namespace of its own, so that what is hidden or mounted there is so for it alone. */
  const apart = (script: string) =>
    spawnSync('unshare', ['-m', 'sh', '-c', script], { encoding: 'utf8', env, timeout: 60_000 })
  const alone = has('unshare') && spawnSync('unshare', ['-m', 'true']).status === 0

  test.runIf(alone)('without BTF one sentence says so, and with --btf a file does', () => {
    const hide = `mkdir -p ${dir}/empty && cp /sys/kernel/btf/vmlinux ${dir}/btf && mount --bind ${dir}/empty /sys/kernel/btf`
    const without = apart(`${hide} && ${collect} -s 0.1`)
    expect([without.status, without.stderr]).toEqual([
      2,
      expect.stringMatching(/^remora-collect: This kernel has no BTF .*or give one with --btf FILE\.\n$/),
    ])
    const given = apart(`${hide} && ${collect} -s 0.1 -g wake --btf ${dir}/btf -o ${dir}/btf.wire`)
    expect([given.status, given.stderr]).toEqual([0, expect.stringContaining('the time was over')])
    const wrong = spawnSync(collect, ['-s', '0.1', '--btf', '/etc/passwd'], { encoding: 'utf8' })
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/^remora-collect: \/etc\/passwd holds no BTF that can be read; .*\n$/),
    ])
  })

  test('without clang make says what to install', () => {
    const bin = join(dir, 'bin')
    mkdirSync(bin)
    for (const name of ['make', 'sh', 'uname', 'sed']) {
      symlinkSync(spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim(), join(bin, name))
    }
    const made = spawnSync(join(bin, 'make'), ['-C', join(repo, 'native-collector')], {
      encoding: 'utf8',
      env: { PATH: bin },
    })
    expect([made.status, made.stderr]).toEqual([
      2,
      expect.stringContaining('compiled by clang, which is not installed: apt-get install clang.'),
    ])
  })

  test.runIf(has('setarch'))('a kernel that is too old is named', () => {
    const old = spawnSync('setarch', ['--uname-2.6', collect, '-s', '0.1'], { encoding: 'utf8' })
    expect([old.status, old.stderr]).toEqual([
      2,
      expect.stringMatching(/^remora-collect: Linux 2\.6\.\S+ is too old: the ring buffer of eBPF came with 5\.8\.\n$/),
    ])
  })

  test.runIf(alone)('a disk that fills while it records ends the recording with a sentence; its pages are kept', () => {
    const folder = join(dir, 'small/full')
    const small = join(dir, 'small')
    // Filled when it records, so that neither how fast events come nor how large the head of the file is matters.
    const done = apart(`
      mkdir ${small} && mount -t tmpfs -o size=64m none ${small} || exit 9
      ${process.execPath} ${cli} record -o ${folder} --json -e sched > ${dir}/full.json 2> ${dir}/full.said & p=$!
      until grep -q '"phase":"recording"' ${dir}/full.json; do kill -0 $p || break; sleep 0.1; done
      cat /dev/zero > ${small}/fill
      wait $p; code=$?
      rm ${small}/fill
      ${process.execPath} ${cli} record --finish ${folder} && ${process.execPath} ${cli} info --json ${folder}
      exit $code`)
    expect([done.status, readFileSync(join(dir, 'full.said'), 'utf8')]).toEqual([
      2,
      expect.stringMatching(/The disk is full: .* Its pages are kept; make room, then: remora record --finish /),
    ])
    expect(done.stdout).toContain(`${folder}/host.dat\n`)
    expect(instances()).toEqual([])
  })

  test.runIf(has('setpriv'))('root without its capabilities is told that eBPF is forbidden', () => {
    const words = ['--bounding-set', '-all', '--inh-caps', '-all', collect, '-s', '0.1']
    const bare = spawnSync('setpriv', words, { encoding: 'utf8', cwd: '/' })
    expect([bare.status, bare.stderr]).toEqual([
      2,
      expect.stringMatching(/^remora-collect: eBPF is forbidden to this process: .*\n$/),
    ])
  })

  test.runIf(has('setpriv'))('without root one sentence says what is needed', () => {
    const as = ['--reuid', '65534', '--clear-groups']
    const wire = spawnSync('setpriv', [...as, collect, '-s', '1'], { encoding: 'utf8', cwd: '/' })
    // The checkout may lie where others cannot go.
    if (wire.stderr.includes('Permission denied')) return
    expect([wire.status, wire.stderr]).toEqual([2, expect.stringContaining('need root')])
  })
})
