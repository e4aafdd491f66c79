import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { Writable } from 'node:stream'
import { InputError } from '../../workers/fault.js'
import type { FilePart } from './runner.js'

/** Takes what `partsCommand` prints and puts each part into its place. Fails (InputError) where something is lacking at the end. */
export function partsSink(parts: readonly FilePart[]): Writable {
  const due = parts.filter((p) => p.length > 0)
  let part = 0
  let done = 0
  let file: FileHandle | null = null
  const close = async (): Promise<void> => {
    const held = file
    file = null
    await held?.close()
  }
  const take = async (bytes: Buffer): Promise<void> => {
    for (let at = 0; at < bytes.length;) {
      const now = due[part]
      if (!now) return
      file ??= await open(now.to, constants.O_WRONLY | constants.O_CREAT)
      const piece = bytes.subarray(at, at + now.length - done)
      for (let n = 0; n < piece.length;) {
        n += (await file.write(piece, n, piece.length - n, now.offset + done + n)).bytesWritten
      }
      at += piece.length
      done += piece.length
      if (done === now.length) {
        await close()
        part++
        done = 0
      }
    }
  }
  const lacking = (): InputError | null => {
    const name = basename(due[part]?.from ?? '')
    return part === due.length ? null : new InputError(`${name} is shorter than it was.`, 'copy-failed', name)
  }
  return new Writable({
    write: (bytes: Buffer, _encoding, then) => void take(bytes).then(() => then(), then),
    final: (then) => then(lacking()),
    destroy: (error, then) => void close().then(() => then(error), then),
  })
}
