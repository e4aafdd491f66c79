import { rename, rm, writeFile } from 'node:fs/promises'
import { RequestError } from '../../workers/fault.js'
import { pathError } from '../api/files.js'

/**
 * Lets a file be written beside its target and puts it in place when it is whole: nothing half written is ever there, and what was
 * there before is lost to no full disk.
 * @param write writes all of the file at the path that it is given
 */
export async function inPlace<T>(path: string, write: (part: string) => Promise<T>): Promise<T> {
  const part = `${path}.part`
  try {
    const done = await write(part)
    await rename(part, path)
    return done
  } catch (error) {
    await rm(part, { force: true })
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOSPC') throw new RequestError(`The disk is full; ${path} was not written.`)
    throw code === undefined ? error : pathError(path, error)
  }
}

/** Answers the size of what was written. */
export const save = (path: string, bytes: Uint8Array): Promise<number> =>
  inPlace(path, async (part) => {
    await writeFile(part, bytes)
    return bytes.length
  })
