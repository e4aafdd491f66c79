// Copies of remote files on this machine: found again by where they come from, and thrown away oldest first beyond a limit.

import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { number, object, parse, string } from 'valibot'

/** What a copy is a copy of. */
export interface Origin {
  /** `user@host:port`. */
  readonly host: string
  readonly path: string
  readonly size: number
  /** ms since 1970. */
  readonly modified: number
}

const originShape = object({ host: string(), path: string(), size: number(), modified: number() })

export interface Slot {
  /** The copy, once it is whole. It has the name of the file. */
  readonly file: string
  /** What has come so far. */
  readonly part: string
  /** Bytes in `part`; 0 = none yet. */
  readonly begun: number
  readonly whole: boolean
}

export interface CacheOptions {
  readonly dir?: string
  /** Bytes of copies kept, those under way included. */
  readonly limit?: number
}

const GIB = 2 ** 30
const defaultLimit = 20 * GIB

function defaultCacheDir(): string {
  const base =
    process.env.XDG_CACHE_HOME ||
    (process.platform === 'darwin' ? join(homedir(), 'Library/Caches') : join(homedir(), '.cache'))
  return join(base, 'remora', 'remote')
}

function limitFromEnvironment(): number {
  const text = process.env.REMORA_CACHE_LIMIT
  return text && /^\d+$/.test(text) ? Number(text) : defaultLimit
}

export class Cache {
  readonly dir: string
  readonly limit: number
  readonly #inUse = new Set<string>()

  /** Where nothing is said, REMORA_CACHE and REMORA_CACHE_LIMIT (bytes) count, then the usual place and limit. */
  constructor({
    dir = process.env.REMORA_CACHE || defaultCacheDir(),
    limit = limitFromEnvironment(),
  }: CacheOptions = {}) {
    this.dir = dir
    this.limit = limit
  }

  #key({ host, path, size, modified }: Origin): string {
    return createHash('sha256').update(`${host}\0${path}\0${size}\0${modified}`).digest('hex').slice(0, 24)
  }

  /** The place of a copy, whole, begun or not there yet. Makes its directory. Rejects with Node's error. */
  async slot(origin: Origin): Promise<Slot> {
    const key = this.#key(origin)
    const dir = join(this.dir, key)
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await writeFile(join(dir, 'origin.json'), JSON.stringify(origin), { mode: 0o600 })
    this.#inUse.add(key)
    const file = join(dir, origin.path.split('/').at(-1)!)
    const part = join(dir, '.part')
    const sizeOf = async (path: string): Promise<number | null> =>
      stat(path).then(
        (s) => s.size,
        () => null,
      )
    const whole = (await sizeOf(file)) === origin.size
    if (whole) await utimes(dir, new Date(), new Date())
    return { file, part, begun: (await sizeOf(part)) ?? 0, whole }
  }

  /** All copies, the oldest use first. */
  async list(): Promise<{ key: string; origin: Origin; bytes: number; used: number }[]> {
    const keys = await readdir(this.dir).catch(() => [])
    const found = await Promise.all(
      keys.map(async (key) => {
        try {
          const dir = join(this.dir, key)
          const origin = parse(originShape, JSON.parse(await readFile(join(dir, 'origin.json'), 'utf8')))
          const names = (await readdir(dir)).filter((n) => n !== 'origin.json')
          const sizes = await Promise.all(names.map((n) => stat(join(dir, n)).then((s) => s.size)))
          return [{ key, origin, bytes: sizes.reduce((a, b) => a + b, 0), used: (await stat(dir)).mtimeMs }]
        } catch {
          // Not a copy of ours, or one that another Remora is just throwing away.
          return []
        }
      }),
    )
    return found.flat().sort((a, b) => a.used - b.used)
  }

  /** Throws old copies away until `needed` bytes fit under the limit; false when they do not even so. */
  async makeRoom(needed: number): Promise<boolean> {
    const copies = await this.list()
    let held = copies.reduce((n, c) => n + c.bytes, 0)
    for (const copy of copies) {
      if (held + needed <= this.limit) return true
      if (this.#inUse.has(copy.key)) continue
      await this.drop(copy.key)
      held -= copy.bytes
    }
    return held + needed <= this.limit
  }

  drop = (key: string): Promise<void> => rm(join(this.dir, key), { recursive: true, force: true })

  /** Throws all copies away but those that this process has opened. */
  async clear(): Promise<void> {
    for (const { key } of await this.list()) if (!this.#inUse.has(key)) await this.drop(key)
  }
}
