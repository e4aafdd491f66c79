// Asking for probe records.

import { pickAll, pickFiles } from '../../host-api.js'
import { handle, say } from '../../state/messages.js'
import { openRuns } from '../../state/runs.js'

const field = (id: string): HTMLInputElement | null => {
  const input = document.getElementById(id)
  return input instanceof HTMLInputElement ? input : null
}
const RECORDS = /\.(csv|jsonl|ndjson|json|txt|log|wire)$/i

export function openRecordsDialog(): void {
  const input = field('open-files')
  if (!input) return
  handle(
    pickFiles(input).then(async (files) => {
      if (files && files.length > 0) await openRuns(files)
    }),
  )
}

export function openRecordsFolder(): void {
  const input = field('open-folder')
  if (!input) return
  handle(
    pickAll(input).then(async (all) => {
      const files = all?.filter((f) => RECORDS.test(f.source.name))
      if (!files) return
      if (files.length === 0) say('note', 'The folder holds no CSV, JSON or text files.')
      else await openRuns(files)
    }),
  )
}
