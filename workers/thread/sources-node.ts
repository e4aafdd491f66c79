// Byte sources of Node: local files by path, and files that a server beside the command gives out.

import { close, openSync, read } from 'node:fs'
import { promisify } from 'node:util'
import { memorySource, type ByteSource, type SourceOpener } from '../bytes.js'
import { InputError } from '../fault.js'
import { urlSource } from './http-source.js'

export const openNodeSource: SourceOpener = (ref) => {
  switch (ref.kind) {
    case 'path':
      return pathSource(ref.name, ref.size, ref.path)
    case 'bytes':
      return memorySource(ref.name, ref.bytes)
    case 'url':
      return urlSource(ref.name, ref.size, ref.url)
    case 'blob':
      throw new InputError(`${ref.name} is not a local file.`, 'not-local', ref.name)
  }
}

const readFile = promisify(read)

// A source is never closed by those who read from it: its file is closed when nobody holds it any more. (Node warns of a
// FileHandle that ends like that, and will throw; a plain descriptor is ours to close.)
const forgotten = new FinalizationRegistry<number>((fd) => close(fd, () => undefined))

function pathSource(name: string, size: number, path: string): ByteSource {
  let fd: number | null = null
  const source: ByteSource = {
    name,
    size,
    async read(offset, length, signal) {
      signal?.throwIfAborted()
      try {
        if (fd === null) {
          fd = openSync(path, 'r')
          forgotten.register(source, fd)
        }
        const want = Math.max(0, Math.min(length, size - offset))
        const bytes = new Uint8Array(want)
        let done = 0
        while (done < want) {
          const { bytesRead } = await readFile(fd, bytes, done, want - done, offset + done)
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
  return source
}
