import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { chainOf, chainText, defaultDefinitions, parseDefinitions } from '../../workers/analysis/runs/definitions.js'
import type { SourceRef } from '../../workers/bytes.js'
import { InputError } from '../../workers/fault.js'
import type {
  EngineApi,
  OnRunsProgress,
  RunsDefinitions,
  RunsQuery,
  RunsSource,
} from '../../workers/thread/contract.js'
import { pathError } from '../api/files.js'
import { integerOption } from './args.js'
import { UsageError } from './io.js'

/** Options of commands that compare runs: where these are, and what is asked of them. */
export const runsOptions = {
  host: { type: 'string', multiple: true },
  vm: { type: 'string', multiple: true },
  group: { type: 'string', multiple: true },
  records: { type: 'string', multiple: true },
  chain: { type: 'string' },
  definitions: { type: 'string' },
  stratify: { type: 'string', multiple: true },
  resamples: { type: 'string' },
  seed: { type: 'string' },
  confidence: { type: 'string' },
  margin: { type: 'string' },
} as const

export type RunsValues = {
  readonly [K in keyof typeof runsOptions]?: (typeof runsOptions)[K] extends { multiple: true } ? string[] : string
}

/** Runs as somebody asked for them, before anything is read. */
interface AskedRuns {
  readonly groups: readonly { readonly environment: string | null; readonly path: string }[]
  readonly definitions: RunsDefinitions
  /** null: the probes that most runs pass. */
  readonly chain: string | null
  readonly options: Omit<RunsQuery, 'chain'>
}

/** @param chain what stands for an absent --chain */
export async function askedRuns(command: string, values: RunsValues, chain?: string): Promise<AskedRuns> {
  const groups = [
    ...(values.host ?? []).map((path) => ({ environment: 'host', path })),
    ...(values.vm ?? []).map((path) => ({ environment: 'vm', path })),
    ...(values.group ?? []).map((text) => groupOption(command, text)),
    ...(values.records ?? []).map((path) => ({ environment: null, path })),
  ]
  const definitions =
    values.definitions === undefined
      ? defaultDefinitions
      : parseDefinitions(await textOf(values.definitions), values.definitions)
  const chosen = values.chain ?? chain
  return {
    groups,
    definitions,
    chain: chosen === undefined ? null : chainText(chainOf(chosen, definitions).steps),
    options: {
      stratify: (values.stratify ?? [])
        .flatMap((k) => k.split(','))
        .map((k) => k.trim())
        .filter((k) => k !== ''),
      resamples: integerOption(command, '--resamples', values.resamples ?? '500', 100, 100_000),
      seed: integerOption(command, '--seed', values.seed ?? '1', 0, 0xffff_ffff),
      confidence: numberOption(command, '--confidence', values.confidence ?? '95') / 100,
      ...(values.margin === undefined ? {} : { margin: numberOption(command, '--margin', values.margin) }),
    },
  }
}

/** Reads the records that were asked for; with `taken` also the chain's runs of the recording that is open. Answers what to ask. */
export async function readRuns(
  engine: Pick<EngineApi, 'runsOpen' | 'runsTake'>,
  { groups, definitions, chain, options }: AskedRuns,
  taken: boolean,
  show: OnRunsProgress,
  signal: AbortSignal,
): Promise<RunsQuery> {
  const sources = await recordSources(groups)
  let suggested: string | null = null
  if (sources.length > 0) {
    const input = await engine.runsOpen(sources, true, show, signal)
    suggested = input.suggested && chainText(input.suggested.steps)
  }
  const use = chain ?? suggested
  if (use === null) throw new InputError('No run passes two probes: there is no chain to look at.', 'no-runs')
  if (taken) await engine.runsTake(use, definitions, show, signal)
  return { chain: use, ...options }
}

const RECORDS = /\.(csv|jsonl|ndjson|json|txt|log|wire)$/i

function groupOption(command: string, text: string): { environment: string; path: string } {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) throw new UsageError(`--group takes NAME=PATH, not "${text}".`, command)
  return { environment: text.slice(0, at), path: text.slice(at + 1) }
}

function numberOption(command: string, name: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`${name} takes a number, not "${text}".`, command)
  return Number(text)
}

/** Rejects with InputError. */
export async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw pathError(path, error)
  }
}

/** Files as they are, of folders every file below that may hold records. Named by their path from the folder given. */
async function recordSources(
  groups: readonly { readonly environment: string | null; readonly path: string }[],
): Promise<RunsSource[]> {
  const lists = await Promise.all(
    groups.map(async ({ environment, path }) => {
      try {
        const found = await stat(path)
        const files = found.isDirectory() ? await below(path) : [{ path, name: basename(path) }]
        if (files.length === 0) {
          throw new InputError(`${path} holds no records (no CSV, JSON or text file).`, 'no-records', basename(path))
        }
        return (await refsOf(files)).map((source) => ({ environment, source }))
      } catch (error) {
        throw error instanceof InputError ? error : pathError(path, error)
      }
    }),
  )
  return lists.flat()
}

/** Small files are read at once: thousands of them could not all be kept open. */
const SMALL = 256 * 1024
const AT_ONCE = 16

async function refsOf(files: readonly { readonly path: string; readonly name: string }[]): Promise<SourceRef[]> {
  const refs: SourceRef[] = []
  for (let i = 0; i < files.length; i += AT_ONCE) {
    const some = files.slice(i, i + AT_ONCE).map(async ({ path, name }): Promise<SourceRef> => {
      const { size } = await stat(path)
      if (size > SMALL) return { kind: 'path', name, size, path }
      const bytes = await readFile(path)
      return { kind: 'bytes', name, size: bytes.length, bytes }
    })
    refs.push(...(await Promise.all(some)))
  }
  return refs
}

async function below(dir: string): Promise<{ path: string; name: string }[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true })
  return entries
    .filter((e) => e.isFile() && RECORDS.test(e.name))
    .map((e) => {
      const path = join(e.parentPath, e.name)
      return { path, name: join(basename(dir), path.slice(dir.length).replace(/^\/+/, '')) }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}
