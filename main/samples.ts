// The recordings that come with Remora.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
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

export const sampleNames: readonly string[] = known.map((s) => s.name)

/** The samples that are there; none in an installation without. */
export async function findSamples(root = join(packageRoot, 'samples')): Promise<Sample[]> {
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
