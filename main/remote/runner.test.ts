import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noServer, SshWorld, until, user } from '../../test/ssh/sshd.js'
import type { Runner } from '../record/runner.js'
import { nobody } from './ask.js'
import { Host } from './host.js'
import { sshRunner } from './runner.js'
import { SshConfig } from './ssh-config.js'

describe.skipIf(noServer)(
  `commands on a machine behind SSH${noServer && ` (skipped: ${noServer})`}`,
  { timeout: 30_000 },
  () => {
    const world = new SshWorld()
    const dir = join(world.dir, 'files')
    let runner: Runner
    let cut: () => void

    beforeAll(async () => {
      mkdirSync(dir)
      const sshd = await world.sshd([world.key('id_ed25519')])
      const link = await world.link(sshd.port)
      cut = () => link.cut()
      writeFileSync(join(world.home, '.ssh/known_hosts'), `[127.0.0.1]:${link.port} ${sshd.publicKeys[0]}\n`)
      const config = await SshConfig.read({ home: world.home, files: [] })
      runner = sshRunner(new Host({ host: '127.0.0.1', user, port: link.port }, { asker: nobody, config }))
    }, 60_000)
    afterAll(async () => {
      await runner?.close()
      world.close()
    })

    it('run to their end with their code, output and input', async () => {
      expect(await runner.exec('cat; echo oh >&2; exit 3', { input: 'hello' })).toEqual({
        code: 3,
        stdout: 'hello',
        stderr: 'oh\n',
      })
      expect((await runner.exec('kill -9 $$')).code).toBe(null)
      expect(runner.name).toContain('@127.0.0.1')
    })

    it('end when they are cancelled', async () => {
      const abort = new AbortController()
      setTimeout(() => abort.abort(new Error('enough')), 200)
      await expect(runner.exec('sleep 20', { signal: abort.signal })).rejects.toThrow('enough')
    })

    it('go on until their input ends, telling line by line', async () => {
      const lines: string[] = []
      const running = await runner.start('echo one; echo two >&2; read word; echo ended', {
        onLine: (line, stream) => lines.push(`${stream}: ${line}`),
      })
      await until(() => lines.length === 2, 'the first lines')
      running.endInput()
      expect(await running.done).toEqual({ code: 0 })
      expect(lines.sort()).toEqual(['stderr: two', 'stdout: ended', 'stdout: one'])
    })

    it('take files, and give them back', async () => {
      const here = join(dir, 'here')
      const there = join(dir, "it's there")
      const bytes = Buffer.alloc(3_000_000, 'abcdefg')
      writeFileSync(here, bytes)
      await runner.send(here, there, 0o750)
      expect(readFileSync(there).equals(bytes)).toBe(true)
      expect(statSync(there).mode & 0o777).toBe(0o750)
      await runner.fetch(there, join(dir, 'back'))
      expect(readFileSync(join(dir, 'back')).equals(bytes)).toBe(true)
      await expect(runner.send(here, '/no/such/dir/x', 0o600)).rejects.toThrow(
        /here could not be copied .*No such file/i,
      )
      await expect(runner.fetch('/no/such', join(dir, 'x'))).rejects.toThrow(/\/no\/such on .* does not exist/)
    })

    it('clear up behind themselves when the line breaks: their input ends', async () => {
      const mark = join(dir, 'cleared')
      const started: string[] = []
      const running = await runner.start(`echo started; cat >/dev/null; touch ${mark}`, {
        onLine: (line) => started.push(line),
      })
      await until(() => started.length === 1, 'the start')
      cut()
      await expect(running.done).rejects.toThrow(/The connection to .* broke/)
      await until(() => existsSync(mark), 'the clearing up')
      // And the next command finds a new line.
      expect((await runner.exec('echo again')).stdout).toBe('again\n')
    })
  },
)
