import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** Imports and globals that reach across a wall, and what the compiler must say of each. */
const wrong: readonly {
  readonly what: string
  readonly file: string
  readonly text: string
  readonly error: RegExp
}[] = [
  {
    what: 'renderer importing a reader',
    file: 'renderer/wrong-reader.ts',
    text: "import { reader } from '../workers/readers/stub.js'\nconsole.log(reader)\n",
    error: /TS6307/,
  },
  {
    what: "renderer importing a reader's types",
    file: 'renderer/wrong-type.ts',
    text: "import type { Reader } from '../workers/readers/stub.js'\nexport type R = Reader\n",
    error: /TS6307/,
  },
  {
    what: 'renderer importing main',
    file: 'renderer/wrong-main.ts',
    text: "import { main } from '../main/stub.js'\nconsole.log(main)\n",
    error: /TS6307/,
  },
  {
    what: "renderer importing Node's modules",
    file: 'renderer/wrong-node.ts',
    text: "import { readFileSync } from 'node:fs'\nconsole.log(readFileSync)\n",
    error: /TS2307|TS2591/,
  },
  {
    what: 'renderer importing the Node side of thread/',
    file: 'renderer/wrong-thread.ts',
    text: "import { pool } from '../workers/thread/stub.js'\nconsole.log(pool)\n",
    error: /TS6307/,
  },
  {
    what: "engine importing Node's modules",
    file: 'workers/wrong-node.ts',
    text: "import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n",
    error: /TS2307|TS2591/,
  },
  {
    what: "engine using Node's process",
    file: 'workers/wrong-process.ts',
    text: 'export const cwd = process.cwd()\n',
    error: /TS2580|TS2591|TS2304/,
  },
  {
    what: 'engine using the document',
    file: 'workers/wrong-dom.ts',
    text: 'export const title = document.title\n',
    error: /TS2584|TS2304/,
  },
  {
    what: 'engine using a DOM type',
    file: 'workers/wrong-dom-type.ts',
    text: 'export type Canvas = HTMLCanvasElement\n',
    error: /TS2304/,
  },
  {
    what: 'engine importing thread/',
    file: 'workers/wrong-thread.ts',
    text: "export { pool } from './thread/stub.js'\n",
    error: /TS6307/,
  },
  {
    what: 'engine importing the renderer',
    file: 'workers/wrong-renderer.ts',
    text: "export { screen } from '../renderer/stub.js'\n",
    error: /TS6307/,
  },
  {
    what: 'thread/ importing main',
    file: 'workers/thread/wrong-main.ts',
    text: "export { main } from '../../main/stub.js'\n",
    error: /TS6307/,
  },
  {
    what: 'main importing the renderer',
    file: 'main/wrong-renderer.ts',
    text: "export { screen } from '../renderer/stub.js'\n",
    error: /TS6307/,
  },
]

/** The rooms in small: one file each, reaching only where it may. */
const right: Readonly<Record<string, string>> = {
  'workers/readers/stub.ts':
    "import type { ByteSource } from '../bytes.js'\nexport interface Reader { source: ByteSource }\nexport const reader = 1\n",
  'workers/thread/stub.ts': "import { reader } from '../readers/stub.js'\nexport const pool = reader\n",
  'workers/thread/web.ts': "export type { EngineApi } from './contract.js'\nexport const url = location.href\n",
  'workers/thread/rpc.ts': 'export const rpc = 1\n',
  'renderer/stub.ts':
    "import type { EngineApi } from '../workers/thread/contract.js'\nimport { url } from '../workers/thread/web.js'\n" +
    'export const screen = (e: EngineApi): unknown => [e, url, document.title]\n',
  'main/stub.ts':
    "import { readFileSync } from 'node:fs'\nimport { pool } from '../workers/thread/stub.js'\n" +
    "import { reader } from '../workers/readers/stub.js'\nexport const main = [readFileSync, pool, reader]\n",
  'test/stub.ts':
    "import { main } from '../main/stub.js'\nimport { screen } from '../renderer/stub.js'\nexport const all = [main, screen]\n",
}

const copied = [
  'tsconfig.base.json',
  'tsconfig.json',
  'workers/tsconfig.contract.json',
  'workers/tsconfig.json',
  'workers/thread/tsconfig.json',
  'workers/thread/tsconfig.client.json',
  'renderer/tsconfig.json',
  'main/tsconfig.json',
  'test/tsconfig.json',
  'workers/units.ts',
  'workers/fault.ts',
  'workers/bytes.ts',
  'workers/ambient.d.ts',
  'workers/thread/contract.ts',
  'workers/thread/clocks.ts',
  'workers/thread/delta.ts',
  'workers/thread/events.ts',
  'workers/thread/fused.ts',
  'workers/thread/files.ts',
  'workers/thread/wakeups.ts',
  'workers/thread/chains.ts',
  'workers/thread/picture.ts',
  'workers/thread/records.ts',
  'workers/thread/runs.ts',
  'workers/thread/timeline.ts',
  'workers/thread/report.ts',
]

/** The walls are the compiler's settings: the real ones are put round rooms of one file each, then broken on purpose. */
describe('walls between the rooms', () => {
  let dir = ''

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'remora-walls-'))
    for (const file of copied) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      cpSync(join(root, file), join(dir, file))
    }
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
    for (const [file, text] of Object.entries(right)) {
      mkdirSync(dirname(join(dir, file)), { recursive: true })
      writeFileSync(join(dir, file), text)
    }
  })
  afterAll(() => rmSync(dir, { recursive: true }))

  it('lets every room reach what it may', () => expect(compile(dir)).toBe(''))
  it.each(wrong)('stops $what', ({ file, text, error }) => {
    writeFileSync(join(dir, file), text)
    const said = compile(dir)
    rmSync(join(dir, file))
    expect(said).toContain(basename(file))
    expect(said).toMatch(error)
  })
})

function compile(dir: string): string {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const run = spawnSync(process.execPath, [tsc, '-b', '--pretty', 'false'], { cwd: dir, encoding: 'utf8' })
  return run.stdout + run.stderr
}
