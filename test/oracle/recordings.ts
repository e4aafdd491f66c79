import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'

/** One recording and what trace-cmd said of it when it was put aside. */
export interface Recording {
  /** Path below the data folder, without `.gz`. */
  readonly name: string
  readonly path: string
  readonly goldens: readonly Golden[]
}

export interface Golden {
  readonly path: string
  /** How trace-cmd was called. */
  readonly us: boolean
  readonly raw: boolean
}

/** Every trace.dat below `dir`, but for the large ones. */
export function recordings(dir: string): Recording[] {
  return walk(dir)
    .filter((path) => /\.dat(\.gz)?$/.test(path) && !path.includes('/large/'))
    .map((path) => ({ name: relative(dir, path).replace(/\.gz$/, ''), path, goldens: goldensOf(path) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function walk(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? walk(join(dir, e.name)) : [join(dir, e.name)],
  )
}

function goldensOf(path: string): Golden[] {
  const stem = basename(path)
    .replace(/\.gz$/, '')
    .replace(/(\.trace)?\.dat$/, '')
  return [
    { path: join(dirname(path), `${stem}.report.txt.gz`), us: true, raw: false },
    // Those without -R were made without plugins (-N), which is not what we print.
    { path: join(dirname(path), 'golden', `${stem}.report-N-t-R.txt.gz`), us: false, raw: true },
  ].filter((g) => existsSync(g.path))
}

/** A folder for unpacked recordings; `[Symbol.dispose]` removes it. */
export class Unpacked {
  readonly dir = mkdtempSync(join(tmpdir(), 'remora-oracle-'))

  /** Path of the recording as a plain file. */
  path(recording: Pick<Recording, 'path'>): string {
    if (!recording.path.endsWith('.gz')) return recording.path
    const out = join(this.dir, basename(recording.path, '.gz'))
    writeFileSync(out, gunzipSync(readFileSync(recording.path)))
    return out
  }

  remove(): void {
    rmSync(this.dir, { recursive: true })
  }
}

export const readGolden = (golden: Golden): string => gunzipSync(readFileSync(golden.path)).toString('utf8')
