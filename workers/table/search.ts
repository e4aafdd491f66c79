// Search: which rows of a view show a text. Scans in slices of limited time, from the given row to the end and then from the
// start, so that the nearest matches come first; everything that does not need the raw record is decided without it and
// remembered per event type, per task and per stream.

import type { StreamColumns } from '../columns/event-table.js'
import { RequestError } from '../fault.js'
import type { Session } from '../model/session.js'
import type { RecordView } from '../readers/types.js'
import type { SearchColumn, SearchSpec, SearchState } from '../thread/contract.js'
import { position, viewRow } from '../units.js'
import type { Position, ViewRow } from '../units.js'
import { Pacer } from './pause.js'
import { rememberPids } from './filter/pid-memo.js'
import { visitPositions } from './records.js'
import { firstRowAtTime } from './rows.js'
import { TimeWriter } from './time-text.js'

/** Rows whose records are read at once, and rows between two looks at the clock. */
const BATCH = 2048

type TextTest = (text: string) => boolean

export class Search {
  readonly #total: number
  readonly #from: number
  readonly #matcher: RowMatcher
  /** Matching rows >= from, and < from; both ascending. */
  readonly #after = new Rows()
  readonly #before = new Rows()
  #scanned = 0
  #turn: Promise<unknown> = Promise.resolve()

  /** Throws RequestError for a bad regular expression. */
  constructor(
    readonly number: number,
    private readonly session: Session,
    private readonly positions: Uint32Array | null,
    spec: SearchSpec,
    from: number,
  ) {
    this.#total = positions ? positions.length : session.table.count
    this.#from = from > 0 && from < this.#total ? Math.floor(from) : 0
    this.#matcher = new RowMatcher(session, spec)
  }

  /** Goes on for about `limitMs`, at least one batch. One scan at a time: a second call waits for the first. */
  scan(limitMs: number, signal?: AbortSignal): Promise<SearchState> {
    const turn = this.#turn.then(
      () => this.#scan(limitMs, signal),
      () => this.#scan(limitMs, signal),
    )
    this.#turn = turn
    return turn
  }

  async #scan(limitMs: number, signal?: AbortSignal): Promise<SearchState> {
    const until = performance.now() + limitMs
    const pacer = new Pacer(signal)
    signal?.throwIfAborted()
    while (this.#scanned < this.#total) {
      const wrapAt = this.#total - this.#from
      const wrapped = this.#scanned >= wrapAt
      const start = wrapped ? this.#scanned - wrapAt : this.#from + this.#scanned
      const end = Math.min(start + BATCH, wrapped ? this.#from : this.#total)
      const found = await this.#scanRows(start, end, signal)
      const rows = wrapped ? this.#before : this.#after
      for (let i = 0; i < found.length; i++) if (found[i]) rows.push(start + i)
      this.#scanned += end - start
      if (performance.now() >= until) break
      if (pacer.due()) await pacer.pause()
    }
    return this.state
  }

  /** 1 for each row of start..end that matches. */
  async #scanRows(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    const { table } = this.session
    const found = new Uint8Array(end - start)
    const unread: number[] = []
    for (let row = start; row < end; row++) {
      const id = table.order[this.#position(row)]!
      const index = table.streamIndexOf(id)
      if (this.#matcher.columns(table.streams[index]!, id - table.base[index]!)) found[row - start] = 1
      else if (this.#matcher.needsRecord) unread.push(row)
    }
    if (unread.length === 0) return found
    await visitPositions(
      this.session,
      unread.map((row) => this.#position(row)),
      (record, i) => {
        if (this.#matcher.record(record)) found[unread[i]! - start] = 1
      },
      signal,
    )
    return found
  }

  get state(): SearchState {
    return {
      search: this.number,
      matches: this.#after.length + this.#before.length,
      scanned: this.#scanned,
      total: this.#total,
      complete: this.#scanned === this.#total,
    }
  }

  /** Next (+1) or previous (-1) of the matches found so far, round the end; null when there is none. */
  step(from: number, direction: 1 | -1): { row: ViewRow; position: Position } | null {
    const count = this.#before.length + this.#after.length
    if (count === 0) return null
    // Index of the first match after `from`, or the number of matches before it.
    const next = direction === 1 ? this.#countBelow(from + 1) : this.#countBelow(from) - 1
    const index = (next + count) % count
    const before = this.#before.length
    const row = index < before ? this.#before.at(index) : this.#after.at(index - before)
    return { row: viewRow(row), position: position(this.#position(row)) }
  }

  /** Matches found so far in each of `columns` equal parts of from..to. */
  density(from: number, to: number, columns: number): Uint32Array {
    const counts = new Uint32Array(columns)
    const below = (t: number) => this.#countBelow(firstRowAtTime(this.session, this.positions, t))
    let before = below(from)
    for (let c = 0; c < columns; c++) {
      const next = below(from + ((to - from) * (c + 1)) / columns)
      counts[c] = next - before
      before = next
    }
    return counts
  }

  #countBelow(row: number): number {
    return this.#before.countBelow(row) + this.#after.countBelow(row)
  }

  #position(row: number): number {
    return this.positions ? this.positions[row]! : row
  }
}

/** A growing ascending list of rows. */
class Rows {
  #rows = new Uint32Array(256)
  length = 0

  push(row: number): void {
    if (this.length === this.#rows.length) {
      const larger = new Uint32Array(this.length * 2)
      larger.set(this.#rows)
      this.#rows = larger
    }
    this.#rows[this.length++] = row
  }

  at(index: number): number {
    return this.#rows[index]!
  }

  countBelow(row: number): number {
    let lo = 0
    let hi = this.length
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      if (this.#rows[mid]! < row) lo = mid + 1
      else hi = mid
    }
    return lo
  }
}

/** Decides whether a row shows the text, from the columns as far as they go and from the record where it must. */
class RowMatcher {
  readonly needsRecord: boolean
  readonly #test: TextTest
  readonly #column: SearchColumn
  readonly #types: Uint8Array
  readonly #time: TimeWriter
  /** Whether a time can show the text at all: most texts that are looked for are no numbers. */
  readonly #times: boolean
  readonly #streams = new Map<StreamColumns, boolean>()
  /** Per file, by pid. */
  readonly #tasks: ((pid: number) => boolean)[] = []

  constructor(
    private readonly session: Session,
    spec: SearchSpec,
  ) {
    this.#test = textTest(spec)
    this.#column = spec.column
    this.#time = new TimeWriter(session.epoch)
    this.#times = this.#looksAt('time') && (spec.mode === 'regex' || /^[-\d.]*$/.test(spec.text))
    this.needsRecord = this.#looksAt('info') || this.#looksAt('latency')
    this.#types = Uint8Array.from(session.eventTypes, ({ system, name }) =>
      Number(this.#looksAt('event') && (this.#test(name) || this.#test(`${system}:${name}`))),
    )
  }

  #looksAt(column: SearchColumn): boolean {
    return this.#column === 'all' || this.#column === column
  }

  columns(stream: StreamColumns, row: number): boolean {
    if (this.#types[stream.types[stream.type[row]!]!]) return true
    if (this.#streamMatches(stream)) return true
    if (this.#looksAt('task') || this.#looksAt('pid')) {
      if (this.#taskMatches(stream.file, stream.pid[row]!)) return true
    }
    return this.#times && this.#test(this.#time.shown(stream.t[row]!, this.session.unit))
  }

  record(record: RecordView): boolean {
    if (this.#looksAt('info') && this.#test(record.info())) return true
    return this.#looksAt('latency') && this.#test(record.latency())
  }

  #streamMatches(stream: StreamColumns): boolean {
    let matches = this.#streams.get(stream)
    if (matches === undefined) {
      const { name } = this.session.machines[stream.machine]!
      matches =
        (this.#looksAt('machine') && this.#test(name)) || (this.#looksAt('cpu') && this.#test(String(stream.cpu)))
      this.#streams.set(stream, matches)
    }
    return matches
  }

  #taskMatches(file: number, pid: number): boolean {
    let holds = this.#tasks[file]
    if (!holds) {
      holds = rememberPids(
        (p) =>
          (this.#looksAt('task') && this.#test(this.session.files[file]!.comm(p))) ||
          (this.#looksAt('pid') && this.#test(String(p))),
      )
      this.#tasks[file] = holds
    }
    return holds(pid)
  }
}

/** Throws RequestError for a bad regular expression. */
function textTest({ text, mode, caseSensitive }: SearchSpec): TextTest {
  if (mode === 'regex') {
    try {
      const pattern = new RegExp(text, caseSensitive ? '' : 'i')
      return (shown) => pattern.test(shown)
    } catch {
      throw new RequestError(`${text} is not a regular expression.`)
    }
  }
  const wanted = caseSensitive ? text : text.toLowerCase()
  const plain = (shown: string): string => (caseSensitive ? shown : shown.toLowerCase())
  return mode === 'equals' ? (shown) => plain(shown) === wanted : (shown) => plain(shown).includes(wanted)
}
