import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noServer, SshWorld, until, user } from '../../test/ssh/sshd.js'
import type { Runner } from '../record/runner.js'
import { nobody } from './ask.js'
import { Host } from './host.js'
import { elevate, sshRunner } from './runner.js'
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
      await expect(runner.fetch('/no/such', join(dir, 'x'))).rejects.toThrow(
        /\/no\/such could not be copied .*No such file/i,
      )
    })

    it("are root's by sudo, with a password that goes to sudo alone", async () => {
      const bin = join(world.dir, 'bin')
      mkdirSync(bin)
      // Stands in for sudo, which would need a password of this machine's.
      writeFileSync(
        join(bin, 'sudo'),
        '#!/bin/sh\n[ "$1" = -n ] && exit 1\n[ "$*" = "-k -S -p  -- true" ] || shift 5\nread -r given\n[ "$given" = pw ] || { echo Sorry >&2; exit 1; }\n[ $# -gt 1 ] && export AS=root\n[ "$1" = -k ] || exec "$@"\n',
        { mode: 0o755 },
      )
      // A user that is not root, whoever runs this test.
      writeFileSync(join(bin, 'id'), '#!/bin/sh\necho 1000\n', { mode: 0o755 })
      const sudoing = await world.sshd([join(world.home, '.ssh/id_ed25519')], [`SetEnv PATH=${bin}:/usr/bin:/bin`])
      appendFileSync(join(world.home, '.ssh/known_hosts'), `[127.0.0.1]:${sudoing.port} ${sudoing.publicKeys[0]}\n`)
      const config = await SshConfig.read({ home: world.home, files: [] })
      const host = new Host({ host: '127.0.0.1', user, port: sudoing.port }, { asker: nobody, config })
      const asked: boolean[] = []
      const answers = ['wrong', 'pw']
      const how = await elevate(host, (again) => (asked.push(again), Promise.resolve(answers.shift() ?? null)))
      expect([how, asked]).toEqual([{ by: 'sudo-password', password: 'pw' }, [false, true]])
      expect(await elevate(host, () => Promise.resolve(null))).toBe(null)
      const root = sshRunner(host, how!)
      expect(await root.exec('echo "$AS it\'s"; cat', { input: 'mine' })).toEqual({
        code: 0,
        stdout: "root it's\nmine",
        stderr: '',
      })
      const lines: string[] = []
      const running = await root.start('while read -r line; do echo "$AS $line"; done; echo over', {
        onLine: (l) => lines.push(l),
      })
      running.endInput()
      expect(await running.done).toEqual({ code: 0 })
      expect(lines).toEqual(['over'])
      const bytes = Buffer.alloc(200_000, 'pw\n')
      writeFileSync(join(dir, 'plain'), bytes)
      await root.send(join(dir, 'plain'), join(dir, 'sent'), 0o600)
      await root.fetch(join(dir, 'sent'), join(dir, 'fetched'))
      expect(readFileSync(join(dir, 'fetched')).equals(bytes)).toBe(true)
      await root.close()
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
