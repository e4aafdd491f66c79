// The list of events. Only what is in sight exists as elements.

import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { EventRow } from '../../../workers/thread/contract.js'
import { handle, say, sentence } from '../../state/messages.js'
import {
  rowFor,
  searchSpec,
  engine,
  filter,
  filterTable,
  filterView,
  select,
  selection,
  session,
  tableCount,
  tableView,
  timeFormat,
} from '../../state/session-state.js'
import { columnWidths, follow } from '../../state/settings.js'
import { formatCount, plural } from '../../state/format.js'
import { copyText } from '../../widgets/copy.js'
import { machineCss, machineName } from '../../widgets/machine.js'
import { useVirtualList } from '../../widgets/virtual-list.js'
import { eventMenu, eventText } from '../menus.js'
import { columnsFor, layoutColumns, maxColumnWidth, minColumnWidth } from './columns.js'
import type { Column, ColumnContext } from './columns.js'
import { matchParts } from './matches.js'
import { RowCache } from './row-cache.js'

const rowHeight = 22
const headHeight = 24
/** Width of a character of the monospace font at 12 px, a little generous. */
const charWidth = 7.3

const chooseEvent = (event: EventRow) => select(event.position, event.t, rowFor(event), 'table')

export function EventTable() {
  const info = session.value
  const view = tableView.value
  const rows = tableCount.value
  const version = info?.version
  const list = useVirtualList(rows, rowHeight, headHeight)
  const { box, top, first, end } = list
  const arrivals = useSignal(0)
  const longest = useSignal(0)
  const cursor = useRef<number | null>(null)
  /** Rows that `cursor` counts: another view has others. */
  const cursorOf = useRef<RowCache | null>(null)
  const stale = useRef<readonly { readonly row: number; readonly event: EventRow }[]>([])

  const cache = useMemo(() => {
    const api = engine.value
    return new RowCache(
      (start, count, signal) => api?.rows(view, start, count, signal) ?? Promise.resolve([]),
      () => arrivals.value++,
      (e) => say('error', sentence(e)),
    )
  }, [view, version, engine.value])
  useEffect(() => () => cache.close(), [cache])

  const chosen = selection.value
  useEffect(() => {
    // The table's own choice moved the cursor already, and may have moved it on since.
    if (chosen?.origin === 'table' && cursorOf.current === cache) return
    const api = engine.peek()
    if (!chosen || !api || version === undefined) {
      cursor.current = null
      return
    }
    let current = true
    const find = async () => {
      const { row, exact } = await api.rowOf(view, chosen.position)
      if (!current) return
      cursor.current = row
      cursorOf.current = cache
      if (chosen.origin === 'table' ? exact : follow.peek()) list.show(row)
    }
    handle(find())
    return () => {
      current = false
    }
  }, [chosen?.position, chosen?.origin, view, version, list.viewport > 0])

  useLayoutEffect(() => {
    if (info && end > first) cache.want(Math.max(0, first - 20), Math.min(rows, end + 20))
  }, [cache, first, end, rows])

  void arrivals.value
  let shown: { readonly row: number; readonly event: EventRow | undefined }[] = []
  for (let row = first; row < end; row++) shown.push({ row, event: cache.get(row) })
  const waiting = shown.length > 0 && shown.every((r) => r.event === undefined)
  const ready = shown.filter((r): r is { row: number; event: EventRow } => r.event !== undefined)
  if (waiting && stale.current.length > 0) {
    // Nothing of this place has come yet: what was there stays, paler, until it does.
    shown = shown.map((r, i) => ({ row: r.row, event: stale.current[i]?.event }))
  } else if (ready.length > 0) stale.current = ready

  const longestNow = ready.reduce((n, r) => Math.max(n, r.event.info.length), 0)
  useLayoutEffect(() => {
    if (longestNow > longest.peek()) longest.value = longestNow
  }, [longestNow])

  if (!info) return null
  const context: ColumnContext = { base: info, timeFormat: timeFormat.value, machine: machineName }
  const shownColumns = columnsFor(info.machines.length)
  const { widths, total } = layoutColumns(
    shownColumns,
    columnWidths.value,
    Math.min(longest.value, 4000) * charWidth + 16,
    list.width,
  )
  const template = widths.map((w) => `${w}px`).join(' ')

  const moveTo = async (row: number) => {
    const wanted = Math.max(0, Math.min(rows - 1, row))
    if (rows === 0) return
    cursor.current = wanted
    cursorOf.current = cache
    list.show(wanted)
    const event = cache.get(wanted) ?? (await engine.peek()?.rows(view, wanted as never, 1))?.[0]
    if (event && cursor.current === wanted) chooseEvent(event)
  }
  const onKeyDown = (e: KeyboardEvent) => {
    const at = cursor.current ?? first - 1
    const page = Math.max(1, Math.floor(list.viewport / rowHeight) - 1)
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'c' && getSelection()?.isCollapsed !== false) {
      const event = cursor.current === null ? undefined : cache.get(cursor.current)
      if (event) copyText(eventText(event))
    } else if (e.ctrlKey || e.metaKey || e.altKey || e.shiftKey) return
    else if (e.key === 'ArrowDown') handle(moveTo(at + 1))
    else if (e.key === 'ArrowUp') handle(moveTo(at - 1))
    else if (e.key === 'PageDown') handle(moveTo(at + page))
    else if (e.key === 'PageUp') handle(moveTo(at - page))
    else if (e.key === 'Home') handle(moveTo(0))
    else if (e.key === 'End') handle(moveTo(rows - 1))
    else if (e.key === 'ArrowRight') box.current?.scrollBy({ left: 80 })
    else if (e.key === 'ArrowLeft') box.current?.scrollBy({ left: -80 })
    else return
    e.preventDefault()
    e.stopPropagation()
  }

  return (
    <div
      class="table"
      ref={box}
      role="grid"
      aria-label="Events"
      aria-rowcount={rows + 1}
      tabIndex={0}
      data-key-scope="table"
      onKeyDown={onKeyDown}
      onContextMenu={(e) => {
        // From the keyboard: the menu of the selected row, at that row.
        const at = cursor.current
        const event = at === null ? undefined : cache.get(at)
        const area = e.currentTarget.getBoundingClientRect()
        if (e.defaultPrevented || !event || at === null) return
        e.preventDefault()
        eventMenu(area.left + 100, area.top + headHeight + (at + 1) * rowHeight - top.peek(), event)
      }}
      onScroll={list.onScroll}
    >
      <div class="table-space" style={{ width: `${total}px`, height: `${list.height + headHeight}px` }}>
        <div class="table-head" role="row" style={{ gridTemplateColumns: template }}>
          {shownColumns.map((c, i) => (
            <span key={c.name} role="columnheader" class={c.right ? 'right' : ''} title={c.tip}>
              {c.title}
              <ColumnEdge name={c.name} width={widths[i]!} initial={c.width} />
            </span>
          ))}
        </div>
        <div
          class={`table-body ${waiting ? 'stale' : ''}`}
          style={{ height: `${list.viewport}px`, width: `${total}px` }}
        >
          {shown.map(({ row, event }) => (
            <TableRow
              key={row}
              row={row}
              event={event}
              y={row * rowHeight - top.value}
              template={template}
              columns={shownColumns}
              context={context}
              choose={(chosenEvent) => {
                cursor.current = row
                cursorOf.current = cache
                chooseEvent(chosenEvent)
              }}
            />
          ))}
          {rows === 0 && <NoEvents />}
        </div>
      </div>
    </div>
  )
}

interface RowProps {
  readonly row: number
  readonly event: EventRow | undefined
  readonly y: number
  readonly template: string
  readonly columns: readonly Column[]
  readonly context: ColumnContext
  readonly choose: (event: EventRow) => void
}
function TableRow({ row, event, y, template, columns, context, choose }: RowProps) {
  const place = { transform: `translateY(${y}px)`, gridTemplateColumns: template }
  if (!event) {
    return (
      <div class="table-row pending" role="row" style={place}>
        <span class="right">{formatCount(row)}</span>
      </div>
    )
  }
  const chosen = selection.value?.position === event.position
  const lost =
    event.lost === 0
      ? ''
      : event.lost < 0
        ? 'Events were lost before this one'
        : `${plural(event.lost, 'event')} lost before this one`
  return (
    <div
      class={`table-row ${chosen ? 'chosen' : ''} ${lost ? 'lost' : ''}`}
      role="row"
      aria-rowindex={row + 2}
      aria-selected={chosen}
      title={lost || undefined}
      style={place}
      onClick={() => choose(event)}
      onContextMenu={(e) => {
        e.preventDefault()
        choose(event)
        eventMenu(e.clientX, e.clientY, event)
      }}
    >
      <span class="row-band" style={{ background: machineCss(event.machine) }} />
      {columns.map((c) => {
        const text = c.text(event, context)
        const parts = matchParts(text, c.name, searchSpec.value)
        return (
          <span
            key={c.name}
            role="gridcell"
            class={`${c.right ? 'right' : ''} ${c.mono ? 'mono' : ''}`}
            title={c.name === 'info' || lost ? undefined : text}
          >
            {parts.length === 1 ? text : parts.map((part, i) => (i % 2 ? <mark key={i}>{part}</mark> : part))}
          </span>
        )
      })}
    </div>
  )
}

function ColumnEdge({
  name,
  width,
  initial,
}: {
  readonly name: string
  readonly width: number
  readonly initial: number
}) {
  const set = (w: number) =>
    (columnWidths.value = {
      ...columnWidths.peek(),
      [name]: Math.round(Math.min(Math.max(w, minColumnWidth), maxColumnWidth)),
    })
  const onPointerDown = (e: PointerEvent) => {
    e.preventDefault()
    const edge = e.currentTarget as HTMLElement
    edge.setPointerCapture(e.pointerId)
    const move = (m: PointerEvent) => set(width + m.clientX - e.clientX)
    const up = () => {
      edge.removeEventListener('pointermove', move)
      edge.removeEventListener('lostpointercapture', up)
    }
    edge.addEventListener('pointermove', move)
    edge.addEventListener('lostpointercapture', up)
  }
  return <span class="column-edge" onPointerDown={onPointerDown} onDblClick={() => set(initial)} />
}

function NoEvents() {
  if (filterView.value && filterTable.value) {
    return (
      <p class="empty">
        No event passes the filter.{' '}
        <button type="button" class="link" onClick={() => (filter.value = {})}>
          Clear the filter
        </button>
      </p>
    )
  }
  return <p class="empty">These files hold no events: the buffers were empty when they were recorded.</p>
}
