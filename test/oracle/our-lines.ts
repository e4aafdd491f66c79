import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { eventLines, headerLines, type LineOptions } from '../../workers/table/lines.js'
import type { ClockChoice } from '../../workers/thread/contract.js'
import { connectNode } from '../../workers/thread/node.js'

/** What `remora events` prints of these files, line by line. `compat`: guests' clocks as trace-cmd relates them. */
export async function ourLines(
  paths: readonly string[],
  options: LineOptions & { readonly compat?: boolean } = {},
): Promise<string[]> {
  const { engine, dispose } = connectNode()
  try {
    const sources = paths.map(
      (path) => ({ kind: 'path', name: basename(path), size: statSync(path).size, path }) as const,
    )
    const clocks: Record<number, ClockChoice> = {}
    if (options.compat) {
      const family = await engine.inspect(sources)
      for (const m of family.machines) if (m.role === 'guest') clocks[m.machine] = { method: 'compat' }
    }
    await engine.open({ sources, clocks })
    const session = engine.session()!
    const lines = [...headerLines(session)]
    for await (const batch of eventLines(session, null, 0, session.table.count, options)) {
      for (const line of batch) lines.push(...line.split('\n'))
    }
    return lines
  } finally {
    await engine.close()
    dispose()
  }
}
