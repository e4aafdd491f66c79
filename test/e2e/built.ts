import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { join } from 'node:path'
import { root } from './story.js'

/** Brings dist/ up to date; at once when it is. */
export async function ensureBuilt(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, 'build/build.mjs')], { cwd: root })
}
