// The recordings that come with Remora.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { InputError } from '../workers/fault.js'
import type { ServedSample } from './api/app.js'
import type { FileRegistry } from './api/files.js'
import { packageRoot } from './paths.js'

export interface Sample {
  /** Its folder under samples/. */
  readonly name: string
  /** One line about it. */
  readonly line: string
  /** Made by a program, not recorded. */
  readonly generated: boolean
  readonly paths: readonly string[]
}

/** The first one is what opens when nothing is named. */
const known = [
  { name: 'host-and-guest', line: 'a host and its guest, scheduling events', generated: false },
  { name: 'generated-vms', line: 'a host, two guests and a guest of a guest, with KVM events', generated: true },
] as const satisfies readonly Omit<Sample, 'paths'>[]

const samplesRoot = join(packageRoot, 'samples')

/** The samples that are there; none in an installation without. */
export async function findSamples(root = samplesRoot): Promise<Sample[]> {
  const found = await Promise.all(
    known.map(async (sample) => {
      const folder = join(root, sample.name)
      const names = await readdir(folder).catch(() => [])
      const traces = names.filter((name) => name.endsWith('.dat')).sort()
      return { ...sample, paths: traces.map((name) => join(folder, name)) }
    }),
  )
  return found.filter((s) => s.paths.length > 0)
}

/** The files of a sample. Throws InputError when there is none of that name. */
export async function samplePaths(name: string, root = samplesRoot): Promise<readonly string[]> {
  const found = await findSamples(root)
  const sample = found.find((s) => s.name === name)
  if (sample) return sample.paths
  const names = found.map((s) => s.name).join(', ')
  const others = names === '' ? 'No samples come with this installation.' : `There are: ${names}.`
  throw new InputError(`There is no sample "${name}". ${others}`, 'no-sample')
}

/** The samples as the screens list them; their files become readable. */
export async function serveSamples(files: FileRegistry, root = samplesRoot): Promise<ServedSample[]> {
  return Promise.all(
    (await findSamples(root)).map(async ({ paths, ...sample }) => ({ ...sample, sources: await files.addAll(paths) })),
  )
}
