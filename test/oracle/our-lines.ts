import { statSync } from 'node:fs'
import { basename } from 'node:path'
import type { LineOptions } from '../../workers/table/lines.js'
import type { ClockChoice } from '../../workers/thread/contract.js'
import { connectNode } from '../../workers/thread/node.js'
import { viewRow } from '../../workers/units.js'

/** What `remora events --clock compat` prints of these files, line by line. */
export async function ourLines(paths: readonly string[], options: LineOptions = {}): Promise<string[]> {
  const { engine, dispose } = connectNode()
  try {
    const sources = paths.map(
      (path) => ({ kind: 'path', name: basename(path), size: statSync(path).size, path }) as const,
    )
    const clocks: Record<number, ClockChoice> = {}
    const family = await engine.inspect(sources)
    for (const f of family.files) if (f.timeShift) clocks[f.machine] = { method: 'compat' }
    const { count } = await engine.open({ sources, clocks })
    const lines = engine.header()
    for await (const batch of engine.lines(0, viewRow(0), count, options)) {
      for (const line of batch) lines.push(...line.split('\n'))
    }
    return lines
  } finally {
    await engine.close()
    dispose()
  }
}
