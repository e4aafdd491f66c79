// Writes trace.dat files from a plain description, for tests: a reader is only as well tested as the files it was given.

import type { TraceDat, WrittenTraceDat } from './description.js'
import { knownFormats } from './known-formats.js'
import { writeV6 } from './write-v6.js'
import { writeV7 } from './write-v7.js'

const defaults: TraceDat = {
  version: 7,
  compression: 'none',
  bigEndian: false,
  longSize: 8,
  pageSize: 4096,
  clock: 'mono',
  common: 'plain',
  formats: knownFormats,
  buffers: [],
  comms: {},
  kallsyms: [],
  printk: [],
  options: [],
  chunkPages: 2,
}

export function writeTraceDat(description: Partial<TraceDat>): WrittenTraceDat {
  const d = { ...defaults, ...description }
  if (d.version === 6 && d.compression !== 'none') throw new Error('version 6 files are never compressed')
  return d.version === 6 ? writeV6(d) : writeV7(d)
}
