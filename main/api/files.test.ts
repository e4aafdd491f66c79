import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
