// Trimmed recordings against what they were cut from: by our own reader, and by trace-cmd.

import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { memorySource, type SourceRef } from '../workers/bytes.js'
import { inlinePool } from '../workers/columns/load.js'
import { createEngine } from '../workers/engine.js'
import { readHeads } from '../workers/model/heads.js'
import type { Session } from '../workers/model/session.js'
import { openNodeSource } from '../workers/thread/sources-node.js'
import { firstNames } from '../workers/table/comms.js'
import type { OpenRequest } from '../workers/thread/contract.js'
import { viewRow } from '../workers/units.js'
import { MemorySink, trimFile, type TrimChoice } from '../workers/write/trim.js'
import { traceDat } from './make/arbitrary.js'
import { readBack, type ReadBack, type ReadStream } from './make/read-back.js'
import { hasTraceCmd, sharedData, traceCmdReport } from './make/tools.js'
import { writeTraceDat } from './make/trace-dat.js'
import { compareLines } from './oracle/agreement.js'
import { recordings, Unpacked } from './oracle/recordings.js'

const open = (ref: SourceRef) => (ref.kind === 'bytes' ? memorySource(ref.name, ref.bytes) : openNodeSource(ref))

async function load(source: SourceRef, clocks?: OpenRequest['clocks']): Promise<ReturnType<typeof createEngine>> {
  const engine = createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 })
  await engine.open({ sources: [source], clocks })
  return engine
}

const bytesRef = (name: string, bytes: Uint8Array): SourceRef => ({ kind: 'bytes', name, size: bytes.length, bytes })

async function trim(session: Session, choice: TrimChoice): Promise<{ bytes: Uint8Array; events: number }> {
  const sink = new MemorySink()
  const { events, bytes } = await trimFile(session, 0, choice, await firstNames(session, null), sink)
  const whole = Buffer.concat(sink.finish())
  expect(whole.length).toBe(bytes)
  return { bytes: whole, events }
}

/** Everything about the events that pass, in words that do not depend on where they lie. */
async function contents(read: ReadBack, keep: (s: ReadStream, row: number) => boolean): Promise<unknown[]> {
  const all = []
  // A file may list its CPUs in any order; what is written has them ascending.
  for (const s of read.streams.toSorted((a, b) => a.buffer.localeCompare(b.buffer) || a.cpu - b.cpu)) {
    await read.file.records.load(s.index, s.where)
    const lost = new Map(s.lost.map((l) => [l.row, l.events]))
    for (let row = 0; row < s.time.length; row++) {
      if (!keep(s, row)) continue
      const { system, name, id } = read.file.meta.eventTypes[s.type[row]!]!
      const payload = Buffer.from(read.file.records.at(s.index, s.where[row]!).bytes()).toString('hex')
      const what = { buffer: s.buffer, cpu: s.cpu, time: s.time[row], pid: s.pid[row], system, name, id, payload }
      all.push({ ...what, lost: lost.get(row) ?? 0 })
    }
  }
  return all
}

describe('a trimmed recording', { timeout: 240_000 }, () => {
  it('holds exactly the events that were asked for, whatever the file is like', async () => {
    await fc.assert(
      fc.asyncProperty(
        traceDat,
        fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
        fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined }),
        async (description, [a, b], cpu) => {
          const { bytes } = writeTraceDat(description)
          const engine = await load(bytesRef('trace.dat', bytes))
          const session = engine.session()!
          const at = (share: number): number => Math.round(session.from + share * (session.to - session.from))
          const from = at(Math.min(a, b))
          const to = at(Math.max(a, b))
          const choice = { from, to, ...(cpu === undefined ? {} : { keeps: (s: { cpu: number }) => s.cpu === cpu }) }
          const trimmed = await trim(session, choice)
          const before = await readBack(bytes)
          const after = await readBack(trimmed.bytes)
          const { epoch } = session
          const passes = (s: ReadStream, row: number): boolean => {
            const t = Number(s.time[row]! - epoch)
            return t >= from && t <= to && (cpu === undefined || s.cpu === cpu)
          }
          expect(after.faults).toEqual([])
          const kept = await contents(after, () => true)
          expect(kept).toEqual(await contents(before, passes))
          expect(trimmed.events).toBe(kept.length)
          const { bigEndian, longSize, uname, clock, traceId } = before.file.meta
          expect(after.file.meta).toMatchObject({ version: '7', bigEndian, longSize, uname, clock, traceId })
        },
      ),
      { numRuns: 100 },
    )
  })

  it('of a trimmed recording is the same again', async () => {
    const { bytes } = writeTraceDat(fc.sample(traceDat, { numRuns: 1, seed: 7 })[0]!)
    const all = { from: -Infinity, to: Infinity }
    const once = await trim((await load(bytesRef('a.dat', bytes))).session()!, all)
    const twice = await trim((await load(bytesRef('a.dat', once.bytes))).session()!, all)
    expect(Buffer.from(twice.bytes).equals(Buffer.from(once.bytes))).toBe(true)
  })
})

const unpacked = new Unpacked()
afterAll(() => unpacked.remove())
/** One of them is torn: trace-cmd prints rubbish for what we leave out. */
const all = sharedData ? recordings(sharedData).filter((r) => !r.name.includes('badshift/host')) : []
/** trace-cmd indents function events by the calls that it has seen before. */
const level = (line: string): string => line.replace(/: function: +/, ': function: ')

describe.skipIf(!hasTraceCmd || !sharedData)(
  'the middle third of a recording, printed by trace-cmd (needs trace-cmd, ../shared/data)',
  { timeout: 240_000 },
  () => {
    it.each(all.map((r) => [r.name, r] as const))('%s', async (_, recording) => {
      const path = unpacked.path(recording)
      const source: SourceRef = { kind: 'path', name: 'trace.dat', size: statSync(path).size, path }
      // Where a file says how its guest stands to its host, trace-cmd shifts its times, with or without the host's file.
      const shifted = (await readHeads([source], open)).files[0]!.meta.timeShift !== null
      const engine = await load(source, shifted ? { 0: { method: 'compat' } } : undefined)
      const session = engine.session()!
      const { table } = session
      if (table.count === 0) return
      const from = table.time(Math.floor(table.count / 3))
      const to = table.time(Math.floor((2 * table.count) / 3))
      const first = table.positionAtTime(from)
      const ours: string[] = engine.header()
      // As trace-cmd prints these lines of the whole recording: it has learned names from those before.
      const names = await firstNames(session, null)
      const count = table.positionAfterTime(to) - first
      for await (const lines of engine.lines(0, viewRow(first), count, { names }))
        ours.push(...lines.flatMap((l) => l.split('\n')))
      const target = join(unpacked.dir, 'trimmed.dat')
      writeFileSync(target, (await trim(session, { from, to })).bytes)
      const theirs = traceCmdReport(['-t', target]).replace(/\n$/, '').split('\n')
      const result = compareLines(ours.map(level), theirs.map(level))
      const shown = result.differences.map((d) => `  ours   ${d.ours}\n  theirs ${d.theirs}`).join('\n')
      expect(result.total - result.agree, shown).toBe(0)
      expect(theirs.length).toBe(ours.length)
    })
  },
)
