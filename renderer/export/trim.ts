// A range of the session as trace.dat files again.

import { zipSync } from 'fflate'
import type { Progress, TrimQuery } from '../../workers/thread/contract.js'
import { formatBytes, formatCount } from '../state/format.js'
import { say } from '../state/messages.js'
import { engine, loading } from '../state/session-state.js'
import { saveFile } from '../widgets/save-file.js'

/** CPUs by a list such as `0,2-3`, of those that there are; '' = all. null where it is no list, or names none of them. */
export function cpusOf(text: string, all: readonly number[]): readonly number[] | null {
  if (text.trim() === '') return all
  const parts = text.split(',').map((part) => /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part))
  if (parts.includes(null)) return null
  const within = (cpu: number): boolean => parts.some((p) => cpu >= Number(p![1]) && cpu <= Number(p![2] ?? p![1]))
  const found = all.filter(within)
  return found.length > 0 ? found : null
}

/** Saves a part of the session: one file as it is, several in a zip. */
export async function saveTrimmed(part: TrimQuery): Promise<void> {
  const api = engine.peek()
  if (!api) return
  const stop = new AbortController()
  const title = 'Trimming'
  const cancel = () => stop.abort()
  loading.value = { title, progress: null, cancel }
  try {
    // A callback across threads: it must answer nothing.
    const show = (progress: Progress): void => {
      loading.value = { title, progress, cancel }
    }
    const files = await api.trim(part, show, stop.signal)
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
