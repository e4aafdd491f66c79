// `npm run remora -- …`: the command line out of the checkout, built first if it never was.

import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { repo } from './targets.mjs'

const cli = `${repo}dist/main/cli.js`
if (!existsSync(cli)) await build({ only: 'main', print: console.error })
await import(pathToFileURL(cli).href)
