import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { formatText } from '../../test/make/event-format.js'
import { schedWaking } from '../../test/make/known-formats.js'
import { encodeRingBuffer } from '../../test/make/ring-buffer.js'
import { waking } from '../../test/make/scenario.js'
import { InputError } from '../../workers/fault.js'
import { openTrace } from '../../workers/readers/registry.js'
import { openNodeSource } from '../../workers/thread/sources-node.js'
import { localRunner } from './process-runner.js'
import type { Runner } from './runner.js'
import { tracefsRecorder } from './tracefs.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-broken-'))
afterAll(() => rmSync(dir, { recursive: true }))

const file = (name: string, content: string): string => `@@file ${name}\n${content}\n@@end\n`
const head =
  file(
    'events/header_page',
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n' +
      '\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;',
  ) +
  file('events/header_event', '# compressed') +
  file('events/sched/sched_waking/format', formatText(schedWaking, 8))
const page = (t: bigint): Uint8Array => {
  const a = { pid: 5, comm: 'a' }
  return encodeRingBuffer([waking(t, a, a, 1)], { bigEndian: false, longSize: 8 }, 4096).bytes
}

/** A machine of one CPU with two pages, whose line breaks at the word to stop. */
function farMachine(there: string): Runner {
  writeFileSync(join(there, 'cpu0.raw'), Buffer.concat([page(1000n), page(2000n)]))
  writeFileSync(join(there, 'comms.start'), '5 waker\n')
  const broke = new InputError('The connection to lab broke.', 'no-connection')
  let broken = false
  const reached = <T>(what: () => Promise<T>): Promise<T> => (broken ? Promise.reject(broke) : what())
  const local = localRunner()
  return {
    ...local,
    name: 'lab',
    local: false,
    exec: (command) => {
      const stdout = command.startsWith('mktemp') ? `${there}\n` : command.startsWith('cat') ? '5 waker\n' : head
      return reached(() => Promise.resolve({ code: 0, stdout, stderr: '' }))
    },
    start: (_, { onLine } = {}) => {
      let fail: (error: Error) => void = () => undefined
      const done = new Promise<{ code: number }>((_resolve, reject) => (fail = reject))
      done.catch(() => undefined)
      const told = ['page 4096', 'clock [mono]', 'on', 'cpu 0 8192', 'entries: 0', 'read events: 2', 'all']
      for (const line of told) onLine?.(line, 'stdout')
      const end = (): void => {
        broken = true
        fail(broke)
      }
      return Promise.resolve({ done, say: () => undefined, endInput: end, interrupt: () => undefined })
    },
    fetch: (from, to) => reached(() => local.fetch(from, to)),
    fetchParts: (parts) => reached(() => local.fetchParts(parts)),
  }
}

const recorderOf = (runner: Runner, to: string): ReturnType<typeof tracefsRecorder> =>
  tracefsRecorder({
    runner,
    label: 'host',
    tracefs: '/sys/kernel/tracing',
    events: ['sched'],
    clock: 'mono',
    bufferKb: 64,
    stacks: false,
    to,
    guests: () => Promise.resolve([]),
  })

test.each([
  ['what was seen of it', true],
  ['nothing', false],
])('of a recording whose line breaks %s is kept', async (_, looked) => {
  const there = mkdtempSync(join(dir, 'there-'))
  const here = mkdtempSync(join(dir, 'here-'))
  const path = join(here, 'host.dat')
  const recorder = recorderOf(farMachine(there), path)
  await recorder.start()
  if (looked) await (await recorder.soFar(1e9, []))!.source!.close()
  await expect(recorder.end()).rejects.toThrow('The connection to lab broke.')
  if (!looked) {
    await expect(recorder.bring()).rejects.toThrow('The connection to lab broke.')
    expect(existsSync(path)).toBe(false)
    return
  }
  const [brought] = await recorder.bring()
  expect(recorder.notes).toEqual(['host: The connection to lab broke. What had come here until then is kept.'])
  expect(readdirSync(here)).toEqual(['host.dat'])
  const source = openNodeSource({ kind: 'path', name: 'host.dat', size: brought!.bytes, path })
  const trace = await openTrace(source)
  expect(trace.span(0)).toEqual({ first: 1000n, last: 2000n })
})
