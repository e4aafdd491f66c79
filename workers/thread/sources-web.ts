// Byte sources of a browser: files the user dropped or chose, and files that the door serves by HTTP ranges.

import { memorySource, type ByteSource, type SourceOpener } from '../bytes.js'
import { InputError } from '../fault.js'
import { urlSource } from './http-source.js'

export const openWebSource: SourceOpener = (ref) => {
  switch (ref.kind) {
    case 'blob':
      return blobSource(ref.name, ref.blob as Blob)
    case 'url':
      return urlSource(ref.name, ref.size, ref.url)
    case 'bytes':
      return memorySource(ref.name, ref.bytes)
    case 'path':
      throw new InputError(`${ref.name} cannot be opened by its path from a browser.`, 'no-paths', ref.name)
  }
}

function blobSource(name: string, blob: Blob): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length, signal) {
      signal?.throwIfAborted()
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer())
      } catch (e) {
        throw new InputError(
          `${name} can no longer be read (${reason(e)}); it may have been changed or removed.`,
          'unreadable',
          name,
          offset,
        )
      }
    },
  }
}

const reason = (e: unknown): string => (e instanceof Error ? e.message : String(e)).replace(/\.$/, '')
