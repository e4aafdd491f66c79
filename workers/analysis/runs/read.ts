// Files of probe records into a book: which of the forms a file has is told by its first line, never by its name.

import type { ByteSource, SourceOpener } from '../../bytes.js'
import { FaultList, InputError } from '../../fault.js'
import type { OnRunsProgress, RunsSource } from '../../thread/contract.js'
import { formatOf, openTrace } from '../../readers/registry.js'
import { Book } from './book.js'
import { addWakeRecords } from './from-records.js'
import { csvParser, isBad, jsonParser, jsonRow, lineParser, type ParseRow } from './rows.js'

const CHUNK = 1 << 22
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

interface Kind {
  readonly parse: ParseRow
  /** The first line is a heading. */
  readonly skipFirst: boolean
}

interface Metadata {
  /** null: every session of the same environment. */
  readonly session: string | null
  readonly environment: string | null
  /** Folder it lies in, as part of the file's name: its sessions are first of all those beside it. */
  readonly folder: string
  /** The only file that it speaks of; absent = all. */
  readonly file?: string
  readonly values: ReadonlyMap<string, string>
}

interface Opened {
  readonly source: ByteSource
  readonly environment: string | null
  readonly head: string
}

/**
 * Reads all sources. Rows that cannot be used are named in the book's faults. Rejects with InputError where a file can no longer be
 * read, and with the signal's reason.
 */
export async function readRuns(
  book: Book,
  sources: readonly RunsSource[],
  open: SourceOpener,
  onProgress?: OnRunsProgress,
  signal?: AbortSignal,
): Promise<void> {
  const total = sources.reduce((n, s) => n + s.source.size, 0)
  const report = reporter(total, onProgress)
  const metadata: Metadata[] = []
  const records: Opened[] = []
  const lists: { list: readonly unknown[]; name: string; environment: string | null }[] = []
  for (const { source: ref, environment } of sources) {
    const source = open(ref)
    const head = decode(await source.read(0, Math.min(source.size, 65_536), signal))
    const whole = wholeJson(head) ? await wholeObject(source, signal) : undefined
    if (whole === undefined) {
      records.push({ source, environment, head })
      continue
    }
    report(source.size)
    const list: unknown = isObject(whole) ? whole.records : whole
    if (Array.isArray(list) && !list.some((o) => isObject(o) && ('probe_name' in o || 'probe' in o))) {
      records.push({ source, environment, head })
    } else if (Array.isArray(list)) {
      const told = isObject(whole) ? metadataOf(whole, environment, source.name) : []
      metadata.push(...told)
      lists.push({ list, name: source.name, environment })
    } else if (isObject(whole) && ('chains' in whole || 'probes' in whole)) {
      book.faults.add({
        severity: 'note',
        code: 'definitions',
        file: source.name,
        message: 'It defines chains and holds no records.',
      })
    } else if (isObject(whole) && Array.isArray(whole.runs) && Array.isArray(whole.machines)) {
      metadata.push(...manifestOf(whole.runs, environment, source.name))
    } else if (isObject(whole)) {
      const found = metadataOf(whole, environment, source.name)
      metadata.push(...found)
      if (found.length === 0) {
        book.faults.add({
          severity: 'warning',
          code: 'no-records',
          file: source.name,
          message: 'It holds neither probe records nor metadata of sessions.',
        })
      }
    }
  }
  // Only now, when the metadata of all files are known.
  for (const { list, name, environment } of lists) {
    addAll(book, list, name, (s) => environment ?? environmentOf(metadata, s, name))
  }
  for (const { source, environment, head } of records) {
    await readRecords(book, source, head, (s) => environment ?? environmentOf(metadata, s, source.name), report, signal)
  }
  for (const s of book.sessions) {
    for (const m of metadata) {
      if (m.session !== null && m.session !== s.session) continue
      if (m.environment !== null && m.environment !== s.environment) continue
      for (const [key, value] of m.values) s.metadata.set(key, value)
    }
  }
}

const folderOf = (file: string): string => file.slice(0, file.lastIndexOf('/') + 1)

/**
 * What the metadata say of a session: those beside its records before others, those that name it before those that name none. Else
 * a folder or file called host or vm tells.
 */
function environmentOf(metadata: readonly Metadata[], session: string, file: string): string {
  const fits = metadata.filter((m) => m.file === undefined || m.file === file)
  const named = fits.filter((m) => m.file !== undefined)
  const beside = fits.filter((m) => m.folder === folderOf(file))
  for (const list of [named, beside, fits]) {
    const told = list.filter((m) => m.environment !== null)
    const found = told.find((m) => m.session === session) ?? told.find((m) => m.session === null)
    if (found) return found.environment!
  }
  const parts = file
    .toLowerCase()
    .replace(/\.[^.]*$/, '')
    .split('/')
    .reverse()
  if (parts.includes('host')) return 'host'
  return parts.some((part) => part === 'vm' || part === 'guest') ? 'vm' : 'all'
}

const decode = (bytes: Uint8Array): string => new TextDecoder('utf-8').decode(bytes)

/** One JSON value over the whole file, not an object a line. */
function wholeJson(head: string): boolean {
  const text = head.replace(/^\uFEFF/, '').trimStart()
  if (text.startsWith('[')) return true
  const line = text.split('\n', 1)[0]!
  return text.startsWith('{') && !(/"(timestamp_ns|timestamp|ts)"\s*:/.test(line) && line.trimEnd().endsWith('}'))
}

async function wholeObject(source: ByteSource, signal?: AbortSignal): Promise<unknown> {
  try {
    return JSON.parse(decode(await source.read(0, source.size, signal)).replace(/^\uFEFF/, ''))
  } catch (e) {
    if (e instanceof SyntaxError) return undefined
    throw e
  }
}

function addAll(book: Book, list: readonly unknown[], file: string, environment: (session: string) => string): void {
  list.forEach((object, i) => {
    const row = jsonRow(object, i + 1)
    if (isBad(row))
      book.faults.add({
        severity: 'warning',
        code: row.code,
        file,
        message: `Record ${i + 1} ${row.what}; it is left out.`,
      })
    else addRow(book, row, file, environment)
  })
}

function addRow(
  book: Book,
  row: Exclude<ReturnType<ParseRow>, { what: string }>,
  file: string,
  environment: (s: string) => string,
): void {
  const session = row.session ?? file.replace(/\.[^.]*$/, '')
  book.add(row, row.environment ?? environment(session), session, file)
}

/** `{ "sessions": [ { "session_id": ..., ... } ] }`, one such object, or values for all sessions. */
function metadataOf(json: Record<string, unknown>, environment: string | null, file: string): Metadata[] {
  const list = Array.isArray(json.sessions) ? json.sessions.filter(isObject) : [json]
  const common = Array.isArray(json.sessions) ? valuesOf(json, ['sessions', 'records']) : new Map<string, string>()
  return list.flatMap((m) => {
    const values = new Map([...common, ...valuesOf(m, ['session_id', 'session', 'environment', 'records', 'sessions'])])
    const session = m.session_id ?? m.session
    const own = typeof m.environment === 'string' ? m.environment : null
    if (values.size === 0 && own === null && session === undefined) return []
    return [
      {
        session: session === undefined ? null : String(session),
        environment: environment ?? own,
        folder: folderOf(file),
        values,
      },
    ]
  })
}

/** The manifest of a recorded session: which of its files are whose. */
function manifestOf(runs: readonly unknown[], environment: string | null, manifest: string): Metadata[] {
  const folder = folderOf(manifest)
  return runs.flatMap((run) => {
    const files: unknown = isObject(run) ? run.files : null
    if (!Array.isArray(files)) return []
    return files.filter(isObject).map((f) => ({
      session: null,
      environment: environment ?? (f.role === 'guest' ? 'vm' : 'host'),
      folder,
      file: folder + String(f.path),
      values: new Map<string, string>(),
    }))
  })
}

/** Values as texts; those of nested objects (a VM's configuration) under `vm.cpus`. */
function valuesOf(json: Record<string, unknown>, without: readonly string[], prefix = ''): Map<string, string> {
  const values = new Map<string, string>()
  for (const [key, value] of Object.entries(json)) {
    if (without.includes(key) || value === null || Array.isArray(value)) continue
    if (isObject(value)) for (const [k, v] of valuesOf(value, [], `${prefix}${key}.`)) values.set(k, v)
    else values.set(`${prefix}${key}`, String(value as string | number | boolean))
  }
  return values
}

async function readRecords(
  book: Book,
  source: ByteSource,
  head: string,
  environment: (session: string) => string,
  report: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const file = source.name
  const kind = kindOf(head)
  if (!kind) {
    report(source.size)
    const bytes = await source.read(0, Math.min(64, source.size), signal)
    if (await addRecordsOf(book, source, bytes, environment, signal)) return
    const what =
      source.size === 0
        ? 'It is empty.'
        : 'Its first line is neither a heading with timestamp_ns and probe_name, nor JSON, nor a time and a probe.'
    book.faults.add({ severity: 'warning', code: 'no-records', file, message: what })
    return
  }
  let line = 0
  let rest = ''
  const decoder = new TextDecoder('utf-8')
  const take = (text: string): void => {
    line++
    if ((line === 1 && kind.skipFirst) || text.trim() === '') return
    if (text.startsWith('#')) return
    const row = kind.parse(text, line)
    if (isBad(row))
      book.faults.add({
        severity: 'warning',
        code: row.code,
        file,
        message: `Line ${line} ${row.what}; it is left out.`,
      })
    else addRow(book, row, file, environment)
  }
  for (let at = 0; at < source.size; at += CHUNK) {
    const bytes = await source.read(at, Math.min(CHUNK, source.size - at), signal)
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop()!
    for (const text of lines) take(text.endsWith('\r') ? text.slice(0, -1) : text)
    report(bytes.length)
  }
  if (rest !== '') take(rest)
}

/** Formats of the readers whose files hold records. */
const RECORDS: readonly string[] = ['records', 'collector records']

/** Records of collectors: whatever reads them as a trace reads them here. Says whether there are any. */
async function addRecordsOf(
  book: Book,
  source: ByteSource,
  head: Uint8Array,
  environment: (session: string) => string,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!RECORDS.includes(formatOf(head, source.name) ?? '')) return false
  try {
    const { wakeRecords, faults } = await openTrace(source, signal)
    book.faults.addAll(faults)
    if (!wakeRecords) return false
    await addWakeRecords(book, wakeRecords, source, environment, signal)
    return true
  } catch (e) {
    if (!(e instanceof InputError)) throw e
    book.faults.add({ severity: 'warning', code: e.code, file: source.name, message: e.message })
    return true
  }
}

function kindOf(head: string): Kind | null {
  const first =
    head
      .split('\n')
      .find((l) => l.trim() !== '' && !l.startsWith('#'))
      ?.trim() ?? ''
  // Other objects are records of a collector.
  if (first.startsWith('{'))
    return /"(probe_name|probe)"\s*:/.test(head) ? { parse: jsonParser, skipFirst: false } : null
  const csv = csvParser(first)
  if (csv) return { parse: csv, skipFirst: true }
  return /^\d+(\.\d+)?\s+\S/.test(first) ? { parse: lineParser, skipFirst: false } : null
}

/** Progress at most every 50 ms. */
function reporter(total: number, onProgress?: OnRunsProgress): (bytes: number) => void {
  let done = 0
  let last = performance.now()
  return (bytes) => {
    done += bytes
    const now = performance.now()
    if (now - last < 50) return
    last = now
    onProgress?.({ phase: 'reading', done, total })
  }
}

export const newBook = (): Book => new Book(new FaultList())
