// Search in slices: each asks the engine for a twentieth of a second's work, so that the count grows and nothing waits.

import { batch, effect } from '@preact/signals'
import { position, viewRow } from '../../workers/units.js'
import { handle, isAbort, say, sentence } from './messages.js'
import {
  rowFor,
  engine,
  searchHit,
  searchSpec,
  searchState,
  select,
  selection,
  session,
  tableView,
} from './session-state.js'

const sliceMs = 60

let run = new AbortController()

/** Searches whenever the text, the column, the mode or the table's view changes; answers a function that stops. */
export function startSearching(): () => void {
  let timer = 0
  return effect(() => {
    const spec = searchSpec.value
    const view = tableView.value
    const version = session.value?.version
    run.abort()
    clearTimeout(timer)
    batch(() => {
      searchState.value = null
      searchHit.value = null
    })
    if (!engine.peek() || version === undefined || spec.text === '') return
    if (spec.mode === 'regex' && !isRegex(spec.text)) return
    run = new AbortController()
    const { signal } = run
    // Typing: the next key may follow at once.
    timer = window.setTimeout(() => handle(scan(view, signal)), 120)
  })
}

export function isRegex(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

async function scan(view: number, signal: AbortSignal): Promise<void> {
  const api = engine.peek()
  if (!api) return
  try {
    const here = selection.peek()
    const from = here ? (await api.rowOf(view, here.position)).row : viewRow(0)
    let state = await api.search(view, searchSpec.peek(), from, sliceMs, signal)
    while (!signal.aborted) {
      searchState.value = state
      if (state.complete) return
      state = await api.searchMore(state.search, sliceMs, signal)
    }
  } catch (e) {
    if (!signal.aborted && !isAbort(e)) say('error', sentence(e))
  }
}

/** Goes to the next (+1) or previous (-1) match and selects it. */
export async function stepSearch(direction: 1 | -1): Promise<void> {
  const api = engine.peek()
  const state = searchState.peek()
  if (!api || !state) return
  const view = tableView.peek()
  const here = selection.peek()
  const row = here ? await rowBeside(view, here.position, direction) : viewRow(direction > 0 ? -1 : state.total)
  const hit = await api.searchStep(state.search, row, direction)
  if (!hit || searchState.peek()?.search !== state.search) return
  const [event] = await api.rows(view, hit.row, 1)
  if (!event) return
  batch(() => {
    searchHit.value = hit
    select(event.position, event.t, rowFor(event), 'search')
  })
}

/** Row to step from; a selection that the view does not hold lies between two of its rows. */
async function rowBeside(view: number, at: number, direction: 1 | -1) {
  const found = await engine.peek()!.rowOf(view, position(at))
  return found.exact || direction < 0 ? found.row : viewRow(found.row - 1)
}

export function clearSearch(): void {
  searchSpec.value = { ...searchSpec.peek(), text: '' }
}
