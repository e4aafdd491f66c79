// Whole recordings against trace-cmd: what `remora events` prints is what `trace-cmd report` prints, line by line. Where trace-cmd
// is not installed, the reports stored beside the recordings take its place.

import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { hasTraceCmd, sharedData, traceCmdReport } from '../make/tools.js'
import { compareLines } from './agreement.js'
import { ourLines } from './our-lines.js'
import { readGolden, recordings, Unpacked } from './recordings.js'

/** Lines that may differ, and why. Everything else agrees to the last character. */
const allowed: Readonly<Record<string, { readonly lines: number; readonly why: string }>> = {}

const unpacked = new Unpacked()
afterAll(() => unpacked.remove())

const all = sharedData ? recordings(sharedData) : []
/** What Debian's trace-cmd was built without. */
const unreadable = (name: string): boolean => hasTraceCmd && /zlib/.test(name)

function check(name: string, ours: readonly string[], theirs: readonly string[]): void {
  const { agree, total, differences } = compareLines(ours, theirs)
  console.log(`${name}: ${agree} of ${total} lines agree (${((100 * agree) / total).toFixed(3)} %)`)
  const may = allowed[name]?.lines ?? 0
  const shown = differences.map((d) => `  ours   ${d.ours}\n  theirs ${d.theirs}`).join('\n')
  expect(total - agree, `lines that differ in ${name}\n${shown}\n`).toBeLessThanOrEqual(may)
  expect(total - agree, `${name} has improved: lower its allowance`).toBeGreaterThanOrEqual(may)
}

const lines = (text: string): string[] => text.replace(/\n$/, '').split('\n')

describe.skipIf(!sharedData)('events as trace-cmd prints them (needs ../shared/data)', () => {
  it.each(all.filter((r) => hasTraceCmd && !unreadable(r.name)))('$name', async (recording) => {
    const path = unpacked.path(recording)
    check(recording.name, await ourLines([path]), lines(traceCmdReport(['-t', path])))
  })

  it.each(all.filter((r) => r.goldens.length > 0 && (!hasTraceCmd || unreadable(r.name))))(
    '$name, stored report',
    async (recording) => {
      for (const golden of recording.goldens) {
        const { us, raw } = golden
        check(recording.name, await ourLines([unpacked.path(recording)], { us, raw }), lines(readGolden(golden)))
      }
    },
  )
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
  'hosts and guests merged as trace-cmd does (needs trace-cmd, ../shared/data)',
  () => {
    it.each(merged.map((files) => ({ files, name: `${dirname(files[0]!)} merged` })))(
      '$name',
      async ({ files, name }) => {
        const paths = files.map((file) => join(sharedData!, file))
        const theirs = traceCmdReport(['-t', ...paths.flatMap((path) => ['-i', path])])
        check(name, await ourLines(paths, { compat: true }), lines(theirs))
      },
    )
  },
)
