// What lies in a directory of another machine, and which of its files are traces: judged by their first bytes, as they are opened.

import { formatOf } from '../../workers/readers/registry.js'
import type { Host } from './host.js'
import { LineBroken, type RemoteEntry, type Sftp } from './sftp.js'

export interface BrowsedEntry extends RemoteEntry {
  /** Format of a trace that Remora can open; null = none, or not looked at. */
  readonly format: string | null
}

export interface Listing {
  /** Absolute. */
  readonly path: string
  /** Directories first, by name. */
  readonly entries: readonly BrowsedEntry[]
}

/** Files of a directory whose first bytes are read at most; the others are judged when they are opened. */
const MOST_LOOKED_AT = 500
const AT_ONCE = 24
const HEAD = 64

/** @param path '' = the user's home */
export async function browse(host: Host, path: string, signal?: AbortSignal): Promise<Listing> {
  return host.steadily(
    async () => {
      const sftp = await host.sftp(signal)
      const full = await sftp.realpath(path === '' ? '.' : path)
      const entries = await sftp.list(full)
      const order = (e: RemoteEntry): number => (e.kind === 'directory' ? 0 : 1)
      entries.sort((a, b) => order(a) - order(b) || a.name.localeCompare(b.name))
      const formats = await formatsOf(sftp, full, entries, signal)
      return { path: full, entries: entries.map((e) => ({ ...e, format: formats.get(e.name) ?? null })) }
    },
    { signal },
  )
}

async function formatsOf(
  sftp: Sftp,
  dir: string,
  entries: readonly RemoteEntry[],
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const files = entries.filter((e) => e.kind === 'file' && e.size > HEAD)
  // Those that are called like traces are looked at first.
  files.sort((a, b) => Number(/\.dat$/i.test(b.name)) - Number(/\.dat$/i.test(a.name)))
  const waiting = files.slice(0, MOST_LOOKED_AT)
  const found = new Map<string, string>()
  const look = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      signal?.throwIfAborted()
      const path = `${dir.replace(/\/$/, '')}/${entry.name}`
      try {
        const handle = await sftp.open(path)
        try {
          const format = formatOf(await sftp.piece(handle, path, 0, HEAD), entry.name)
          if (format !== null) found.set(entry.name, format)
        } finally {
          await sftp.close(handle)
        }
      } catch (e) {
        if (e instanceof LineBroken) throw e
        // One that may not be read is listed as what it is: a file.
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, look))
  return found
}
