// Runs on the screen: what was read, what is asked of it, and the report that answers. Apart from the recording that is open: both
// can be there at once, and runs can be taken from it.

import { batch, computed, signal } from '@preact/signals'
import type {
  ResolvedChain,
  RunDetails,
  RunsDefinitions,
  RunsInput,
  RunsProgress,
  RunsQuery,
  RunsReport,
  RunsSample,
} from '../../workers/thread/contract.js'
import { setTitle, type Chosen } from '../host-api.js'
import { handle, isAbort, say, sentence } from './messages.js'
import { engine, rangeSelection, revealRow, activeRow, session, setRange } from './session-state.js'
import { runsDefinitionsText } from './runs-kept.js'
import { showTab } from './settings.js'

export const runsInput = signal<RunsInput | null>(null)
/** Files of records that were opened, of which `runsInput` is; those taken from a recording have none. */
export const runsFiles = signal<readonly Chosen[]>([])
export const runsReport = signal<RunsReport | null>(null)
/** What the labels of the chain meant in the recording. */
export const runsResolved = signal<ResolvedChain | null>(null)
export const runsDefinitions = signal<RunsDefinitions | null>(null)
/** What goes on, for the bar; null = nothing. */
export const runsWork = signal<{
  readonly title: string
  readonly progress: RunsProgress | null
  readonly cancel: () => void
} | null>(null)
export const runsTrouble = signal<string | null>(null)

export const runsChain = signal('')
export const runsStratify = signal<readonly string[]>([])
/** ns; null: nothing is called equivalent. */
export const runsMargin = signal<number | null>(null)
export const runsResamples = signal(500)
export const runsSeed = signal(1)

export type PlotKind = 'histogram' | 'ecdf' | 'box' | 'qq' | 'shares' | 'clocks'
export const runsPlot = signal<PlotKind>('histogram')
/** null: as long as they leave the rest enough room. */
export const runsTails = signal<boolean | null>(null)
export const runsMeasure = signal('total')

/** A group in a stratum, as it stands in the list. */
export interface SeriesKey {
  readonly environment: string
  readonly stratum: string
}
export const sameSeries = (a: SeriesKey, b: SeriesKey): boolean =>
  a.environment === b.environment && a.stratum === b.stratum
/** What is drawn and compared, in the order of its colours. */
export const runsShown = signal<readonly SeriesKey[]>([])
/** As many as have a colour. */
const MOST_SERIES = 6

export interface Series extends SeriesKey {
  readonly name: string
  /** Ascending. */
  readonly values: Float64Array
  /** What runsRun() takes, beside each value. */
  readonly runs: Uint32Array
}
export const runsSeries = signal<readonly Series[]>([])
export const chosenRun = signal<RunDetails | null>(null)

export const environmentName = (environment: string): string => (environment === 'vm' ? 'VM' : environment)
export const seriesName = (s: SeriesKey): string =>
  s.stratum === ''
    ? environmentName(s.environment)
    : `${environmentName(s.environment)}, ${s.stratum.replaceAll('=', ' ')}`

const query = (): RunsQuery => ({
  chain: runsChain.peek(),
  stratify: runsStratify.peek(),
  resamples: runsResamples.peek(),
  seed: runsSeed.peek(),
  ...(runsMargin.peek() === null ? {} : { margin: runsMargin.peek()! }),
})
/** The query that the report on the screen answers: runs are asked for by it. */
let answered: RunsQuery | null = null
export const answeredQuery = (): RunsQuery | null => answered

let working = new AbortController()
/** One piece of work at a time: the latest wins. What fails is said in the panel. */
async function work<T>(
  title: string,
  go: (on: (p: RunsProgress) => void, signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  working.abort()
  const mine = (working = new AbortController())
  const cancel = () => mine.abort()
  runsWork.value = { title, progress: null, cancel }
  runsTrouble.value = null
  try {
    const done = await go((progress) => {
      if (working === mine) runsWork.value = { title, progress, cancel }
    }, mine.signal)
    return mine.signal.aborted ? null : done
  } catch (e) {
    if (!isAbort(e) && working === mine) runsTrouble.value = sentence(e)
    return null
  } finally {
    if (working === mine) runsWork.value = null
  }
}

/** Opens files of probe records and shows the panel. */
export async function openRuns(files: readonly Chosen[], replace = true): Promise<void> {
  const api = engine.peek()
  if (!api) return
  if (session.peek()) showTab('runs')
  else setTitle('Runs - Remora')
  const sources = files.map((f) => ({ environment: null, source: { ...f.source, name: f.path ?? f.source.name } }))
  const input = await work('Reading records', (on, signal) => api.runsOpen(sources, replace, on, signal))
  if (input) {
    await take(input, replace)
    runsFiles.value = replace ? files : [...runsFiles.peek(), ...files]
  } else if (!runsInput.peek() && runsTrouble.peek()) say('error', runsTrouble.peek()!)
}

async function take(input: RunsInput, fresh: boolean): Promise<void> {
  batch(() => {
    runsInput.value = input
    runsStratify.value = runsStratify.peek().filter((k) => input.strata.some((s) => s.key === k))
    if (fresh || runsChain.peek() === '') runsChain.value = input.suggested?.steps.join(' -> ') ?? ''
    runsShown.value = []
  })
  if (input.runs > 0 && runsChain.peek() !== '') await analyse()
  else runsReport.value = null
}

/** Takes the runs of the chain from the open recording. */
export async function takeFromRecording(): Promise<void> {
  const api = engine.peek()
  if (!api || !session.peek()) return
  const definitions = await definitionsNow()
  const text = runsChain.peek()
  const found = await work('Taking runs from the recording', (on, signal) =>
    api.runsTake(text, definitions, on, signal),
  )
  if (!found) return
  runsResolved.value = found.resolved
  runsChain.value = found.resolved.chain.steps.join(' -> ')
  await take(found.input, false)
}

/** Asks for the report again, with what is chosen now. */
export async function analyse(): Promise<void> {
  const api = engine.peek()
  if (!api || !runsInput.peek()) return
  const asked = query()
  const report = await work('Analysing', (on, signal) => api.runsReport(asked, on, signal))
  if (!report) return
  answered = asked
  batch(() => {
    runsReport.value = report
    if (!report.measures.includes(runsMeasure.peek())) runsMeasure.value = report.measures[0]!
    const there = (s: SeriesKey) => report.samples.some((x) => sameSeries(x, s))
    const kept = runsShown.peek().filter(there)
    runsShown.value =
      kept.length > 0
        ? kept
        : report.groups.filter((g) => g.runs > 0).map((g) => ({ environment: g.environment, stratum: '' }))
    if (report.shares.length === 0 && runsPlot.peek() === 'shares') runsPlot.value = 'histogram'
    if (report.pps.length === 0 && runsPlot.peek() === 'clocks') runsPlot.value = 'histogram'
    chosenRun.value = null
  })
  await fetchSeries()
}

/** Brings the values of what is shown; those of before stay until then. */
async function fetchSeries(): Promise<void> {
  const api = engine.peek()
  const report = runsReport.peek()
  if (!api || !report || !answered) return
  const [asked, measure, shown] = [answered, runsMeasure.peek(), runsShown.peek()]
  const strata = [...new Set(shown.map((s) => s.stratum))]
  const found = new Map(
    await Promise.all(strata.map(async (stratum) => [stratum, await api.runsValues(asked, measure, stratum)] as const)),
  )
  if (runsReport.peek() !== report || runsMeasure.peek() !== measure || runsShown.peek() !== shown) return
  runsSeries.value = shown.map((key) => {
    const all = found.get(key.stratum)!
    const group = report.groups.findIndex((g) => g.environment === key.environment)
    const own = Array.from(all.group.keys()).filter((i) => all.group[i] === group)
    return {
      ...key,
      name: seriesName(key),
      values: Float64Array.from(own, (i) => all.value[i]!),
      runs: Uint32Array.from(own, (i) => all.run[i]!),
    }
  })
}

export function chooseMeasure(measure: string): void {
  runsMeasure.value = measure
  handle(fetchSeries())
}

/** Shows a group or stratum, or takes it away; the last one stays. */
export function toggleSeries(key: SeriesKey): void {
  const now = runsShown.peek()
  const without = now.filter((s) => !sameSeries(s, key))
  if (without.length === now.length) runsShown.value = [...now, key].slice(-MOST_SERIES)
  else if (without.length > 0) runsShown.value = without
  else return
  handle(fetchSeries())
}

/** The samples that are shown, of the measure at hand. */
export const shownSamples = computed<readonly RunsSample[]>(() => {
  const report = runsReport.value
  if (!report) return []
  return runsShown.value.flatMap(
    (key) => report.samples.find((s) => s.measure === runsMeasure.value && sameSeries(s, key)) ?? [],
  )
})

/** Chooses a run, and shows it on the timeline where the open recording covers it. */
export async function chooseRun(run: number): Promise<void> {
  const api = engine.peek()
  if (!api || !answered) return
  const details = await api.runsRun(answered, run)
  chosenRun.value = details
  showChosenRun()
}

export function showChosenRun(): void {
  const shown = chosenRun.peek()?.shown
  if (!shown || !session.peek()) return
  const air = Math.max((shown.to - shown.from) * 0.5, 20)
  batch(() => {
    setRange(shown.from - air, shown.to + air, true)
    rangeSelection.value = { from: shown.from, to: shown.to }
    if (shown.track !== null) {
      activeRow.value = shown.track
      revealRow(shown.track)
    }
  })
}

export async function closeRuns(): Promise<void> {
  working.abort()
  batch(() => {
    runsInput.value = null
    runsFiles.value = []
    runsReport.value = null
    runsSeries.value = []
    chosenRun.value = null
    runsResolved.value = null
    runsTrouble.value = null
    runsChain.value = ''
  })
  if (!session.peek()) setTitle('Remora')
  await engine.peek()?.runsClose()
}

/** The user's definitions, or those that come with the program. A text that is wrong is said, and left alone. */
export async function definitionsNow(): Promise<RunsDefinitions> {
  const api = engine.peek()!
  const text = runsDefinitionsText.peek()
  const found = text === '' ? await api.runsDefaults() : await api.runsDefinitions(text)
  runsDefinitions.value = found
  return found
}

/** Records and metadata among files that were dropped, told by their first bytes. */
export async function runsAmong(files: readonly Chosen[]): Promise<readonly Chosen[]> {
  const candidates = files.filter((f) => /\.(csv|jsonl|ndjson|json|txt|log)$/i.test(f.source.name))
  const heads = await Promise.all(candidates.map(async (f) => ({ f, head: await headOf(f) })))
  const records = heads.filter(
    ({ head }) => /\bprobe_name\b|"probe"\s*:/.test(head) || /^\d+\.\d{9}\s+\S+\s*$/m.test(head.slice(0, 200)),
  )
  if (records.length === 0) return []
  return heads
    .filter((h) => records.includes(h) || /"(session_id|sessions|max_cstate)"\s*:/.test(h.head))
    .map((h) => h.f)
}

async function headOf({ source }: Chosen): Promise<string> {
  if (source.kind === 'blob') return (source.blob as Blob).slice(0, 4096).text()
  if (source.kind !== 'url') return ''
  const answer = await fetch(source.url, { headers: { range: 'bytes=0-4095' } })
  return answer.ok ? answer.text() : ''
}
