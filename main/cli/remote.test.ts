import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { longTrace } from '../../test/fixtures/long-trace.js'
import { buildCli, remora, type CliResult } from '../../test/run-cli.js'
import { noServer, type Sshd, SshWorld, user } from '../../test/ssh/sshd.js'

describe.skipIf(noServer)(
  `files of other machines on the command line${noServer && ` (skipped: ${noServer})`}`,
  { timeout: 60_000 },
  () => {
    const world = new SshWorld()
    const cache = join(world.dir, 'cache')
    const file = join(world.dir, 'traces', 'long.dat')
    let sshd: Sshd
    const at = (path = file): string => `ssh://${user}@127.0.0.1:${sshd.port}${path}`

    const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> =>
      remora(args, Infinity, { HOME: world.home, REMORA_CACHE: cache, SSH_AUTH_SOCK: '', SSH_ASKPASS: '', ...env })

    beforeAll(async () => {
      buildCli()
      sshd = await world.sshd([world.key('id_ed25519')])
      mkdirSync(join(world.dir, 'traces'))
      writeFileSync(file, longTrace(8 << 20, 60))
    }, 60_000)
    afterAll(() => world.close())

    it('needs somebody to say that an unknown key is to be trusted', async () => {
      const { code, err } = await run(['info', at()])
      expect([code, err]).toEqual([
        2,
        expect.stringMatching(/^remora: The key of .* is not known and was not accepted\.\n$/),
      ])
      const yes = join(world.dir, 'yes')
      writeFileSync(yes, '#!/bin/sh\necho "$1" >>"$0.asked"\necho yes\n')
      chmodSync(yes, 0o755)
      const asked = await run(['info', '--heads', at()], { SSH_ASKPASS: yes, SSH_ASKPASS_REQUIRE: 'force' })
      expect(asked.code).toBe(0)
      expect(readFileSync(`${yes}.asked`, 'utf8')).toMatch(/ssh-ed25519 SHA256:.*Trust it from now on/)
    })

    it('reads heads in place: nothing is copied', async () => {
      const { code, out } = await run(['info', '--heads', '--json', at()])
      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ files: [{ name: 'long.dat', size: readFileSync(file).length }] })
      expect(() => readdirSync(cache)).toThrow()
    })

    it('prints a window in place, as of the local file', async () => {
      const window = ['events', '--window', '+30..+30.5']
      const [there, here] = await Promise.all([run([...window, at()]), run([...window, file])])
      expect(there).toEqual(here)
      expect(here.out.split('\n').length).toBeGreaterThan(1000)
      expect(() => readdirSync(cache)).toThrow()
    })

    it('copies the whole where it is needed, a directory as its traces, and not twice', async () => {
      const whole = await run(['events', '--to', '+1', at(join(world.dir, 'traces'))])
      expect(whole).toEqual(await run(['events', '--to', '+1', file]))
      expect(readdirSync(cache).length).toBe(1)
      expect((await run(['clocks', at()])).err).toMatch(/no guest whose host/)
      expect(readdirSync(cache).length).toBe(1)
    })

    it('says what is not there, and what is no address, without its password', async () => {
      expect((await run(['events', at('/no/such.dat')])).err).toMatch(
        /^remora: \/no\/such.dat on .* does not exist\.\n$/,
      )
      const bad = await run(['events', 'ssh://root:hunter2@lab/a.dat'])
      expect([bad.code, bad.err]).toEqual([2, expect.not.stringContaining('hunter2')])
      expect(bad.err).toContain('passwords are asked for')
    })
  },
)
