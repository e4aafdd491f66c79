import { expect, test } from 'vitest'
import { makeVmSample } from '../../test/make/vm-sample.js'
import { memorySource, type SourceRef } from '../bytes.js'
import { inlinePool } from '../columns/load.js'
import { createEngine } from '../engine.js'
import { viewRow } from '../units.js'

const open = (ref: SourceRef) => {
  if (ref.kind !== 'bytes') throw new Error('only bytes here')
  return memorySource(ref.name, ref.bytes)
}
const engine = () => createEngine({ open, pool: inlinePool(open), defaultBudget: 2 ** 30 })
const refs = (files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): SourceRef[] =>
  files.map(({ name, bytes }) => ({ kind: 'bytes', name, size: bytes.length, bytes }))

test('files are trimmed to the machines and CPUs asked for, and hold the same events of these', async () => {
  const whole = engine()
  const info = await whole.open({ sources: refs(makeVmSample(60).files) })
  const { from, to } = info
  const [machine] = info.machines.filter((m) => m.cpus.length > 1)
  const tracks = [`m${machine!.machine}/cpu${machine!.cpus[1]}`]
  const trimmed = await whole.trim({ from, to, machines: [machine!.machine], tracks })
  expect(trimmed.map((f) => f.name)).toEqual(machine!.files.map((f) => info.files[f]!.name))
  const { view, count } = await whole.createView({ tracks })
  const rows = await whole.rows(view, viewRow(0), count)
  expect(rows.length).toBeGreaterThan(100)

  const part = engine()
  const files = await Promise.all(
    trimmed.map(async (f) => ({ name: f.name, bytes: new Uint8Array(await new Blob([...f.parts]).arrayBuffer()) })),
  )
  const again = await part.open({ sources: refs(files) })
  expect(again.count).toBe(trimmed.reduce((n, f) => n + f.events, 0))
  const told = (all: typeof rows): string[] => all.map((r) => `${r.cpu} ${r.task} ${r.event} ${r.info}`)
  expect(told(await part.rows(0, viewRow(0), again.count))).toEqual(told(rows))
})
