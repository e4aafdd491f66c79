// `npm run remora -- …`: the command line out of the checkout, as its sources are now.

import { existsSync, statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { repo } from './targets.mjs'

const cli = `${repo}dist/main/cli.js`
// Recording is often done as root, whose files in dist would be in the way of the next build.
const own = process.getuid?.() === undefined || process.getuid() === statSync(repo).uid
const only = ['serve', 'open'].includes(process.argv[2]) ? undefined : 'main'
if (own || !existsSync(cli)) await build({ only, print: console.error })
await import(pathToFileURL(cli).href)
