// `npm start -- FILE...`: builds what is not up to date, then opens the files (none: the samples).

import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { repo } from './targets.mjs'

await build({ print: console.log })
process.argv.splice(2, 0, 'open')
await import(pathToFileURL(`${repo}dist/main/cli.js`).href)
