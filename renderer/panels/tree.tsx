// The captions of the timeline's rows, beside the canvas and row by row with it: both draw state/rowLayout at state/rowScroll.

import { useLayoutEffect, useRef } from 'preact/hooks'
import { formatCount } from '../state/format.js'
import { isLayered, rowsBetween } from '../state/rows.js'
import type { Row } from '../state/rows.js'
import {
  activeRow,
  hideRow,
  hoverRow,
  rowHeight,
  rowLayout,
  rowScroll,
  rowText,
  rowViewport,
  setRowScroll,
  showAllRows,
  togglePin,
  toggleRow,
} from '../state/session-state.js'
import { AXIS_HEIGHT } from '../timeline/geometry.js'
import { Icon } from '../widgets/icons.js'
import { Band, machineName } from '../widgets/machine.js'
import { LackingNote } from './lacking.js'
import { rowMenu } from './menus.js'

export function Tree() {
  const layout = rowLayout.value
  return (
    <div class="tree" style={{ gridTemplateRows: `${AXIS_HEIGHT}px minmax(0, 1fr)` }}>
      <div class="tree-head">
        <input
          id="row-filter"
          type="search"
          class="field"
          placeholder="Filter rows"
          aria-label="Filter rows by name or pid"
          value={rowText.value}
          onInput={(e) => (rowText.value = e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key !== 'Escape') return
            rowText.value = ''
            e.currentTarget.blur()
          }}
        />
        {layout.hidden > 0 && (
          <button type="button" class="quiet" title="Show the hidden rows again" onClick={showAllRows}>
            {formatCount(layout.hidden)} hidden
          </button>
        )}
      </div>
      <TreeRows />
    </div>
  )
}

function TreeRows() {
  const layout = rowLayout.value
  const top = rowScroll.value
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = box.current!
    const observer = new ResizeObserver(() => (rowViewport.value = element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    const element = box.current!
    if (Math.abs(element.scrollTop - top) >= 1) element.scrollTop = top
  })
  const [first, end] = rowsBetween(layout, top - 100, top + rowViewport.value + 100)
  return (
    <div
      class="tree-rows"
      ref={box}
      role="tree"
      tabIndex={0}
      aria-label="Rows of the timeline"
      aria-activedescendant={activeRow.value ? `row-${activeRow.value}` : undefined}
      onScroll={(e) => setRowScroll(e.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
      onPointerLeave={() => (hoverRow.value = null)}
      onContextMenu={(e) => {
        // From the keyboard: the menu of the active row, at that row.
        const row = layout.rows[layout.index.get(activeRow.peek() ?? '') ?? -1]
        if (e.defaultPrevented || !row) return
        e.preventDefault()
        const area = e.currentTarget.getBoundingClientRect()
        rowMenu(area.left + 60, area.top + row.y + row.height - rowScroll.peek(), row)
      }}
    >
      <div class="tree-space" style={{ height: `${layout.height}px` }}>
        {layout.rows.slice(first, end).map((row) => (
          <TreeRow key={row.id} row={row} />
        ))}
      </div>
      {layout.rows.length === 0 && rowText.value !== '' && (
        <p class="empty">No row’s name contains “{rowText.value}”. Esc in the filter box shows all rows again.</p>
      )}
    </div>
  )
}

function TreeRow({ row }: { readonly row: Row }) {
  if (row.note !== undefined)
    return (
      <div
        id={`row-${row.id}`}
        class={`tree-row kind-${row.kind}`}
        role="treeitem"
        aria-level={row.depth + 1}
        style={{ top: `${row.y}px`, height: `${rowHeight.value}px` }}
        title="What the CPUs and virtual machines really ran is being worked out"
      >
        <Band machine={row.machine} />
        <span class="tree-twist" />
        <span class="tree-label">{row.label}</span>
        <span class="tree-note" role="status">
          {row.note}
        </span>
      </div>
    )
  // A vCPU has a row of its own, and its thread's below it on demand.
  const folds = row.expanded !== null
  const header = folds && row.kind !== 'vcpu'
  const caption = row.pinned ? `${machineName(row.machine)} ${row.label}` : row.label
  const fused = row.track !== null && isLayered(row.track)
  const count = row.track ? row.track.events : row.children
  const what = row.track ? 'events' : row.kind === 'vm' ? 'vCPUs' : row.kind === 'group' ? 'rows' : 'tasks'
  return (
    <div
      id={`row-${row.id}`}
      class={`tree-row kind-${row.kind} ${activeRow.value === row.id ? 'active' : ''} ${hoverRow.value === row.id ? 'hover' : ''}`}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-expanded={row.expanded ?? undefined}
      aria-selected={activeRow.value === row.id}
      style={{ top: `${row.y}px`, height: `${rowHeight.value}px` }}
      title={`${machineName(row.machine)}: ${row.label}${fused ? fusedTitle(row) : `, ${formatCount(count)} ${what}`}`}
      onPointerEnter={() => (hoverRow.value = row.id)}
      onClick={() => {
        activeRow.value = row.id
        if (header) toggleRow(row.id)
      }}
      onContextMenu={(e) => {
        e.preventDefault()
        activeRow.value = row.id
        rowMenu(e.clientX, e.clientY, row)
      }}
    >
      <Band machine={row.machine} />
      <span class="tree-indent" style={{ width: `${row.depth * 12}px` }} />
      <span
        class="tree-twist"
        title={folds && !header ? 'Its host thread' : undefined}
        onClick={(e) => {
          if (!folds || header) return
          e.stopPropagation()
          toggleRow(row.id)
        }}
      >
        {folds && <Icon name={row.expanded ? 'down' : 'right'} />}
      </span>
      <span class="tree-label">{caption}</span>
      {row.kind === 'group' && <LackingNote short />}
      <span class="tree-count">
        {!fused && (!row.track || row.expanded === false || !header) ? formatCount(count) : ''}
      </span>
      {!header && (
        <span class="tree-tools">
          <button
            type="button"
            tabIndex={-1}
            class={row.pinned ? 'on' : ''}
            title={row.pinned ? 'Unpin (P)' : 'Pin to the top (P)'}
            onClick={(e) => {
              e.stopPropagation()
              togglePin(row.id)
            }}
          >
            <Icon name="pin" />
          </button>
          <button
            type="button"
            tabIndex={-1}
            title="Hide (H)"
            onClick={(e) => {
              e.stopPropagation()
              hideRow(row.id)
            }}
          >
            <Icon name="hide" />
          </button>
        </span>
      )}
    </div>
  )
}

/** How a vCPU was found, and what its row cannot say. */
function fusedTitle(row: Row): string {
  const thread = row.track?.thread
  if (thread) return `, split by the layers below${thread.container === null ? '' : `; container ${thread.container}`}`
  const vcpu = row.track?.fused?.vcpu
  if (!vcpu) return ''
  const split = vcpu.split ? '' : '; guest and hypervisor cannot be told apart'
  return `, thread ${vcpu.tid} of ${machineName(vcpu.host)} (by ${vcpu.by})${vcpu.level > 1 ? ', guest of a guest' : ''}${split}`
}

/** Up and down between rows, left and right close and open, as in every tree. */
function onKeyDown(e: KeyboardEvent): void {
  if (e.ctrlKey || e.altKey || e.metaKey || e.shiftKey) return
  const { rows, index } = rowLayout.peek()
  const at = index.get(activeRow.peek() ?? '') ?? -1
  const row = rows[at]
  const go = (i: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, i))]
    if (!next) return
    activeRow.value = next.id
    const top = rowScroll.peek()
    if (next.y < top) setRowScroll(next.y)
    else if (next.y + next.height > top + rowViewport.peek()) setRowScroll(next.y + next.height - rowViewport.peek())
  }
  const page = Math.max(1, Math.floor(rowViewport.peek() / rowHeight.peek()) - 1)
  if (e.key === 'ArrowDown') go(at + 1)
  else if (e.key === 'ArrowUp') go(at - 1)
  else if (e.key === 'PageDown') go(at + page)
  else if (e.key === 'PageUp') go(at - page)
  else if (e.key === 'Home') go(0)
  else if (e.key === 'End') go(rows.length - 1)
  else if (e.key === 'ArrowRight' && row) {
    if (row.expanded === false) toggleRow(row.id)
    else go(at + 1)
  } else if (e.key === 'ArrowLeft' && row) {
    if (row.expanded) toggleRow(row.id)
    else {
      for (let i = at - 1; i >= 0; i--) {
        if (rows[i]!.depth < row.depth) {
          go(i)
          break
        }
      }
    }
  } else if (e.key === 'Enter' && row?.expanded != null) toggleRow(row.id)
  else return
  e.preventDefault()
  e.stopPropagation()
}
