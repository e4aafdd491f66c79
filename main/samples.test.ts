import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { createApp, type ServedSample } from './api/app.js'
import { FileRegistry } from './api/files.js'
import { namedPaths } from './cli/args.js'
import { findSamples, samplePaths, serveSamples } from './samples.js'

// Sources lie one folder less deep than what is built of them.
const root = join(import.meta.dirname, '../samples')

test('the recorded sample comes first, which is what opens when nothing is named', async () => {
  expect((await findSamples(root)).map((s) => [s.name, s.generated, s.paths.map((p) => basename(p))])).toEqual([
    ['host-and-guest', false, ['guest.dat', 'host.dat']],
    ['generated-vms', true, ['host-db.dat', 'host-lab-inner.dat', 'host-lab.dat', 'host.dat']],
  ])
})

test('samples that are not there are not listed', async () => {
  const other = await mkdtemp(join(tmpdir(), 'remora-samples-'))
  expect(await findSamples(other)).toEqual([])
  await mkdir(join(other, 'generated-vms'))
  await mkdir(join(other, 'host-and-guest'))
  await writeFile(join(other, 'generated-vms/a.dat'), '')
  expect((await findSamples(other)).map((s) => s.name)).toEqual(['generated-vms'])
  await rm(other, { recursive: true })
})

test('the screens get a list of them, with addresses that can be read', async () => {
  const files = new FileRegistry()
  const options = { files, startup: () => ({ sources: [], sample: false, version: '' }), renderer: tmpdir() }
  const app = createApp({ ...options, samples: () => serveSamples(files, root) })
  const list = (await (await app.request('/api/samples')).json()) as ServedSample[]
  expect(list.map((s) => s.generated)).toEqual([false, true])
  const host = list[1]!.sources.find((s) => s.name === 'host.dat')!
  const head = await app.request(host.url, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(host.size)])
  expect(await (await createApp(options).request('/api/samples')).json()).toEqual([])
})

test('--sample names one, and says which there are', async () => {
  expect((await samplePaths('generated-vms', root)).length).toBe(4)
  await expect(samplePaths('other', root)).rejects.toThrow(
    'There is no sample "other". There are: host-and-guest, generated-vms.',
  )
  await expect(namedPaths('open', 'generated-vms', ['a.dat'])).rejects.toThrow('--sample and files exclude each other.')
  expect(await namedPaths('open', undefined, ['a.dat'])).toEqual(['a.dat'])
})
