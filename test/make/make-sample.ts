// `npm run make:sample`: writes the generated sample that comes with Remora, or into another folder.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeVmSample } from './vm-sample.js'

const folder = process.argv[2] ?? 'samples/generated-vms'
mkdirSync(folder, { recursive: true })
const { files, events } = makeVmSample()
for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes)
const size = files.reduce((n, f) => n + f.bytes.length, 0)
console.log(`${folder}: ${files.length} files, ${events} events, ${size} bytes`)
