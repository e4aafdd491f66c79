// Probe records that were compared, in the list of what was open.

import { effect } from '@preact/signals'
import { reopen, type Chosen } from '../host-api.js'
import { runsKey, saveSession } from '../store/db.js'
import type { SavedSession } from '../store/db.js'
import { SCHEMA } from '../store/session.js'
import { plural } from './format.js'
import { handle, say } from './messages.js'
import { refreshRecent } from './opening.js'
import { openRuns, runsFiles, runsInput } from './runs.js'

/** The folder that all lie in, else how many they are. */
function runsName(files: readonly Pick<Chosen, 'path' | 'source'>[]): string {
  const folders = new Set(files.map((f) => f.path?.split('/')[0]))
  const [folder] = folders
  if (folders.size === 1 && folder) return folder
  return files.length === 1 ? files[0]!.source.name : plural(files.length, 'file')
}

/** Puts into the list what is opened; answers a function that stops. */
export function startKeepingRuns(): () => void {
  let kept: readonly Chosen[] = []
  return effect(() => {
    const files = runsFiles.value
    const input = runsInput.value
    if (!input || files.length === 0 || files === kept) return
    kept = files
    const saved = files.map((f) => ({
      name: f.source.name,
      size: f.source.size,
      anchor: f.anchor,
      ...(f.path ? { path: f.path } : {}),
    }))
    const session: SavedSession = {
      key: runsKey(saved),
      schema: SCHEMA,
      name: runsName(files),
      files: saved,
      traces: '',
      events: input.runs,
      runs: true,
      opened: Date.now(),
      view: null,
      views: [],
    }
    handle(saveSession(session, null).then(refreshRecent))
  })
}

/** A browser asks for each file: more questions than these are too many. */
const QUESTIONS = 4

/** Opens records of the list again. */
export async function openRecentRuns(saved: SavedSession): Promise<void> {
  const asking = saved.files.filter((f) => f.anchor.kind === 'handle').length > QUESTIONS
  const found = asking
    ? []
    : await Promise.all(
        saved.files.map(async (f) => {
          const file = await reopen(f.anchor, f.name, f.size).catch(() => null)
          return file && { ...file, ...(f.path ? { path: f.path } : {}) }
        }),
      )
  const files = found.filter((f) => f !== null)
  if (files.length === saved.files.length) return openRuns(files)
  say(
    'note',
    `This window may not read the records of ${saved.name} by itself any more, or they were changed: choose or drop them again.`,
  )
}
