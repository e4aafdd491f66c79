// The event table of one session: rows, views, details, search. The engine makes a new one whenever the session's version
// changes; views and searches belong to the Tables that made them.

import { RequestError } from '../fault.js'
import type { Session } from '../model/session.js'
import type { EventDetails, EventRow, FilterSpec, OnProgress, SearchSpec, SearchState } from '../thread/contract.js'
import { viewRow } from '../units.js'
import type { Position, SessionTime, ViewRow } from '../units.js'
import { lowerBound } from '../columns/event-table.js'
import { eventDetails } from './details.js'
import { compileExpression } from './filter/compile.js'
import { filterPositions } from './filter/views.js'
import { eventLines } from './lines.js'
import type { LineOptions } from './lines.js'
import { checkPosition, eventRows, firstRowAtTime } from './rows.js'
import { Search } from './search.js'

/** Searches kept; the oldest is forgotten first. */
const SEARCHES_KEPT = 16

// Numbers are never given twice, so that one from an earlier version of a session cannot be taken for another's.
let nextNumber = 1

export class Tables {
  readonly #views = new Map<number, Uint32Array>()
  readonly #searches = new Map<number, Search>()

  constructor(private readonly session: Session) {}

  async createView(
    filter: FilterSpec,
    onProgress?: OnProgress,
    signal?: AbortSignal,
  ): Promise<{ view: number; count: number }> {
    const positions = await filterPositions(this.session, filter, onProgress, signal)
    const view = nextNumber++
    this.#views.set(view, positions)
    return { view, count: positions.length }
  }

  dropView(view: number): Promise<void> {
    this.#views.delete(view)
    return Promise.resolve()
  }

  /** Throws RequestError with the column of the mistake. */
  async checkExpression(expression: string): Promise<void> {
    if (expression.trim()) compileExpression(expression)
  }

  /** Positions of a view, ascending; null = view 0, which holds all. Throws RequestError for a view that is no more. */
  viewPositions(view: number): Uint32Array | null {
    if (view === 0) return null
    const positions = this.#views.get(view)
    if (!positions)
      throw new RequestError('This filtered list is no more, because the session has changed since; filter again.')
    return positions
  }

  async rows(view: number, start: ViewRow, count: number, signal?: AbortSignal): Promise<EventRow[]> {
    const { positions, from, to } = this.#range(view, start, count)
    const wanted = positions ? positions.subarray(from, to) : Array.from({ length: to - from }, (_, i) => from + i)
    return eventRows(this.session, wanted, signal)
  }

  async rowAtTime(view: number, t: SessionTime): Promise<ViewRow> {
    return viewRow(firstRowAtTime(this.session, this.viewPositions(view), t))
  }

  async rowOf(view: number, pos: Position): Promise<{ row: ViewRow; exact: boolean }> {
    checkPosition(this.session, pos)
    const positions = this.viewPositions(view)
    if (!positions) return { row: viewRow(pos), exact: true }
    const row = lowerBound(positions, positions.length, pos)
    return { row: viewRow(row), exact: positions[row] === pos }
  }

  details(pos: Position, signal?: AbortSignal): Promise<EventDetails> {
    return eventDetails(this.session, pos, signal)
  }

  async search(
    view: number,
    spec: SearchSpec,
    from: ViewRow,
    limitMs: number,
    signal?: AbortSignal,
  ): Promise<SearchState> {
    const search = new Search(nextNumber++, this.session, this.viewPositions(view), spec, from)
    this.#searches.set(search.number, search)
    for (const number of this.#searches.keys()) {
      if (this.#searches.size <= SEARCHES_KEPT) break
      this.#searches.delete(number)
    }
    return search.scan(limitMs, signal)
  }

  async searchMore(search: number, limitMs: number, signal?: AbortSignal): Promise<SearchState> {
    return this.#search(search).scan(limitMs, signal)
  }

  async searchStep(
    search: number,
    from: ViewRow,
    direction: 1 | -1,
  ): Promise<{ row: ViewRow; position: Position } | null> {
    return this.#search(search).step(from, direction)
  }

  async searchDensity(search: number, from: SessionTime, to: SessionTime, columns: number): Promise<Uint32Array> {
    return this.#search(search).density(from, to, columns)
  }

  /** Events as `trace-cmd report` prints them, in batches of lines. */
  lines(view: number, start: ViewRow, count: number, options: LineOptions = {}): AsyncGenerator<string[]> {
    const { positions, from, to } = this.#range(view, start, count)
    return eventLines(this.session, positions, from, to, options)
  }

  #search(number: number): Search {
    const search = this.#searches.get(number)
    if (!search) throw new RequestError('This search is no more, because the session has changed since; search again.')
    return search
  }

  /** The rows from..to that `count` rows from `start` come to, fewer at the end of the view. */
  #range(view: number, start: number, count: number): { positions: Uint32Array | null; from: number; to: number } {
    const positions = this.viewPositions(view)
    const total = positions ? positions.length : this.session.table.count
    if (!(start >= 0) || !(count >= 0)) throw new RequestError(`There are no ${count} rows from row ${start}.`)
    const from = Math.min(Math.floor(start), total)
    return { positions, from, to: Math.min(from + Math.floor(count), total) }
  }
}
