import { open, type FileHandle } from 'node:fs/promises'
import type { ByteSource } from '../workers/bytes.js'
import type { ByteSink } from '../workers/write/trace-dat.js'

/** Part of a file that is put together of bytes and of parts of other files. */
type Piece =
  | { readonly bytes: Uint8Array; readonly length: number }
  | { readonly path: string; readonly offset: number; readonly length: number }

/** A file that holds others open. */
export interface HeldSource extends ByteSource {
  /** Lets go of them; what is read afterwards is refused. */
  close(): Promise<void>
}

/** A file that is never written: what is appended stays in memory, and parts of other files are referred to. */
export class PieceSink implements ByteSink {
  readonly #pieces: Piece[] = []

  append(bytes: Uint8Array): void {
    this.#pieces.push({ bytes: bytes.slice(), length: bytes.length })
  }

  patch(at: number, bytes: Uint8Array): void {
    for (const piece of this.#pieces) {
      if (at < piece.length && 'bytes' in piece && at + bytes.length <= piece.length) return piece.bytes.set(bytes, at)
      at -= piece.length
    }
    throw new Error('nothing of this sink lies there')
  }

  /** `length` bytes of a file from `offset` on, which must be there by the time somebody reads them. */
  refer(path: string, offset: number, length: number): void {
    if (length > 0) this.#pieces.push({ path, offset, length })
  }

  /**
   * The file. The others are opened at once: that one is removed or grows meanwhile changes nothing. Rejects with the file
   * system's error.
   */
  async open(name: string): Promise<HeldSource> {
    const handles = new Map<string, FileHandle>()
    const close = async (): Promise<void> => {
      await Promise.allSettled([...handles.values()].map((h) => h.close()))
    }
    try {
      for (const piece of this.#pieces) {
        if ('path' in piece && !handles.has(piece.path)) handles.set(piece.path, await open(piece.path, 'r'))
      }
    } catch (error) {
      await close()
      throw error
    }
    const pieces = this.#pieces
    const starts = startsOf(pieces)
    const size = starts.at(-1)!
    return {
      name,
      size,
      close,
      async read(offset, length, signal) {
        signal?.throwIfAborted()
        const end = Math.min(offset + length, size)
        if (end <= offset) return new Uint8Array(0)
        const out = new Uint8Array(end - offset)
        for (let i = lastAtOrBefore(starts, offset); i < pieces.length && starts[i]! < end; i++) {
          const piece = pieces[i]!
          const from = Math.max(offset, starts[i]!)
          const to = Math.min(end, starts[i + 1]!)
          const inside = from - starts[i]!
          const target = out.subarray(from - offset, to - offset)
          if ('bytes' in piece) target.set(piece.bytes.subarray(inside, inside + target.length))
          else await fill(handles.get(piece.path)!, target, piece.offset + inside)
        }
        return out
      },
    }
  }
}

/** Where each piece begins, and the end. */
function startsOf(pieces: readonly Piece[]): number[] {
  const starts = [0]
  for (const { length } of pieces) starts.push(starts.at(-1)! + length)
  return starts
}

function lastAtOrBefore(starts: readonly number[], at: number): number {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= at) low = middle
    else high = middle - 1
  }
  return low
}

async function fill(file: FileHandle, target: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < target.length;) {
    const { bytesRead } = await file.read(target, done, target.length - done, at + done)
    if (bytesRead === 0) throw new Error(`A file that was to hold ${at + target.length} bytes ends at ${at + done}.`)
    done += bytesRead
  }
}
