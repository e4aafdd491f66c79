import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeStudy } from '../make/study.js'

/** Built beside this. */
const cli = fileURLToPath(new URL('./cli.js', import.meta.url))

/** The command line from start to end, on so many runs of four probes. */
export interface RunsRun {
  readonly runs: number
  /** Whole command, ms: read, analysed, written as JSON. */
  readonly ms: number
  readonly bytes: number
}

export function runRuns(runs: number): RunsRun {
  const dir = mkdtempSync(join(tmpdir(), 'remora-bench-runs-'))
  try {
    let bytes = 0
    for (const { path, text } of makeStudy({ runs: runs / 2 })) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
      bytes += text.length
    }
    const args = ['runs', '--host', join(dir, 'host'), '--vm', join(dir, 'vm'), '--stratify', 'phase', '--json']
    const started = performance.now()
    const run = spawnSync(process.execPath, [cli, ...args], { maxBuffer: 1 << 28 })
    if (run.status !== 0) throw new Error(run.stderr.toString())
    return { runs, ms: performance.now() - started, bytes }
  } finally {
    rmSync(dir, { recursive: true })
  }
}
