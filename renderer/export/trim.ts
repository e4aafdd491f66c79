// A range of the session as trace.dat files again.

import { zipSync } from 'fflate'
import type { Progress } from '../../workers/thread/contract.js'
import { formatBytes, formatCount } from '../state/format.js'
import { say } from '../state/messages.js'
import { engine, loading, range, rangeSelection, session } from '../state/session-state.js'
import { saveFile } from '../widgets/save-file.js'

/** Saves what is chosen, else what is in view: one file as it is, several in a zip. */
export async function saveTrimmed(): Promise<void> {
  const info = session.peek()
  const api = engine.peek()
  if (!info || !api) return
  const { from, to } = rangeSelection.peek() ?? range.peek()
  const stop = new AbortController()
  const title = 'Trimming'
  const cancel = () => stop.abort()
  loading.value = { title, progress: null, cancel }
  try {
    // A callback across threads: it must answer nothing.
    const show = (progress: Progress): void => {
      loading.value = { title, progress, cancel }
    }
    const files = await api.trim({ from, to }, show, stop.signal)
    const events = files.reduce((n, f) => n + f.events, 0)
    const bytes = files.reduce((n, f) => n + f.bytes, 0)
    const only = files.length === 1 ? files[0]! : null
    if (only) saveFile(`trimmed-${only.name}`, only.parts, 'application/octet-stream')
    else {
      const zip = zipSync(
        Object.fromEntries(files.map((f) => [f.name, joined(f.parts, f.bytes)])),
        // Traces shrink well, and the quickest level gets most of it.
        { level: 1 },
      )
      saveFile('trimmed.zip', zip, 'application/zip')
    }
    say('note', `${formatCount(events)} events, ${formatBytes(bytes)}, went to your downloads.`)
  } catch (e) {
    if (!stop.signal.aborted) throw e
  } finally {
    loading.value = null
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
