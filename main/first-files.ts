import type { Startup } from './api/app.js'
import type { FileRegistry } from './api/files.js'
import { findSamples } from './samples.js'
import { version } from './version.js'

/**
 * Registers what a window opens first: the files named by the user, or the first sample when none were named.
 * Throws InputError when a named file cannot be read.
 */
export async function firstFiles(files: FileRegistry, named: readonly string[]): Promise<Startup> {
  const sample = named.length === 0
  const sources = await files.addAll(sample ? ((await findSamples())[0]?.paths ?? []) : named)
  return { sources, sample: sample && sources.length > 0, version }
}
