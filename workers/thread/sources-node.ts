// Byte sources of Node: local files by path.

import { open as openFile, type FileHandle } from 'node:fs/promises'
import { memorySource, type ByteSource, type SourceOpener } from '../bytes.js'
import { InputError } from '../fault.js'

export const openNodeSource: SourceOpener = (ref) => {
  switch (ref.kind) {
    case 'path':
      return pathSource(ref.name, ref.size, ref.path)
    case 'bytes':
      return memorySource(ref.name, ref.bytes)
    case 'blob':
    case 'url':
      throw new InputError(`${ref.name} is not a local file.`, 'not-local', ref.name)
  }
}

function pathSource(name: string, size: number, path: string): ByteSource {
  let handle: Promise<FileHandle> | null = null
  return {
    name,
    size,
    async read(offset, length, signal) {
      signal?.throwIfAborted()
      try {
        handle ??= openFile(path, 'r')
        const file = await handle
        const want = Math.max(0, Math.min(length, size - offset))
        const bytes = new Uint8Array(want)
        let done = 0
        while (done < want) {
          const { bytesRead } = await file.read(bytes, done, want - done, offset + done)
          if (bytesRead === 0) break
          done += bytesRead
        }
        return done === want ? bytes : bytes.subarray(0, done)
      } catch (e) {
        throw new InputError(
          `${name} cannot be read: ${e instanceof Error ? e.message : String(e)}.`,
          'unreadable',
          name,
          offset,
        )
      }
    },
  }
}
