import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noServer, SshWorld, until, user } from '../../test/ssh/sshd.js'
import { memorySource } from '../../workers/bytes.js'
import { openTrace } from '../../workers/readers/registry.js'
import { SshConfig } from '../remote/ssh-config.js'
import { createApp } from './app.js'
import { FileRegistry } from './files.js'
import type { CheckLine, RecordLine } from './record.js'
import type { ConnectLine } from './remote.js'

const tracefs =
  existsSync('/sys/kernel/tracing/events/header_page') || existsSync('/sys/kernel/debug/tracing/events/header_page')
const missing = noServer || (process.getuid?.() === 0 ? (tracefs ? '' : 'no tracefs') : 'not root')

describe.skipIf(missing)(
  `recording another machine over the API${missing && ` (skipped: ${missing})`}`,
  { timeout: 60_000 },
  () => {
    const world = new SshWorld()
    const recordings = join(world.dir, 'recordings')
    const ended = new AbortController()
    let machine = ''
    const app = createApp({
      files: new FileRegistry(),
      startup: () => ({ sources: [], sample: false, version: '' }),
      renderer: '/nowhere',
      remote: {
        record: { root: recordings },
        config: () => SshConfig.read({ home: world.home, files: [join(world.home, '.ssh/config')] }),
        until: ended.signal,
      },
    })
    const post = async (path: string, body: unknown = {}): Promise<Response> =>
      app.request(`/api/remote${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      })

    async function follow<Line>(response: Response, onLine?: (line: Line) => unknown): Promise<Line[]> {
      const all: Line[] = []
      let rest = ''
      for await (const bytes of response.body as unknown as AsyncIterable<Uint8Array>) {
        const parts = (rest + Buffer.from(bytes).toString()).split('\n')
        rest = parts.pop()!
        for (const text of parts) {
          all.push(JSON.parse(text) as Line)
          onLine?.(all.at(-1)!)
        }
      }
      return all
    }

    beforeAll(async () => {
      const sshd = await world.sshd([world.key('id_ed25519')])
      world.config(
        `Host lab\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ${user}\n  StrictHostKeyChecking accept-new\n  IdentityAgent none\n`,
      )
      const lines = await follow<ConnectLine>(await post('/connect', { address: 'lab' }))
      const last = lines.at(-1)!
      if (last.type !== 'connected') throw new Error(JSON.stringify(last))
      machine = last.machine
    }, 60_000)
    afterAll(() => {
      ended.abort()
      world.close()
    })

    it('tells what the machine allows, and the way of each preset', async () => {
      const [line] = await follow<CheckLine>(await post(`/machines/${machine}/record/check`))
      if (line?.type !== 'checked') throw new Error(JSON.stringify(line))
      expect(line.found.facts).toMatchObject({ root: true })
      expect(line.found.checks.length).toBeGreaterThan(3)
      const scheduler = line.presets.find((p) => p.name === 'scheduler')!
      const plan = await post(`/machines/${machine}/record/plan`, { clock: 'boot', guests: [] })
      expect(((await plan.json()) as { name: string; how: string[] }[])[0]!.how[0]).toContain('boot')
      expect(scheduler).toMatchObject({ possible: true, how: [expect.stringMatching(/sched/)] })
    })

    it('records until it is stopped, with live figures, and serves what was recorded', async () => {
      const wish = { preset: 'scheduler', clock: 'mono', seconds: null, guests: [] }
      const instances = (): string[] => {
        const dir = ['/sys/kernel/tracing/instances', '/sys/kernel/debug/tracing/instances'].find((d) => existsSync(d))
        return dir === undefined ? [] : readdirSync(dir)
      }
      const before = instances()
      let during: string[] = []
      let lives = 0
      const lines = await follow<RecordLine>(await post(`/machines/${machine}/record`, wish), (line) => {
        if (line.type === 'live' && line.live.phase === 'recording' && ++lives === 3) {
          during = instances().filter((n) => !before.includes(n))
          void post(`/machines/${machine}/record/stop`)
        }
      })
      const done = lines.at(-1)!
      if (done.type !== 'done') throw new Error(JSON.stringify(done))
      expect(lives).toBeGreaterThanOrEqual(3)
      expect(done.files.map((f) => f.name)).toEqual(['host.dat'])
      const bytes = new Uint8Array(await (await app.request(done.files[0]!.url)).arrayBuffer())
      const file = await openTrace(memorySource('host.dat', bytes))
      expect(file.meta.eventTypes.some((t) => t.name === 'sched_switch')).toBe(true)
      expect((await file.layOut()).blocks.length).toBeGreaterThan(0)
      expect(readdirSync(recordings).length).toBe(1)
      // Nothing is left of it over there.
      await until(() => instances().every((n) => !during.includes(n)), 'the clearing up')
    })

    it('refuses what is no preset', async () => {
      const lines = await follow<RecordLine>(
        await post(`/machines/${machine}/record`, { preset: 'nothing', clock: 'mono', seconds: 1, guests: [] }),
      )
      expect(lines.at(-1)).toMatchObject({ type: 'error', error: { message: expect.stringContaining('no preset') } })
    })
  },
)
