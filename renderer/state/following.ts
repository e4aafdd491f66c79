// What follows from a choice: the details of the selected event, and the engine's view of the filter.

import { batch, effect } from '@preact/signals'
import { followChain } from './chain.js'
import { followClocks } from './clock-cards.js'
import { followFused } from './fused.js'
import { followWakeups } from './wakeups.js'
import { isAbort, say, sentence } from './messages.js'
import {
  busiest,
  details,
  engine,
  filter,
  filtering,
  filterView,
  fusedTracks,
  loading,
  rowHeight,
  rowLayout,
  rowScroll,
  rowViewport,
  selection,
  session,
  setRowScroll,
} from './session-state.js'
import { isEmptyFilter } from './filters.js'
import { fusedRows } from './fused-tree.js'
import { busiestThatFit } from './rows.js'

/** Starts following; answers a function that stops. */
export function startFollowing(): () => void {
  const stops = [
    followSelection(),
    followFilter(),
    followRows(),
    followRoom(),
    followClocks(),
    followFused(),
    followWakeups(),
    followChain(),
  ]
  return () => stops.forEach((s) => s())
}

/** Rows that go away must not leave the view scrolled past the last one. */
function followRows(): () => void {
  return effect(() => {
    void [rowLayout.value, rowViewport.value]
    setRowScroll(rowScroll.peek())
  })
}

/** The fused rows as they first come up. */
const asOpened = {
  toggled: new Set<string>(),
  hidden: new Set<string>(),
  pinned: new Set<string>(),
  text: '',
  order: 'events',
} as const

/**
 * As many tasks as fit beside the fused rows and the CPUs of all machines: settled while a session is loaded, for no row may come
 * or go under the hand that moves a splitter.
 */
function followRoom(): () => void {
  let taken = 0
  return effect(() => {
    const tracks = session.value?.tracks
    const room = rowViewport.value
    const fused = fusedTracks.value
    if (!tracks || room === 0) return
    const rows = fused ? fusedRows(fused, tracks, asOpened).length : taken
    if (busiest.peek() !== null && !loading.value && rows === taken) return
    taken = fused ? rows : 0
    busiest.value = busiestThatFit(tracks, Math.floor(room / rowHeight.peek()) - taken)
  })
}

function followSelection(): () => void {
  let abort = new AbortController()
  return effect(() => {
    const api = engine.value
    const chosen = selection.value
    // A clock choice moves times: the details are asked for again.
    const version = session.value?.version
    abort.abort()
    abort = new AbortController()
    if (!api || !chosen || version === undefined) {
      details.value = null
      return
    }
    const { signal } = abort
    api.details(chosen.position, signal).then(
      (d) => {
        if (!signal.aborted) details.value = d
      },
      (e: unknown) => {
        if (!signal.aborted && !isAbort(e)) say('error', sentence(e))
      },
    )
  })
}

function followFilter(): () => void {
  let abort = new AbortController()
  let before: number | undefined
  return effect(() => {
    const api = engine.value
    const spec = filter.value
    const version = session.value?.version
    // Views of another version are void: nobody may ask for them any more.
    if (version !== before) filterView.value = null
    before = version
    abort.abort()
    abort = new AbortController()
    const { signal } = abort
    const drop = (view: number) => void api?.dropView(view).catch(() => undefined)
    const old = filterView.peek()
    if (!api || version === undefined || isEmptyFilter(spec)) {
      filterView.value = null
      filtering.value = null
      if (old) drop(old.view)
      return
    }
    filtering.value = { title: 'Filtering', progress: null, cancel: () => (filter.value = {}) }
    const mine = filtering.peek()
    api
      .createView(
        spec,
        (progress) => {
          const now = filtering.peek()
          if (!signal.aborted && now) filtering.value = { ...now, progress }
        },
        signal,
      )
      .then(
        (view) => {
          if (signal.aborted) return drop(view.view)
          batch(() => {
            filterView.value = view
            filtering.value = null
          })
          if (old) drop(old.view)
        },
        (e: unknown) => {
          if (signal.aborted) return
          if (filtering.peek() === mine || filtering.peek()) filtering.value = null
          if (!isAbort(e)) say('error', sentence(e))
        },
      )
  })
}
