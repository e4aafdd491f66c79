import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { localRunner, sshCommandRunner } from './process-runner.js'
import { quote } from './runner.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-runner-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** Stands where ssh would: takes its arguments and runs the command here. */
const fakeSsh = ['/bin/sh', '-c', 'while [ "$1" != -- ]; do shift; done; shift; exec sh -c "$*"', 'ssh']

test.each([
  ['this machine', localRunner()],
  ['a machine behind ssh', sshCommandRunner('someone@somewhere', fakeSsh)],
])('commands, their output, input and codes on %s', async (_, runner) => {
  const words = `it's "quoted" $HOME *`
  expect(await runner.exec(`printf %s ${quote(words)}; echo wrong >&2; exit 3`)).toEqual({
    code: 3,
    stdout: words,
    stderr: 'wrong\n',
  })
  expect((await runner.exec('cat', { input: 'given' })).stdout).toBe('given')

  const from = join(dir, 'from')
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251)
  writeFileSync(from, bytes)
  await runner.send(from, join(dir, "t'o"), 0o750)
  expect(statSync(join(dir, "t'o")).mode & 0o777).toBe(0o750)
  await runner.fetch(join(dir, "t'o"), join(dir, 'back'))
  expect(new Uint8Array(readFileSync(join(dir, 'back')))).toEqual(bytes)
  await expect(runner.fetch(join(dir, 'none'), join(dir, 'back'))).rejects.toThrow(/could not be copied/)
})

test('a running command hands on its lines and ends when its input ends', async () => {
  const lines: string[] = []
  const running = await localRunner().start('echo one; cat; printf two', {
    onLine: (line, stream) => lines.push(`${stream} ${line}`),
  })
  running.say('between')
  running.endInput()
  expect(await running.done).toEqual({ code: 0 })
  expect(lines).toEqual(['stdout one', 'stdout between', 'stdout two'])
})

test('an abort interrupts what runs', async () => {
  const abort = new AbortController()
  const run = localRunner().exec('exec sleep 30', { signal: abort.signal })
  setTimeout(() => abort.abort(new Error('enough')), 50)
  await expect(run).rejects.toThrow('enough')
})

test('a program that is not there, and a machine that does not answer, are sentences', async () => {
  await expect(sshCommandRunner('x', ['no-such-ssh']).exec('true')).rejects.toThrow('no-such-ssh is not installed')
  const refused = sshCommandRunner('me@there', ['/bin/sh', '-c', 'echo Connection refused. >&2; exit 255', 'ssh'])
  await expect(refused.exec('true')).rejects.toThrow('me@there cannot be reached by ssh: Connection refused.')
})
