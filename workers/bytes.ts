// Random access to a file's bytes. Readers never open anything: a door hands them a ByteSource (File slice, Node file, HTTP
// range, SFTP). How a thread gets one from a SourceRef is the business of thread/.

export interface ByteSource {
  /** File name as shown to the user (no directory). */
  readonly name: string
  /** Size in bytes. */
  readonly size: number
  /** Reads up to `length` bytes from `offset`; fewer only at the end of the file. Rejects when `signal` aborts. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>
}

/** Where a file is, as plain data that crosses thread walls. `blob` is a File or Blob (web), `path` a local path (Node). */
export type SourceRef =
  | { readonly kind: 'blob'; readonly name: string; readonly size: number; readonly blob: unknown }
  | { readonly kind: 'url'; readonly name: string; readonly size: number; readonly url: string }
  | { readonly kind: 'path'; readonly name: string; readonly size: number; readonly path: string }
  | { readonly kind: 'bytes'; readonly name: string; readonly size: number; readonly bytes: Uint8Array }

export type SourceOpener = (ref: SourceRef) => ByteSource

/** A ByteSource over bytes in memory: tests, small embedded files. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: (offset, length, signal) => {
      signal?.throwIfAborted()
      return Promise.resolve(bytes.subarray(Math.min(offset, bytes.length), Math.min(offset + length, bytes.length)))
    },
  }
}
