import { createHash } from 'node:crypto'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { ByteSource } from '../../workers/bytes.js'
import { InputError } from '../../workers/fault.js'
import { oneRun, recordedRuns } from './recorded-runs.js'

/** A file that a window may read over the API; what GET /api/startup and the native dialogs hand to the screens. */
export interface ServedFile {
  readonly name: string
  /** Bytes, when it was registered. */
  readonly size: number
  /** Relative to the window's origin: `/api/files/1f0c…`. */
  readonly url: string
}

export const looksLikeTrace = (name: string) => /\.(dat|jsonl|wire)$/i.test(name)

/** The one sentence for a path that cannot be used, out of Node's error code. */
export function pathError(path: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException)?.code
  const name = basename(path) || path
  if (code === 'ENOENT') return new InputError(`${path} does not exist.`, 'not-found', name)
  if (code === 'EACCES' || code === 'EPERM') return new InputError(`${path} may not be read.`, 'no-permission', name)
  return new InputError(`${path} cannot be read (${code ?? String(error)}).`, 'unreadable', name)
}

/**
 * Replaces every directory by the trace files in it (one level, sorted by name), that of a recording by the files of all its
 * machines; leaves files as they are. Throws InputError for a path that is absent or unreadable, for a directory without traces,
 * and for a recording of several runs, unless `manyRuns`: its directory stays then, for somebody to choose a run.
 */
export async function tracePaths(paths: readonly string[], manyRuns = false): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) {
    try {
      if (!(await stat(path)).isDirectory()) {
        found.push(path)
        continue
      }
      const runs = await recordedRuns(path)
      if (runs) {
        found.push(...(manyRuns && runs.length > 1 ? [path] : oneRun(path, runs).paths))
        continue
      }
      const names = (await readdir(path, { withFileTypes: true }))
        .filter((entry) => !entry.isDirectory() && looksLikeTrace(entry.name))
        .map((entry) => entry.name)
        .sort()
      if (names.length === 0)
        throw new InputError(`${path} holds no traces (no *.dat, *.jsonl or *.wire file).`, 'no-traces', basename(path))
      found.push(...names.map((name) => join(path, name)))
    } catch (error) {
      throw error instanceof InputError ? error : pathError(path, error)
    }
  }
  return found
}

/** What files are called: their names, and for those that share one as many of their folders as tell them apart. */
export function distinctNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => resolve(path).split(/[\\/]/))
  const name = (i: number, folders: number): string => parts[i]!.slice(-1 - folders).join('/')
  return paths.map((_, i) => {
    const depth = parts[i]!.length
    const alone = (folders: number): boolean =>
      parts.every(
        (other, k) => k === i || other.join('/') === parts[i]!.join('/') || name(k, folders) !== name(i, folders),
      )
    let folders = 0
    while (folders < depth - 1 && !alone(folders)) folders++
    return name(i, folders)
  })
}

/** The files that this process serves. Only what the user named, and the samples, are ever in here. */
export class FileRegistry {
  readonly #paths = new Map<string, string>()
  /** Files that are not on this machine. */
  readonly #sources = new Map<string, ByteSource>()

  /**
   * Registers a file. Its id follows from its path, so that an address kept by a window never comes to mean another file.
   * Throws InputError when it cannot be read.
   */
  async add(path: string, name = basename(resolve(path))): Promise<ServedFile> {
    const full = resolve(path)
    try {
      const handle = await open(full)
      const size = await handle
        .stat()
        .then((s) => s.size)
        .finally(() => handle.close())
      const id = createHash('sha256').update(full).digest('hex').slice(0, 24)
      this.#paths.set(id, full)
      return { name, size, url: `/api/files/${id}` }
    } catch (error) {
      throw pathError(path, error)
    }
  }

  /** Registers files and what lies in directories. */
  async addAll(paths: readonly string[]): Promise<ServedFile[]> {
    const all = await tracePaths(paths)
    const names = distinctNames(all)
    return Promise.all(all.map((path, i) => this.add(path, names[i])))
  }

  /** Registers a file that was opened before, or the files of all runs of a folder. */
  async addAgain(path: string): Promise<void> {
    const runs = await recordedRuns(path)
    await Promise.allSettled((runs?.flatMap((r) => r.paths) ?? [path]).map((one) => this.add(one)))
  }

  path(id: string): string | undefined {
    return this.#paths.get(id)
  }

  /** Serves a file that is read through this process. The same `key` has the same address, always that of its latest source. */
  addSource(key: string, source: ByteSource): ServedFile {
    const id = createHash('sha256').update(key).digest('hex').slice(0, 24)
    this.#sources.set(id, source)
    return { name: source.name, size: source.size, url: `/api/files/${id}` }
  }

  source(id: string): ByteSource | undefined {
    return this.#sources.get(id)
  }

  dropSource(source: ByteSource): void {
    for (const [id, held] of this.#sources) if (held === source) this.#sources.delete(id)
  }
}
