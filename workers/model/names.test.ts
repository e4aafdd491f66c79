import { statSync, existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { connectNode } from '../thread/node.js'

const path = 'samples/host-and-guest/guest.dat'

describe.skipIf(!existsSync(path))('names of tasks', () => {
  it('come from the last switch that carries them where the file has none', async () => {
    const { engine, dispose } = connectNode({ threads: 0 })
    const info = await engine.open({ sources: [{ kind: 'path', name: 'guest.dat', path, size: statSync(path).size }] })
    const file = engine.session()!.files[0]!
    const tasks = info.tracks.filter((t) => t.kind === 'task')
    const learned = tasks.filter((t) => !file.meta.comms.has(t.pid!))
    expect(learned.length).toBeGreaterThan(10)
    // Each learned name is one that some switch of that task carries.
    for (const t of learned.slice(0, 20)) {
      const name = t.label.slice(0, t.label.lastIndexOf('-'))
      if (name === '<...>') continue
      const { count } = await engine.createView({
        events: ['sched_switch'],
        expression: `(prev_pid == ${t.pid} && prev_comm == "${name}") || (next_pid == ${t.pid} && next_comm == "${name}")`,
      })
      expect(count, t.label).toBeGreaterThan(0)
    }
    expect(tasks.filter((t) => t.label.startsWith('<...>')).length).toBeLessThan(tasks.length / 10)
    dispose()
  })
})
