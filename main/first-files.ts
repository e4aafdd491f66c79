import type { Startup } from './api/app.js'
import { relative, resolve } from 'node:path'
import type { FileRegistry } from './api/files.js'
import { recordedRuns } from './api/recorded-runs.js'
import { findSamples } from './samples.js'
import { version } from './version.js'

/**
 * Registers what a window opens first: the files named by the user, the first run of a folder of several with the others to
 * choose from, or the first sample when none were named.
 * Throws InputError when a named file cannot be read.
 */
export async function firstFiles(files: FileRegistry, named: readonly string[]): Promise<Startup> {
  const folder = named.length === 1 ? named[0]! : null
  const recorded = folder === null ? null : await recordedRuns(folder)
  if (folder !== null && recorded && recorded.length > 1) {
    const runs = await Promise.all(
      recorded.map(async ({ run, seconds, paths }) => {
        const sources = await Promise.all(paths.map((path) => files.add(path, relative(folder, path))))
        return { run, seconds, sources }
      }),
    )
    return { sources: runs[0]!.sources, runs: { folder: resolve(folder), runs }, sample: false, version }
  }
  const sample = named.length === 0
  const sources = await files.addAll(sample ? ((await findSamples())[0]?.paths ?? []) : named)
  return { sources, sample: sample && sources.length > 0, version }
}
