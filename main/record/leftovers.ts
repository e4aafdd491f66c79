// What a recording that was killed has left: its pages, which become the file that they would have been, and its entry in the
// list of recordings that go on.

import { mkdir, readFile, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { InputError } from '../../workers/fault.js'
import type { Manifest } from './manifest.js'
import { noFigures } from './recorder.js'
import { assemble } from './tracefs.js'

const listDirectory = (): string =>
  join(process.env['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'remora/recordings')

let entered = 0

/** Enters a folder into the list of recordings that go on; the function returned takes it out again. */
export async function enter(folder: string): Promise<() => Promise<void>> {
  // One process may record several machines at a time, and its number may be another's later.
  const file = join(listDirectory(), `${process.pid}-${await beginOf(process.pid)}-${entered++}`)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, resolve(folder))
  return () => rm(file, { force: true })
}

/** Completes the recordings whose process is gone; a sentence for each. */
export async function finishLeftovers(): Promise<string[]> {
  const directory = listDirectory()
  const said: string[] = []
  for (const entry of await readdir(directory).catch(() => [])) {
    if (await goesOn(entry)) continue
    const folder = await readFile(join(directory, entry), 'utf8')
    await unlink(join(directory, entry))
    try {
      const files = await finish(folder)
      if (files.length > 0)
        said.push(`The recording in ${folder} was killed; what it had written is now in ${files.join(', ')}.`)
    } catch (error) {
      said.push((error as Error).message)
    }
  }
  return said
}

async function goesOn(entry: string): Promise<boolean> {
  const [pid = '', begin = ''] = entry.split('-')
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return (await beginOf(Number(pid))) === begin
}

/** When a process began, in ticks since the boot; '' = this system does not tell. */
async function beginOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // Field 22; the second one, in brackets, may hold blanks.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/** Makes the files of a folder whose recording was killed. Returns their paths; rejects (InputError) with one sentence. */
export async function finish(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw new InputError(`${folder} is no folder of a recording.`, 'no-folder', folder)
  })
  const made: string[] = []
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory() && entry.name.endsWith('.pages') && (await exists(join(path, 'pending.json')))) {
      made.push(await assemble(path))
    }
    // What was brought of another machine while it was recorded, to be looked at.
    if (entry.name.endsWith('.seen')) await rm(path, { recursive: true })
    // trace-cmd ends its own file when its input ends; it has only to be taken out.
    if (entry.isDirectory() && entry.name.endsWith('.parts') && (await exists(join(path, 'host.dat')))) {
      const to = path.replace(/\.parts$/, '')
      await rename(join(path, 'host.dat'), to)
      await rm(path, { recursive: true })
      made.push(to)
    }
  }
  if (made.length > 0) await note(folder, made)
  return made
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

async function note(folder: string, made: readonly string[]): Promise<void> {
  const path = join(folder, 'manifest.json')
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return
  const manifest = JSON.parse(text) as Manifest
  const run = manifest.runs.length + 1
  const files = await Promise.all(
    made.map(async (file) => ({
      machine: relative(dirname(file), file).replace(/\.dat$/, ''),
      role: manifest.machines.find((m) => file.endsWith(`/${m.name}.dat`))?.role ?? ('host' as const),
      kind: 'trace.dat' as const,
      path: relative(folder, file),
      bytes: (await stat(file)).size,
      figures: noFigures,
    })),
  )
  const killed: Manifest = {
    ...manifest,
    state: 'stopped',
    reason: 'the recording was killed',
    runs: [
      ...manifest.runs,
      {
        run,
        started: '',
        ended: '',
        seconds: 0,
        files,
        notes: ['The recording was killed; this is what it had written.'],
      },
    ],
  }
  await writeFile(path, `${JSON.stringify(killed, null, 2)}\n`)
}
