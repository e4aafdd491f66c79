// What is built out of which files. Every target is rebuilt only when one of its inputs changed.

import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { iconPng } from './icon.mjs'

export const repo = fileURLToPath(new URL('..', import.meta.url))

/** Threads that Node starts by file name, so each needs a file of its own beside the code that starts it. */
function nodeWorkers() {
  return ['workers/thread', 'main/cli'].flatMap((folder) =>
    readdirSync(repo + folder)
      .filter((name) => name.endsWith('-worker.ts'))
      .map((name) => `${repo}${folder}/${name}`),
  )
}

// The bench's browser is not bundled: it brings files of its own.
// Parts of ssh2 that are compiled on installation, and that it does without.
const compiled = [/\.node$/, /^cpu-features$/]
const external = [...compiled, /^node:/, /^electron($|\/)/, /^playwright-core$/, /^@sparticuz\/chromium$/]

/** Files out of npm's packages that are read as files: main/export/assets.ts names the same. */
const assets = [
  'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
  'dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf',
  '@resvg/resvg-wasm/index_bg.wasm',
]

/** The window's picture, and what the packager makes the system's of. */
const ICON = 512

async function copyAssets(outDir) {
  mkdirSync(`${outDir}/assets`, { recursive: true })
  writeFileSync(`${outDir}/assets/icon.png`, await iconPng(`${repo}renderer/icon.svg`, ICON))
  for (const asset of assets) copyFileSync(`${repo}node_modules/${asset}`, `${outDir}/assets/${basename(asset)}`)
}

/** Base of the two Node bundles: everything from npm is bundled in, so that a start reads few files. */
function nodeBundle(outDir, input, output) {
  return {
    configFile: false,
    root: repo,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      minify: false,
      sourcemap: true,
      rolldownOptions: { input, external, output, checks: { bundlerTimings: false } },
    },
  }
}

/** Programs, and the screens' painters as main/cli/render.ts loads them. */
const entries = [
  'main/cli.ts',
  'renderer/export/headless.ts',
  'test/bench/bench.ts',
  'test/collector/agreement-run.ts',
  'test/make/make-sample.ts',
  'test/pictures/pictures.ts',
]

export const targets = [
  {
    name: 'renderer',
    inputs: ['renderer', 'workers', 'build', 'package-lock.json'],
    ready: () => existsSync(`${repo}renderer/index.html`),
    configs: (outDir) => [{ configFile: `${repo}build/vite.config.mjs`, build: { outDir } }],
  },
  {
    name: 'main',
    inputs: [
      'main',
      'renderer',
      'workers',
      'test/bench',
      'test/collector/agreement-run.ts',
      'test/collector/agreement.ts',
      'test/make',
      'test/pictures',
      'test/e2e/browser.ts',
      'build',
      'package-lock.json',
      'package.json',
    ],
    ready: () => true,
    extra: copyAssets,
    configs: (outDir) => [
      nodeBundle(outDir, [...entries.map((f) => repo + f), ...nodeWorkers()], {
        format: 'es',
        // What CommonJS packages (ssh2) count on.
        intro: 'const __dirname = import.meta.dirname;',
        entryFileNames: '[name].js',
        // Beside the entries: a worker is found relative to the file that starts it.
        chunkFileNames: 'chunk-[name]-[hash].js',
      }),
      // Electron's two files are CommonJS: a sandboxed preload can be nothing else, and the main file must have run before
      // Electron is ready, which an ES module has not in every way of starting it.
      ...['main/desktop.ts', 'main/desktop/preload.ts'].map((entry) =>
        nodeBundle(outDir, [repo + entry], { format: 'cjs', entryFileNames: '[name].cjs', codeSplitting: false }),
      ),
    ],
  },
]
