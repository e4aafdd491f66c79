// Measures, never asserts: loading, memory, level of detail, painting, the estimate of clocks and the fused model. Files of some 3 and
// some 16 million events, beside `trace-cmd report` on the same machine at the same hour; evidence of up to a million brackets.

import { execFileSync, spawnSync } from 'node:child_process'
import { openSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, totalmem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hasTraceCmd } from '../make/tools.js'
import { runBrowser, runFusedBrowser, runNotesBrowser, type BrowserRun } from './browser-run.js'
import { runEngine, type EngineRun } from './engine-run.js'
import { runClocks, type ClocksRun } from './clocks-run.js'
import { runFused, type FusedRun } from './fused-run.js'
import { runRuns, type RunsRun } from './runs-run.js'
import { benchFiles, type BenchFile } from './files.js'
import { runWakeups, type WakeupsRun } from './wakeups-run.js'
import { runWakeupsBrowser, type WakeupsBrowserRun } from './wakeups-browser.js'
import { median, table, write } from './stats.js'

const RUNS = 3
/** Annotations upon a recording. */
const NOTES = 500

interface Measured {
  readonly file: BenchFile
  readonly engine: readonly EngineRun[]
  readonly browser: BrowserRun | string
  /** With annotations. */
  readonly notes: BrowserRun | null
  /** ms; empty when trace-cmd is not installed. */
  readonly traceCmd: readonly number[]
}

/** One run in a process of its own, so that no run inherits another's memory or warm code. */
function inFreshProcess<T>(
  kind: 'engine' | 'browser' | 'browser-notes' | 'browser-fused' | 'browser-wakeups' | 'clocks' | 'fused' | 'wakeups',
  path: string,
): T {
  const self = fileURLToPath(import.meta.url)
  const out = execFileSync(process.execPath, ['--expose-gc', '--max-old-space-size=8192', self, kind, path], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  return JSON.parse(out.trimEnd().split('\n').at(-1)!) as T
}

function timeTraceCmd(path: string): number {
  const started = performance.now()
  const run = spawnSync('trace-cmd', ['report', path], { stdio: ['ignore', openSync('/dev/null', 'w'), 'ignore'] })
  return run.status === 0 ? performance.now() - started : Number.NaN
}

function measure(file: BenchFile): Measured {
  const engine: EngineRun[] = []
  const traceCmd: number[] = []
  // Turn by turn, so that a busy spell of the machine meets both.
  for (let i = 0; i < RUNS; i++) {
    console.error(`${file.label}: run ${i + 1} of ${RUNS}`)
    engine.push(inFreshProcess<EngineRun>('engine', file.path))
    if (hasTraceCmd) traceCmd.push(timeTraceCmd(file.path))
  }
  console.error(`${file.label}: browser`)
  let browser: BrowserRun | string
  let notes: BrowserRun | null = null
  try {
    browser = inFreshProcess<BrowserRun>('browser', file.path)
    notes = inFreshProcess<BrowserRun>('browser-notes', file.path)
  } catch (e) {
    browser = e instanceof Error ? e.message : String(e)
  }
  return { file, engine, browser, notes, traceCmd }
}

function rows(measured: readonly Measured[]): string[][] {
  const of = (name: string, value: (m: Measured) => string): string[] => [name, ...measured.map(value)]
  const mid = (m: Measured, pick: (r: EngineRun) => number): number => median(m.engine.map(pick))
  const inBrowser = (m: Measured, value: (b: BrowserRun) => string): string =>
    typeof m.browser === 'string' ? '-' : value(m.browser)
  return [
    of('', (m) => m.file.label),
    of('events', (m) => write.count(m.engine[0]!.count)),
    of('on disk', (m) => write.megabytes(m.file.size)),
    of('first drawable', (m) => write.seconds(mid(m, (r) => r.firstPartial))),
    of('loaded', (m) => write.seconds(mid(m, (r) => r.loaded))),
    of('events a second', (m) => write.count(m.engine[0]!.count / (mid(m, (r) => r.loaded) / 1000))),
    of('trace-cmd report', (m) => (m.traceCmd.length ? write.seconds(median(m.traceCmd)) : 'not installed')),
    of('trace-cmd : loaded', (m) =>
      m.traceCmd.length ? write.ratio(median(m.traceCmd) / mid(m, (r) => r.loaded)) : '-',
    ),
    of('columns an event', (m) => write.bytes(mid(m, (r) => r.perEvent))),
    of('columns', (m) => write.megabytes(mid(m, (r) => r.memory))),
    of('growth of process', (m) => write.megabytes(mid(m, (r) => r.rss))),
    of('growth an event', (m) => write.bytes(mid(m, (r) => r.rss) / m.engine[0]!.count)),
    // The first query builds what the later ones draw from.
    of('first lod after loading', (m) => write.seconds(mid(m, (r) => r.lod[0]![0]!))),
    ...[0, 1, 2, 3, 4, 5].map((decade) =>
      of(`lod, 1/10^${decade} shown`, (m) =>
        write.spread(m.engine.flatMap((r) => r.lod[decade]!.slice(decade === 0 ? 1 : 0))),
      ),
    ),
    of('browser: loaded', (m) => inBrowser(m, (b) => write.seconds(b.loaded))),
    of('browser: costliest frame while loading', (m) => inBrowser(m, (b) => write.ms(b.first))),
    of('browser: frame', (m) => inBrowser(m, (b) => write.spread(b.frames))),
    of(`browser: frame, with ${NOTES} notes`, (m) => (m.notes ? write.spread(m.notes.frames) : '-')),
    of('browser: frames painted', (m) => inBrowser(m, (b) => write.count(b.frames.length))),
  ]
}

/** Guests' clocks from so many brackets. */
const BRACKETS = [100_000, 300_000, 1_000_000]

function clockRows(): string[][] {
  const runs = BRACKETS.map((n) => {
    console.error(`clocks: ${n} brackets`)
    return Array.from({ length: RUNS }, () => inFreshProcess<ClocksRun>('clocks', String(n)))
  })
  const of = (name: string, value: (r: readonly ClocksRun[]) => string): string[] => [name, ...runs.map(value)]
  const one = (r: readonly ClocksRun[]): ClocksRun => r[0]!
  return [
    of("guest's clock, brackets", (r) => write.count(one(r).brackets)),
    of('guest events', (r) => write.count(one(r).events)),
    of('estimated', (r) => write.seconds(median(r.map((x) => x.ms)))),
    of('kept', (r) => write.megabytes(one(r).memory)),
    of('kept a bracket', (r) => write.bytes(one(r).memory / one(r).brackets)),
    of('constraints that bind', (r) => write.count(one(r).hull)),
    of('half-width', (r) => `${write.count(one(r).halfWidth)} ns`),
  ]
}

/** Hosts and guests with so many events. */
const FUSED = [1_000_000, 5_000_000]

function fusedRows(): string[][] {
  const runs = FUSED.map((n) => {
    console.error(`fused: ${n} events`)
    return Array.from({ length: RUNS }, () => inFreshProcess<FusedRun>('fused', String(n)))
  })
  const painted = FUSED.map((n) => {
    console.error(`fused: ${n} events in a browser`)
    try {
      return inFreshProcess<BrowserRun>('browser-fused', String(n))
    } catch {
      return null
    }
  })
  const inBrowser = (name: string, value: (b: BrowserRun) => string): string[] => [
    name,
    ...painted.map((b) => (b ? value(b) : 'no browser')),
  ]
  const of = (name: string, value: (r: readonly FusedRun[]) => string): string[] => [name, ...runs.map(value)]
  const mid = (r: readonly FusedRun[], pick: (x: FusedRun) => number): number => median(r.map(pick))
  return [
    of('host and guest, events', (r) => write.count(r[0]!.events)),
    of('state changes', (r) => write.count(r[0]!.intervals)),
    of('fused model built', (r) => write.seconds(mid(r, (x) => x.built))),
    of('events a second', (r) => write.count(r[0]!.events / (mid(r, (x) => x.built) / 1000))),
    of('kept a state change', (r) => write.bytes(r[0]!.memory / r[0]!.intervals)),
    of('first frame, CPUs and vCPUs', (r) => write.ms(mid(r, (x) => x.first))),
    ...[0, 1, 2, 3, 4, 5].map((decade) =>
      of(`their lod, 1/10^${decade} shown`, (r) => write.spread(r.flatMap((x) => x.lod[decade]!))),
    ),
    of('first frame with 30 threads', (r) => write.ms(mid(r, (x) => x.firstThreads))),
    ...[0, 1, 2, 3, 4, 5].map((decade) =>
      of(`their lod, 1/10^${decade} shown`, (r) => write.spread(r.flatMap((x) => x.lodThreads[decade]!))),
    ),
    of('totals of everything', (r) => write.ms(mid(r, (x) => x.totals))),
    of('preemptions of everything', (r) => write.ms(mid(r, (x) => x.preemptions))),
    of('delta of every vCPU', (r) => write.ms(mid(r, (x) => x.delta))),
    inBrowser('browser: costliest frame while loading', (b) => write.ms(b.first)),
    inBrowser('browser: frame, with arrows', (b) => write.spread(b.frames)),
  ]
}

/** Wake-ups of recordings, and so many made ones. */
const WAKEUPS = [1_000_000]

function wakeupRows(files: readonly BenchFile[]): string[][] {
  const runs = [...files.map((f) => f.path), ...WAKEUPS.map(String)].map((what) => {
    console.error(`wake-ups: ${what}`)
    return Array.from({ length: RUNS }, () => inFreshProcess<WakeupsRun>('wakeups', what))
  })
  const shown = [...files.map((f) => f.path), ...WAKEUPS.map(String)].map((what) => {
    console.error(`wake-ups in a browser: ${what}`)
    try {
      return inFreshProcess<WakeupsBrowserRun>('browser-wakeups', what)
    } catch {
      return null
    }
  })
  const inBrowser = (name: string, value: (b: WakeupsBrowserRun) => string): string[] => [
    name,
    ...shown.map((b) => (b ? value(b) : 'no browser')),
  ]
  const of = (name: string, value: (r: readonly WakeupsRun[]) => string): string[] => [name, ...runs.map(value)]
  const mid = (r: readonly WakeupsRun[], pick: (x: WakeupsRun) => number): number => median(r.map(pick))
  const ms = (name: string, pick: (x: WakeupsRun) => number): string[] => of(name, (r) => write.ms(mid(r, pick)))
  const spread = (name: string, pick: (x: WakeupsRun) => readonly number[]): string[] =>
    of(name, (r) => write.spread(r.flatMap(pick)))
  return [
    of('wake-ups', (r) => write.count(r[0]!.wakeups)),
    of('built', (r) => write.seconds(mid(r, (x) => x.built))),
    of('wake-ups a second', (r) => write.count(r[0]!.wakeups / (mid(r, (x) => x.built) / 1000))),
    of('kept a wake-up', (r) => write.bytes(r[0]!.memory / r[0]!.wakeups)),
    ms('table opened, in the order of time', (x) => x.table),
    ms('sorted by latency', (x) => x.byLatency),
    ms('another page of that', (x) => x.page),
    ms('sorted by name', (x) => x.byName),
    ms('filtered by text, context and latency', (x) => x.filter),
    ms('histogram', (x) => x.histogram),
    ms('heat map', (x) => x.heat),
    spread('brushing a tenth', (x) => x.brush),
    spread('arrows of a tenth, all rows', (x) => x.arrows),
    spread('chain of one', (x) => x.chain),
    of('id found, the last of all', (r) => write.seconds(mid(r, (x) => x.search))),
    inBrowser('browser: from loaded to found', (b) => write.seconds(b.found)),
    inBrowser('browser: tab opened, rows shown', (b) => write.ms(b.table)),
    inBrowser('browser: sorted by latency', (b) => write.ms(b.sorted)),
    inBrowser('browser: chain of a row', (b) => write.ms(b.chain)),
    inBrowser('browser: a step of brushing, painted', (b) => write.spread(b.steps)),
    inBrowser('browser: figures that follow a step', (b) => write.spread(b.figures)),
  ]
}

/** Runs of four probes, half on a host and half in a VM. */
const STUDIES = [600, 5000, 20_000]

function runsRows(): string[][] {
  const studies = STUDIES.map((n) => {
    console.error(`runs: ${n} of four probes`)
    return Array.from({ length: RUNS }, () => runRuns(n))
  })
  const of = (name: string, value: (r: readonly RunsRun[]) => string): string[] => [name, ...studies.map(value)]
  return [
    of('remora runs, of four probes', (r) => write.count(r[0]!.runs)),
    of('records on disk', (r) => write.megabytes(r[0]!.bytes)),
    of('read, analysed and reported', (r) => write.seconds(median(r.map((x) => x.ms)))),
  ]
}

async function main(): Promise<void> {
  const [kind, path] = process.argv.slice(2)
  if (kind === 'engine' || kind === 'browser') {
    if (path === undefined) throw new Error(`${kind} needs a file`)
    const result = await (kind === 'engine' ? runEngine(path) : runBrowser([path]))
    console.log(JSON.stringify(result))
    return
  }
  if (kind === 'browser-notes') {
    console.log(JSON.stringify(await runNotesBrowser(path!, NOTES)))
    return
  }
  if (kind === 'clocks') {
    console.log(JSON.stringify(runClocks(Number(path))))
    return
  }
  if (kind === 'wakeups') {
    console.log(JSON.stringify(await runWakeups(path!)))
    return
  }
  if (kind === 'browser-wakeups') {
    console.log(JSON.stringify(await runWakeupsBrowser(path!)))
    return
  }
  if (kind === 'browser-fused') {
    console.log(JSON.stringify(await runFusedBrowser(Number(path))))
    return
  }
  if (kind === 'fused') {
    console.log(JSON.stringify(await runFused(Number(path))))
    return
  }
  if (kind === 'runs') {
    console.log(table(runsRows()))
    return
  }
  const dir = mkdtempSync(join(tmpdir(), 'remora-bench-'))
  try {
    const measured = benchFiles(dir, (line) => console.error(line)).map(measure)
    const cpu = cpus()[0]?.model.trim() ?? 'unknown CPU'
    console.log(
      `${availableParallelism()} cores of ${cpu}, ${(totalmem() / 2 ** 30).toFixed(0)} GB, node ${process.versions.node}; ` +
        `medians of ${RUNS} runs, spreads are median / 95th percentile\n`,
    )
    console.log(table(rows(measured)))
    console.log(`\n${table(clockRows())}`)
    console.log(`\n${table(fusedRows())}`)
    console.log(`\n${table(wakeupRows(measured.map((m) => m.file)))}`)
    console.log(`\n${table(runsRows())}`)
    for (const m of measured)
      if (typeof m.browser === 'string') console.log(`\nno browser on ${m.file.label}: ${m.browser}`)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

await main()
