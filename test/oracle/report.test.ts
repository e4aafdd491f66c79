// Whole recordings against trace-cmd: what `remora events` prints is what `trace-cmd report` prints, line by line. Where trace-cmd
// is not installed, the reports stored beside the recordings take its place.

import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { hasTraceCmd, sharedData, traceCmdReport } from '../make/tools.js'
import { compareLines } from './agreement.js'
import { ourLines } from './our-lines.js'
import { readGolden, recordings, Unpacked } from './recordings.js'

/** Where we differ on purpose, and why. Everything else agrees to the last character. */
interface Exception {
  readonly why: string
  /** Takes out of both sides' lines what differs, so that the rest is still compared. */
  readonly ignoring: (line: string) => string
}
const indent: Exception = {
  why: 'trace-cmd indents function events by the calls it has seen on that CPU; a line of ours depends on its event alone',
  ignoring: (line) => line.replace(/: function: +/, ': function: '),
}
const exceptions: Readonly<Record<string, Exception>> = {
  'public/08-ftrace-dat-v6-32bit-guests/wsdias-qemu-sched_other_trace.dat': indent,
  'public/08-ftrace-dat-v6-32bit-guests/wsdias-qemu-sched_rr_trace.dat': indent,
}

/**
 * A recording with a torn page in the middle of CPU 0 and a corrupt table of clock samples: trace-cmd prints rubbish for the page,
 * gives up on the CPU there and takes times, and so the order in which it learns names of tasks, from the wrong places. Its sound
 * lines, times and names apart, must be among ours.
 */
const torn = { name: 'own/pair-tcg-2guests-tsc-badshift/host-10.9.2.2.dat', rubbish: 15 }

const unpacked = new Unpacked()
afterAll(() => unpacked.remove())

const all = sharedData ? recordings(sharedData) : []
/** What Debian's trace-cmd was built without. */
const unreadable = (name: string): boolean => hasTraceCmd && /zlib/.test(name)

/** trace-cmd 3.1.6 is not steady: where a version 6 file names its clock late, one run in some hundred prints times as ticks. */
const ATTEMPTS = 3

function check(name: string, ours: readonly string[], ask: () => readonly string[]): void {
  const ignoring = exceptions[name]?.ignoring ?? ((line: string) => line)
  const mine = ours.map(ignoring)
  let result = compareLines(mine, ask().map(ignoring))
  for (let i = 1; i < ATTEMPTS && result.agree < result.total; i++) result = compareLines(mine, ask().map(ignoring))
  const { agree, total, differences } = result
  console.log(`${name}: ${agree} of ${total} lines agree${exceptions[name] ? ' as far as they are compared' : ''}`)
  const shown = differences.map((d) => `  ours   ${d.ours}\n  theirs ${d.theirs}`).join('\n')
  expect(total - agree, `lines that differ in ${name}\n${shown}\n`).toBe(0)
}

const lines = (text: string): string[] => text.replace(/\n$/, '').split('\n')

const sound = all.filter((r) => r.name !== torn.name)
const live = sound.filter((r) => hasTraceCmd && !unreadable(r.name))
const stored = sound.filter((r) => r.goldens.length > 0 && !live.includes(r))

describe.skipIf(!sharedData)('events as trace-cmd prints them (needs ../shared/data)', { timeout: 240_000 }, () => {
  it.each(live.map((r) => [r.name, r] as const))('%s', async (name, recording) => {
    const path = unpacked.path(recording)
    check(name, await ourLines([path]), () => lines(traceCmdReport(['-t', path])))
  })

  it.each(stored.map((r) => [r.name, r] as const))('%s, stored report', async (name, recording) => {
    for (const golden of recording.goldens) {
      const { us, raw } = golden
      check(name, await ourLines([unpacked.path(recording)], { us, raw }), () => lines(readGolden(golden)))
    }
  })
})

const untimed = (line: string): string => line.replace(/^.*-(\d+) +(\[\d+\])\s*\d+:/, '$1 $2')

describe.skipIf(!sharedData || !hasTraceCmd)('a torn recording (needs trace-cmd, ../shared/data)', () => {
  it('gives more than trace-cmd gets out of it', async () => {
    const path = join(sharedData!, torn.name)
    const left = new Map<string, number>()
    const ours = await ourLines([path])
    for (const line of ours.map(untimed)) left.set(line, (left.get(line) ?? 0) + 1)
    const theirs = lines(traceCmdReport(['-t', path])).map(untimed)
    const missing = theirs.filter((line) => {
      const n = left.get(line) ?? 0
      left.set(line, n - 1)
      return n <= 0
    })
    expect(missing.length, missing.join('\n')).toBe(torn.rubbish)
    expect(ours.length).toBeGreaterThan(theirs.length + 19_000)
  })
})

const merged: readonly (readonly string[])[] = [
  ['own/pair-tcg-1guest-tsc/host.dat', 'own/pair-tcg-1guest-tsc/host-10.9.1.2.dat'],
  ['own/pair-tcg-1guest-ebpf/host.dat', 'own/pair-tcg-1guest-ebpf/host-10.9.1.2.dat'],
  [
    'own/pair-tcg-2guests-tsc/host.dat',
    'own/pair-tcg-2guests-tsc/host-10.9.1.2.dat',
    'own/pair-tcg-2guests-tsc/host-10.9.2.2.dat',
  ],
]

describe.skipIf(!sharedData || !hasTraceCmd)(
  'merged as trace-cmd does it (needs trace-cmd, ../shared/data)',
  { timeout: 240_000 },
  () => {
    it.each(merged.map((files) => [`${dirname(files[0]!)}, host and guests`, files] as const))(
      '%s',
      async (name, files) => {
        const paths = files.map((file) => join(sharedData!, file))
        const args = ['-t', ...paths.flatMap((path) => ['-i', path])]
        check(name, await ourLines(paths), () => lines(traceCmdReport(args)))
      },
    )
  },
)
