import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Recordings that are too large for the repository; null where they are absent. */
export const sharedData: string | null = ((): string | null => {
  const dir = process.env.REMORA_SHARED
    ? join(process.env.REMORA_SHARED, 'data')
    : resolve(import.meta.dirname, '../../../shared/data')
  return existsSync(dir) ? dir : null
})()

export const hasTraceCmd: boolean = spawnSync('trace-cmd', ['--version']).error === undefined

/** Standard output of `trace-cmd report` with `args`; throws what trace-cmd says when it fails. */
export function traceCmdReport(args: readonly string[]): string {
  const run = spawnSync('trace-cmd', ['report', ...args], { encoding: 'utf8', maxBuffer: 2 ** 31 - 1 })
  if (run.status !== 0) throw new Error(`trace-cmd report ${args.join(' ')}: ${run.stderr}`)
  return run.stdout
}
