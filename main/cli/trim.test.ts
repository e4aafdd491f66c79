import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readSchema, violations } from '../../test/json-schema.js'
import { hasTraceCmd, traceCmdReport } from '../../test/make/tools.js'
import { memorySource, type SourceRef } from '../../workers/bytes.js'
import { inlinePool } from '../../workers/columns/load.js'
import { createEngine } from '../../workers/engine.js'
import { openNodeSource } from '../../workers/thread/sources-node.js'
import type { Connect } from './engine.js'
import type { Io } from './io.js'
import { trimCommand } from './trim.js'

const sample = resolve(import.meta.dirname, '../../samples/host-and-guest')
const dir = mkdtempSync(join(tmpdir(), 'remora-trim-'))
afterAll(() => rmSync(dir, { recursive: true }))

const open = (ref: SourceRef) => (ref.kind === 'bytes' ? memorySource(ref.name, ref.bytes) : openNodeSource(ref))
const connect: Connect = () =>
  Promise.resolve({
    engine: createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 }),
    dispose: () => undefined,
  })

async function trim(...args: string[]): Promise<{ code: number; out: string }> {
  let said = ''
  const io: Io = {
    out: (text) => Promise.resolve(void (said += typeof text === 'string' ? text : new TextDecoder().decode(text))),
    err: () => undefined,
    signal: new AbortController().signal,
    terminal: false,
  }
  return { code: await trimCommand(args, io, connect), out: said }
}

const report = (args: readonly string[]): string[] =>
  traceCmdReport(['-t', ...args])
    .trimEnd()
    .split('\n')
const both = (at: string): string[] => ['-i', join(at, 'guest.dat'), '-i', join(at, 'host.dat')]

describe('remora trim', () => {
  it('writes a file for each file of the session and says so', async () => {
    const out = join(dir, 'pair')
    const { code, out: said } = await trim('--json', '--from', '+1', '--to', '+1.5', '--out', out, sample)
    expect(code).toBe(0)
    expect(violations(readSchema('trim'), JSON.parse(said))).toEqual([])
    expect(readdirSync(out).toSorted()).toEqual(['guest.dat', 'host.dat'])
  })

  it.skipIf(!hasTraceCmd)('leaves a pair that trace-cmd merges as it merges the whole (needs trace-cmd)', async () => {
    const out = join(dir, 'merged')
    await trim('--from', '4095', '--to', '4095.5', '--out', out, sample)
    const time = (line: string): number => Number(/ (\d+\.\d{9}): /.exec(line)?.[1] ?? 'NaN')
    const whole = report(both(sample)).filter((line) => time(line) >= 4095 && time(line) <= 4095.5)
    expect(whole.length).toBeGreaterThan(1000)
    expect(report(both(out)).filter((line) => !Number.isNaN(time(line)))).toEqual(whole)
  })

  it('keeps to one machine and one CPU', async () => {
    const out = join(dir, 'one.dat')
    const { out: said } = await trim('--machine', 'host', '--cpu', '1', '--out', out, sample)
    expect(said).toMatch(/one\.dat: [\d,]+ events/)
    const engine = (await connect()).engine
    const info = await engine.open({
      sources: [{ kind: 'path', name: 'one.dat', size: readFileSync(out).length, path: out }],
    })
    expect(info.streams.map((s) => [s.cpu, s.count > 0])).toEqual([
      [0, false],
      [1, true],
    ])
  })

  it('overwrites nothing unless told to, and never the recording itself', async () => {
    const out = join(dir, 'there')
    await trim('--to', '+0.1', '--out', out, sample)
    await expect(trim('--to', '+0.1', '--out', out, sample)).rejects.toThrow(/is there already; --force overwrites it/)
    expect((await trim('--to', '+0.1', '--force', '--out', out, sample)).code).toBe(0)
    await expect(trim('--force', '--out', out, out)).rejects.toThrow(/is the recording itself/)
  })

  it('wants a directory for several files, and leaves nothing half written', async () => {
    const file = join(dir, 'plain')
    writeFileSync(file, '')
    await expect(trim('--out', file, sample)).rejects.toThrow(/name a directory/)
    await expect(trim('--from', '+2', '--to', '+1', '--out', join(dir, 'no'), sample)).rejects.toThrow(
      /before it begins/,
    )
    expect(readdirSync(dir).filter((name) => name.endsWith('.part') || name === 'no')).toEqual([])
  })
})
