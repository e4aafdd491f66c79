// The table of wake-ups: sorted by any column, fetched as it comes into sight.

import { signal, useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { WakeupQuery, WakeupRow, WakeupTable } from '../../../workers/thread/contract.js'
import { lit } from '../../state/chain.js'
import { handle, say, sentence } from '../../state/messages.js'
import { engine, session, timeFormat } from '../../state/session-state.js'
import { flagsNamed, survey } from '../../state/wakeups.js'
import { goWakeup } from '../../timeline/hops.js'
import { copyText } from '../../widgets/copy.js'
import { machineCss, machineName } from '../../widgets/machine.js'
import { useVirtualList } from '../../widgets/virtual-list.js'
import { RowCache } from '../events/row-cache.js'
import { wakeColumnsFor, type WakeColumn, type WakeColumnContext } from './columns.js'
import { total } from './figures.js'
import { wakeQuery } from './view.js'

const ROW = 22
const HEAD = 24

type Order = Required<Pick<WakeupQuery, 'sort' | 'descending'>>
const order = signal<Order>({ sort: 'time', descending: false })
/** Some row has a collector's record. */
const hasRecords = signal(false)

export function Table() {
  const info = session.value
  const api = engine.value
  const version = survey.value?.version
  const query = wakeQuery.value
  const { sort, descending } = order.value
  const rows = total.value ?? 0
  const arrivals = useSignal(0)
  const list = useVirtualList(rows, ROW, HEAD)
  const stale = useRef<readonly WakeupRow[]>([])
  const cursor = useRef<number | null>(null)

  const cache = useMemo(
    () =>
      new RowCache<WakeupRow>(
        async (start, count, signal) => {
          if (!api) return []
          const found: WakeupTable = await api.wakeups({ ...query, sort, descending, start, count }, signal)
          if (found.rows.some((r) => r.record !== null)) hasRecords.value = true
          return found.rows
        },
        () => arrivals.value++,
        (e) => say('error', sentence(e)),
      ),
    [api, version, flagsNamed.value, query, sort, descending],
  )
  useEffect(() => () => cache.close(), [cache])
  useLayoutEffect(() => {
    if (list.end > list.first) cache.want(Math.max(0, list.first - 20), Math.min(rows, list.end + 20))
  }, [cache, list.first, list.end, rows])

  const chosen = lit.value?.chain.selected ?? null
  useEffect(() => {
    if (chosen === null || !api || version === undefined) {
      cursor.current = null
      return undefined
    }
    let current = true
    const find = async () => {
      const row = await api.wakeupRowOf({ ...query, sort, descending }, chosen)
      if (!current || row < 0) return
      cursor.current = row
      list.show(row)
    }
    handle(find())
    return () => {
      current = false
    }
  }, [chosen, cache])

  if (!info) return null
  void arrivals.value
  const ready: WakeupRow[] = []
  for (let i = list.first; i < list.end; i++) {
    const row = cache.get(i)
    if (row) ready.push(row)
  }
  const waiting = list.end > list.first && ready.length === 0
  if (ready.length > 0) stale.current = ready
  const context: WakeColumnContext = { info, timeFormat: timeFormat.value, machine: machineName }
  const columns = wakeColumnsFor(info.machines.length, hasRecords.value)
  const before = columns.slice(0, -1).reduce((n, c) => n + c.width, 0)
  const last = Math.max(columns.at(-1)!.width, list.width - before)
  const template = [...columns.slice(0, -1).map((c) => c.width), last].map((w) => `${w}px`).join(' ')

  const go = (row: WakeupRow, at: number) => {
    cursor.current = at
    handle(goWakeup({ wakeup: row.wakeup }))
  }
  const moveTo = async (wish: number) => {
    if (rows === 0 || !api) return
    const at = Math.max(0, Math.min(rows - 1, wish))
    cursor.current = at
    list.show(at)
    const row = cache.get(at) ?? (await api.wakeups({ ...query, sort, descending, start: at, count: 1 })).rows[0]
    if (row && cursor.current === at) go(row, at)
  }
  const onKeyDown = (e: KeyboardEvent) => {
    const at = cursor.current ?? list.first - 1
    const page = Math.max(1, Math.floor(list.viewport / ROW) - 1)
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'c' && getSelection()?.isCollapsed !== false) {
      const row = cursor.current === null ? undefined : cache.get(cursor.current)
      if (row) copyText(columns.map((c) => c.text(row, context)).join('\t'))
    } else if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return
    else if (e.key === 'ArrowDown') handle(moveTo(at + 1))
    else if (e.key === 'ArrowUp') handle(moveTo(at - 1))
    else if (e.key === 'PageDown') handle(moveTo(at + page))
    else if (e.key === 'PageUp') handle(moveTo(at - page))
    else if (e.key === 'Home') handle(moveTo(0))
    else if (e.key === 'End') handle(moveTo(rows - 1))
    else return
    e.preventDefault()
    e.stopPropagation()
  }

  return (
    <div
      class="table"
      ref={list.box}
      role="grid"
      aria-label="Wake-ups"
      aria-rowcount={rows + 1}
      tabIndex={0}
      data-key-scope="table"
      onKeyDown={onKeyDown}
      onScroll={list.onScroll}
    >
      <div class="table-space" style={{ width: `${before + last}px`, height: `${list.height + HEAD}px` }}>
        <div class="table-head" role="row" style={{ gridTemplateColumns: template }}>
          {columns.map((c) => (
            <Head key={c.name} column={c} />
          ))}
        </div>
        <div
          class={`table-body ${waiting ? 'stale' : ''}`}
          style={{ height: `${list.viewport}px`, width: `${before + last}px` }}
        >
          {Array.from({ length: list.end - list.first }, (_, k) => {
            const at = list.first + k
            const row = cache.get(at) ?? (waiting ? stale.current[k] : undefined)
            const style = {
              transform: `translateY(${at * ROW - list.top.value}px)`,
              gridTemplateColumns: template,
            }
            if (!row) return <div key={at} class="table-row pending" role="row" style={style} />
            return (
              <div
                key={at}
                class={`table-row ${row.wakeup === chosen ? 'chosen' : ''}`}
                role="row"
                aria-rowindex={at + 2}
                aria-selected={row.wakeup === chosen}
                style={style}
                onClick={() => go(row, at)}
              >
                <span class="row-band" style={{ background: machineCss(row.machine) }} />
                {columns.map((c) => {
                  const text = c.text(row, context)
                  const style = `${c.right ? 'right' : ''} ${c.mono ? 'mono' : ''}`
                  return (
                    <span key={c.name} role="gridcell" class={style} title={text}>
                      {text}
                    </span>
                  )
                })}
              </div>
            )
          })}
          {total.value === 0 && <p class="empty">No wake-up of this time passes the filter.</p>}
        </div>
      </div>
    </div>
  )
}

function Head({ column: { sort, right, title, tip } }: { readonly column: WakeColumn }) {
  const now = order.value
  const on = sort !== undefined && now.sort === sort
  const style = right ? 'right' : ''
  if (sort === undefined)
    return (
      <span role="columnheader" class={style} title={tip}>
        {title}
      </span>
    )
  // What one looks for stands first: the longest, but names and times from the beginning.
  const first = sort === 'latency' || sort === 'wakingToWakeup' || sort === 'wakeupToRunning'
  const next = { sort, descending: on ? !now.descending : first }
  return (
    <span role="columnheader" class={style} aria-sort={on ? (now.descending ? 'descending' : 'ascending') : 'none'}>
      <button
        type="button"
        class={`sorts ${on ? 'on' : ''}`}
        title={`${tip}. Click to sort by it.`}
        onClick={() => (order.value = next)}
      >
        {title}
        {on && (now.descending ? ' ↓' : ' ↑')}
      </button>
    </span>
  )
}
