import { readFileSync, writeFileSync } from 'node:fs'
import { array, parse, string } from 'valibot'

const shape = array(array(string()))
const kept = 12

/** Sets of files that were opened together, latest first, kept in a JSON file across starts. */
export class RecentFiles {
  #sets: string[][]

  constructor(private readonly file: string) {
    try {
      this.#sets = parse(shape, JSON.parse(readFileSync(file, 'utf8')))
    } catch {
      // The first start, or a file that was damaged: a list of recent files is not worth an error.
      this.#sets = []
    }
  }

  /** Absolute paths. */
  get sets(): readonly (readonly string[])[] {
    return this.#sets
  }

  has(path: string): boolean {
    return this.#sets.some((set) => set.includes(path))
  }

  /** Puts a set first; the same set is listed once. */
  add(paths: readonly string[]): void {
    if (paths.length === 0) return
    const set = [...new Set(paths)].sort()
    const key = set.join('\0')
    this.#sets = [set, ...this.#sets.filter((other) => other.join('\0') !== key)].slice(0, kept)
    this.#save()
  }

  clear(): void {
    this.#sets = []
    this.#save()
  }

  #save(): void {
    try {
      writeFileSync(this.file, JSON.stringify(this.#sets, null, 1))
    } catch {
      // Nothing of the user's is lost: only this list stays as it was.
    }
  }
}
