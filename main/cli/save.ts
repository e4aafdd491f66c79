import { rename, rm, writeFile } from 'node:fs/promises'
import { RequestError } from '../../workers/fault.js'
import { pathError } from '../api/files.js'

/** Writes beside the target and puts it in place when it is whole. Answers its size. */
export async function save(path: string, bytes: Uint8Array): Promise<number> {
  const part = `${path}.part`
  try {
    await writeFile(part, bytes)
    await rename(part, path)
    return bytes.length
  } catch (error) {
    await rm(part, { force: true })
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new RequestError(`The disk is full; ${path} was not written.`)
    }
    throw pathError(path, error)
  }
}
