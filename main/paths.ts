import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where package.json, dist/ and samples/ lie. */
export const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** The built screens, beside the built doors (dist/main, dist/renderer). */
export const rendererDir = fileURLToPath(new URL('../renderer', import.meta.url))

/** The recordings that come with Remora: the *.dat files of the first folder under samples/, none if there are none. */
export async function samplePaths(): Promise<string[]> {
  const root = join(packageRoot, 'samples')
  try {
    const folders = (await readdir(root, { withFileTypes: true })).filter((e) => e.isDirectory()).map((e) => e.name)
    for (const folder of folders.sort()) {
      const names = (await readdir(join(root, folder))).filter((name) => name.endsWith('.dat')).sort()
      if (names.length > 0) return names.map((name) => join(root, folder, name))
    }
  } catch {
    // An installation without samples starts empty.
  }
  return []
}
