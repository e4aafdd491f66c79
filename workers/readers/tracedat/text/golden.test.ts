// Texts against trace-cmd's: the info column of every event of every recording at hand, line by line, from stored reports and,
// where trace-cmd is installed, from fresh ones.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { memorySource } from '../../../bytes.js'
import { decodeBlock, openTrace } from '../../registry.js'
import { handlerOf } from './plugins/handlers.js'

const shared = process.env.REMORA_SHARED ?? join(import.meta.dirname, '../../../../../shared')
const data = join(shared, 'data')

interface Row {
  readonly comm: string
  readonly pid: number
  readonly name: string
  readonly info: string
}

const head = /^(?:(\S+): +)?\s*(\S.*)-(\d+)\s+\[(\d+)\]\s*(\d+(?:\.\d+)?):\s+([\w.-]+): /

/** `buffer cpu` -> events in the order of the report. Lines that begin no event belong to the one above. */
function parseReport(text: string): Map<string, Row[]> {
  const out = new Map<string, Row[]>()
  let last: Row[] | undefined
  for (const line of text.split('\n')) {
    const m = head.exec(line)
    if (!m) {
      if (last && !/^(\S+: +)?CPU:\d+ \[.*EVENTS DROPPED\]$/.test(line)) {
        const row = last.pop()!
        last.push({ ...row, info: `${row.info}\n${line}` })
      }
      continue
    }
    const key = `${m[1] ?? ''} ${Number(m[4])}`
    last = out.get(key) ?? []
    out.set(key, last)
    const name = m[6]!
    const info = line.slice(m[0].length + Math.max(0, 20 - name.length))
    last.push({ comm: m[2]!, pid: Number(m[3]), name, info })
  }
  // The newline at the end of the report.
  const row = last?.pop()
  if (row) last!.push({ ...row, info: row.info.replace(/\n$/, '') })
  return out
}

/**
 * Whether two texts agree, but for two things: the indentation of functions, which depends on all the calls before, and arrays
 * longer than their record, where trace-cmd prints the bytes that follow the record.
 */
function sameInfo(name: string, report: string, here: string): boolean {
  if (report === here) return true
  if (name === 'function') return report.trimStart() === here
  return name.endsWith('_stack') && here.endsWith(']') && report.startsWith(here.slice(0, -1))
}

/** CPU 0 of this recording holds pages that really are garbage, of which the two programs save different records. */
const damaged = 'own/pair-tcg-2guests-tsc-badshift/host-10.9.2.2.dat'

interface Result {
  readonly lines: number
  readonly agree: number
  readonly differences: string[]
}

async function compare(
  name: string,
  bytes: Uint8Array,
  report: string,
  mode: 'plugins' | 'plain' | 'raw',
): Promise<Result> {
  const source = memorySource(basename(name), bytes)
  const file = await openTrace(source)
  const expected = parseReport(report)
  if (name === damaged) expected.delete(' 0')
  const next = new Map<string, number>()
  let lines = 0
  let agree = 0
  const differences: string[] = []
  const layout = await file.layOut()
  for (const block of layout.blocks) {
    const d = await decodeBlock(layout.plan, block, source)
    const { cpu, buffer } = file.meta.streams[block.stream]!
    const key = `${buffer} ${cpu}`
    if (name === damaged && cpu === 0) continue
    const rows = expected.get(key) ?? []
    await file.records.load(block.stream, d.where)
    for (let i = 0; i < d.count; i++) {
      const n = next.get(key) ?? 0
      next.set(key, n + 1)
      const row = rows[n]
      const record = file.records.at(block.stream, d.where[i]!)
      const type = file.meta.eventTypes[record.type]!
      if (mode === 'plain' && handlerOf(type.system, type.name)) continue
      const info = record.info(mode === 'raw')
      lines++
      if (row?.name === type.name && sameInfo(row.name, row.info, info) && row.pid === record.pid) agree++
      else if (differences.length < 10) {
        differences.push(
          `${key} #${n} ${row?.name}:\n  report ${JSON.stringify(row?.info)}\n  here   ${JSON.stringify(info)}`,
        )
      }
    }
  }
  for (const [key, rows] of expected) lines += mode === 'plain' ? 0 : Math.max(0, rows.length - (next.get(key) ?? 0))
  return { lines, agree, differences }
}

const load = (path: string): Uint8Array => {
  const bytes = readFileSync(path)
  return new Uint8Array(path.endsWith('.gz') ? gunzipSync(bytes) : bytes)
}

function recordings(dir: string): string[] {
  if (!existsSync(dir) || basename(dir) === 'large') return []
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) => {
    const path = join(dir, e.name)
    if (e.isDirectory()) return recordings(path)
    return /\.dat(\.gz)?$/.test(e.name) ? [path] : []
  })
}

const files = [
  join(data, 'own'),
  ...['07-ftrace-dat-v6-arm', '08-ftrace-dat-v6-32bit-guests', '14-schedviz-raw'].map((s) => join(data, 'public', s)),
]
  .flatMap(recordings)
  .map((path) => ({ path, name: path.slice(data.length + 1) }))

function check(name: string, how: string, r: Result): void {
  console.log(`${name} ${how}: ${r.agree} of ${r.lines} lines agree`)
  if (how !== 'plain') expect(r.lines).toBeGreaterThan(0)
  expect(r.differences.join('\n')).toBe('')
  expect(r.agree).toBe(r.lines)
}

const stored = files.flatMap(({ path, name }) => {
  const base = path.replace(/\.dat(\.gz)?$/, '')
  const golden = join(base, '..', 'golden', basename(base).replace('.trace', ''))
  const kinds = [
    { report: `${base}.report.txt.gz`, mode: 'plugins' as const },
    { report: `${golden}.report-N-t.txt.gz`, mode: 'plain' as const },
    { report: `${golden}.report-N-t-R.txt.gz`, mode: 'raw' as const },
  ]
  return kinds.filter((k) => existsSync(k.report)).map((k) => ({ path, name, ...k }))
})

describe.skipIf(stored.length === 0)('info as stored reports have it', () => {
  test.each(stored)('$name, $mode', async ({ path, name, report, mode }) => {
    check(name, mode, await compare(name, load(path), gunzipSync(readFileSync(report)).toString('utf8'), mode))
  })
})

const hasTraceCmd = ((): boolean => {
  try {
    execFileSync('trace-cmd', ['-h'], { stdio: 'ignore' })
    return true
  } catch (e) {
    // Its help ends with a failure code; only a missing program counts.
    return !(e instanceof Error && 'code' in e && e.code === 'ENOENT')
  }
})()

function freshReport(path: string, ...options: string[]): string | null {
  try {
    return execFileSync('trace-cmd', ['report', '-t', ...options, path], {
      maxBuffer: 1 << 29,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).toString('utf8')
  } catch {
    return null
  }
}

// What a stored report covers needs no fresh one.
const isStored = (name: string, mode: string): boolean => stored.some((k) => k.name === name && k.mode === mode)

describe.skipIf(!hasTraceCmd || files.length === 0)('info as trace-cmd report prints it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'remora-text-'))
  afterAll(() => rmSync(dir, { recursive: true }))

  const modes = ['plugins', 'raw'] as const
  const cases = files.flatMap((f) => modes.map((mode) => ({ ...f, mode }))).filter((c) => !isStored(c.name, c.mode))
  test.for(cases)('$name, $mode', async (c, { skip }) => {
    const bytes = load(c.path)
    const copy = join(dir, 'trace.dat')
    writeFileSync(copy, bytes)
    const report = freshReport(copy, ...(c.mode === 'raw' ? ['-R'] : []))
    // A trace-cmd built without zlib cannot read files compressed with it.
    if (report === null) return skip('this trace-cmd cannot read the file')
    check(c.name, `${c.mode}, fresh`, await compare(c.name, bytes, report, c.mode))
  })

  const single = files.filter((f) => !f.name.includes('buffers') && f.name !== damaged)
  test.for(single)('latency columns: $name', async ({ path, name }, { skip }) => {
    const bytes = load(path)
    const copy = join(dir, 'trace.dat')
    writeFileSync(copy, bytes)
    const report = freshReport(copy, '-l')
    if (report === null) return skip('this trace-cmd cannot read the file')
    const expected = new Map<number, string[]>()
    for (const line of report.split('\n')) {
      const m = /^.{8,}?-\d+ +(\d+)([dX.][N.][Hhs.][0-9a-f.]{2}) *\d+(?:\.\d+)?: +[\w.-]+:/.exec(line)
      if (!m) continue
      const cpu = Number(m[1])
      const list = expected.get(cpu) ?? []
      expected.set(cpu, list)
      list.push(m[2]!)
    }
    const source = memorySource(basename(name), bytes)
    const file = await openTrace(source)
    const here = new Map<number, string[]>()
    const layout = await file.layOut()
    for (const block of layout.blocks) {
      const d = await decodeBlock(layout.plan, block, source)
      const { cpu } = file.meta.streams[block.stream]!
      await file.records.load(block.stream, d.where)
      const list = here.get(cpu) ?? []
      here.set(cpu, list)
      for (const where of d.where) list.push(file.records.at(block.stream, where).latency())
    }
    expect(expected.size).toBeGreaterThan(0)
    for (const [cpu, list] of here) expect(list.join('\n')).toBe((expected.get(cpu) ?? []).join('\n'))
  })
})
