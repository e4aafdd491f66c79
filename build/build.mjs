// Builds what the doors need (dist/renderer, dist/main) and skips what is up to date. `build()` for the other scripts;
// run by itself (`node build/build.mjs [main|renderer]`) it prints one line.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { repo, targets } from './targets.mjs'

function* filesUnder(path) {
  if (statSync(path).isFile()) return yield path
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* filesUnder(`${path}/${entry.name}`)
    else if (!/\.test\.tsx?$/.test(entry.name)) yield `${path}/${entry.name}`
  }
}

/** Changes when a file of the target is added, removed or written. */
function fingerprint(target) {
  const hash = createHash('sha256')
  for (const input of target.inputs) {
    for (const path of filesUnder(repo + input)) {
      const { size, mtimeMs } = statSync(path)
      hash.update(`${path}\0${size}\0${mtimeMs}\n`)
    }
  }
  return hash.digest('hex')
}

async function buildTarget(target, print) {
  const outDir = `${repo}dist/${target.name}`
  const stamp = `${outDir}/.built-from`
  const now = fingerprint(target)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return 'up to date'
  const { build: viteBuild } = await import('vite')
  const start = performance.now()
  // Built aside and moved into place, so that a failed build, or two at once, never leave half a folder behind.
  const aside = `${repo}dist/.${target.name}-${process.pid}`
  try {
    // The configs of one target share its folder, which begins empty.
    for (const config of target.configs(aside)) {
      await viteBuild({ ...config, build: { ...config.build, emptyOutDir: false } })
    }
    await target.extra?.(aside)
    writeFileSync(`${aside}/.built-from`, now)
    rmSync(outDir, { recursive: true, force: true })
    renameSync(aside, outDir)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  print(`build: ${target.name} in ${seconds} s`)
  return `built in ${seconds} s`
}

/** Brings dist/ up to date; `only` names one target. Resolves to what was done per target. */
export async function build({ only, print = () => {} } = {}) {
  mkdirSync(`${repo}dist`, { recursive: true })
  const done = []
  for (const target of targets) {
    if ((only && target.name !== only) || !target.ready()) continue
    done.push(`${target.name} ${await buildTarget(target, print)}`)
  }
  return done
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    console.log(`build: ${(await build({ only: process.argv[2] })).join(', ')}`)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
}
