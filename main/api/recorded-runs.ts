// Folders that `remora record` has written, told by their manifest.

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { array, looseObject, number, parse, string } from 'valibot'
import { InputError } from '../../workers/fault.js'

/** One recording of all machines of a session. */
export interface RecordedRun {
  /** From 1. */
  readonly run: number
  readonly seconds: number
  /** Those of its files that are there. */
  readonly paths: readonly string[]
}

const manifest = looseObject({
  runs: array(looseObject({ run: number(), seconds: number(), files: array(looseObject({ path: string() })) })),
})

/** The runs of a folder that have files; null = it is no folder of a recording, or nothing was kept in it. */
export async function recordedRuns(folder: string): Promise<readonly RecordedRun[] | null> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => null)
  if (text === null) return null
  const runs = readManifest(text)
  const found = await Promise.all(
    runs.map(async ({ run, seconds, files }) => {
      // What a manifest names outside of its folder is none of its files.
      const inside = files.filter((f) => !/^([\\/]|[a-z]:)|(^|[\\/])\.\.([\\/]|$)/i.test(f.path))
      const paths = inside.map((f) => join(folder, f.path))
      const there = await Promise.all(
        paths.map((path) =>
          stat(path).then(
            (s) => s.isFile(),
            () => false,
          ),
        ),
      )
      return { run, seconds, paths: paths.filter((_, i) => there[i]) }
    }),
  )
  const kept = found.filter((r) => r.paths.length > 0)
  return kept.length > 0 ? kept : null
}

/** Other programs write files of this name too: theirs have no runs. */
function readManifest(text: string): { run: number; seconds: number; files: { path: string }[] }[] {
  try {
    return parse(manifest, JSON.parse(text)).runs
  } catch {
    return []
  }
}

/** Throws for a folder of several runs, where one is to be named. */
export function oneRun(folder: string, runs: readonly RecordedRun[]): RecordedRun {
  const [first] = runs
  if (runs.length === 1 && first) return first
  const [from, to] = [first!, runs.at(-1)!].map((r) => r.paths[0]!.split(/[\\/]/).slice(0, -1).join('/'))
  throw new InputError(
    `${folder} holds ${runs.length} runs, each of which is a recording of its own: name one, from ${from} to ${to}.`,
    'many-runs',
    folder,
  )
}
