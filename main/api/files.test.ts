import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { firstFiles } from '../first-files.js'
import { distinctNames, FileRegistry, tracePaths } from './files.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'remora-files-'))
  await mkdir(join(folder, 'run/deeper.dat'), { recursive: true })
  await mkdir(join(folder, 'bare'))
  for (const name of ['b.dat', 'A.DAT', 'notes.txt']) await writeFile(join(folder, 'run', name), 'x')
})
afterAll(() => rm(folder, { recursive: true }))

test('a directory stands for the traces in it, one level deep, sorted', async () => {
  expect(await tracePaths([join(folder, 'run'), join(folder, 'run/notes.txt')])).toEqual([
    join(folder, 'run/A.DAT'),
    join(folder, 'run/b.dat'),
    join(folder, 'run/notes.txt'),
  ])
})

test('the directory of a recording stands for the files of all its machines, that of several runs for none', async () => {
  const recorded = async (name: string, runs: readonly (readonly string[])[], there = runs.flat()): Promise<string> => {
    const to = join(folder, name)
    for (const path of there) {
      await mkdir(join(to, path, '..'), { recursive: true })
      await writeFile(join(to, path), 'x')
    }
    const manifest = {
      version: 1,
      runs: runs.map((f, i) => ({ run: i + 1, seconds: 2, files: f.map((path) => ({ path })) })),
    }
    await writeFile(join(to, 'manifest.json'), JSON.stringify(manifest))
    return to
  }
  const one = await recorded('one', [['host.dat', 'g1.dat', 'host.wire']], ['host.dat', 'host.wire', 'other.dat'])
  expect(await tracePaths([one])).toEqual([join(one, 'host.dat'), join(one, 'host.wire')])
  const many = await recorded('many', [['run-1/host.dat'], ['run-2/host.dat', '../run/b.dat']])
  await expect(tracePaths([many])).rejects.toMatchObject({
    code: 'many-runs',
    message: `${many} holds 2 runs, each of which is a recording of its own: name one, from ${many}/run-1 to ${many}/run-2.`,
  })
  expect(await tracePaths([many], true)).toEqual([many])
  expect(await tracePaths([join(many, 'run-2')])).toEqual([join(many, 'run-2/host.dat')])

  const files = new FileRegistry()
  const startup = await firstFiles(files, [many])
  expect(startup.sources.map((s) => s.name)).toEqual(['run-1/host.dat'])
  expect(startup.runs).toMatchObject({
    folder: many,
    runs: [
      { run: 1, seconds: 2 },
      { run: 2, seconds: 2 },
    ],
  })
  expect(startup.runs!.runs[1]!.sources.map((s) => s.name)).toEqual(['run-2/host.dat'])
  expect((await firstFiles(files, [one])).runs).toBeUndefined()
  // Addresses that a window kept mean the same files in the next start.
  const again = new FileRegistry()
  await again.addAgain(many)
  expect(again.path(startup.runs!.runs[1]!.sources[0]!.url.split('/').at(-1)!)).toBe(join(many, 'run-2/host.dat'))

  // A manifest of somebody else, and of a recording of which nothing was kept, is not looked at.
  await writeFile(join(folder, 'run/manifest.json'), '{"name": "an app"}')
  expect(await tracePaths([join(folder, 'run')])).toHaveLength(2)
  const lost = await recorded('lost', [['host.dat']], ['rest.dat'])
  expect(await tracePaths([lost])).toEqual([join(lost, 'rest.dat')])
})

test('a directory without traces, and a path that is not there, are said', async () => {
  await expect(tracePaths([join(folder, 'bare')])).rejects.toMatchObject({ name: 'InputError', code: 'no-traces' })
  await expect(tracePaths([join(folder, 'none.dat')])).rejects.toMatchObject({ name: 'InputError', code: 'not-found' })
  await expect(new FileRegistry().add(join(folder, 'none.dat'))).rejects.toMatchObject({ code: 'not-found' })
})

test('files of one name are called with as many folders as tell them apart', () => {
  expect(distinctNames(['/a/host.dat', '/b/host.dat', '/b/guest.dat'])).toEqual([
    'a/host.dat',
    'b/host.dat',
    'guest.dat',
  ])
  expect(distinctNames(['/x/a/host.dat', '/y/a/host.dat'])).toEqual(['x/a/host.dat', 'y/a/host.dat'])
  expect(distinctNames(['/a/host.dat', '/a/host.dat'])).toEqual(['host.dat', 'host.dat'])
  expect(distinctNames([])).toEqual([])
})
