// What a right click offers on a row, on an event and on the canvas.

import type { EventRow, HoverInfo } from '../../workers/thread/contract.js'
import type { SessionTime } from '../../workers/units.js'
import { eventName, hideEvent, onlyEvent, onlyTracks } from '../state/filters.js'
import { coincidence, moveMachine } from '../state/clock-choices.js'
import { formatTime, plainTime } from '../state/format.js'
import { handle } from '../state/messages.js'
import type { Row, TaskOrder } from '../state/rows.js'
import {
  activeRow,
  cpuTrack,
  details,
  filter,
  fusedTracks,
  hidden,
  hideRow,
  pinned,
  rangeSelection,
  revealRow,
  rowLayout,
  rowText,
  selection,
  session,
  setMarker,
  setRange,
  taskOrder,
  taskTrack,
  timeFormat,
  togglePin,
  toggled,
  toggleRow,
} from '../state/session-state.js'
import { besideAll, isFusedTrack, PCPUS, vmGroup, VMS, vmQuieter, vmTasks } from '../state/fused-tree.js'
import { quieterGroup, tasksGroup } from '../state/rows.js'
import { highlightInterval, noteOnEvent } from '../annotate/hooks.js'
import { noteAt, noteOnRange } from '../timeline/overlays/annotations.js'
import { copyText } from '../widgets/copy.js'
import { openMenu } from '../widgets/menu.js'
import type { MenuEntry } from '../widgets/menu.js'
import { machineName } from '../widgets/machine.js'

/** Opens the groups above a row and scrolls to it. */
export function showRow(id: string): void {
  if (isFusedTrack(id)) return showFusedRow(id)
  const track = session.peek()?.tracks.find((t) => t.id === id)
  if (!track) return
  rowText.value = ''
  const machine = session.peek()?.tracks.find((t) => t.kind === 'machine' && t.machine === track.machine)
  if (machine && toggled.peek().has(machine.id)) toggleRow(machine.id)
  if (machine && track.kind === 'task') {
    if (toggled.peek().has(tasksGroup(machine.id))) toggleRow(tasksGroup(machine.id))
    if (!rowLayout.peek().index.has(id)) toggleRow(quieterGroup(machine.id))
  }
  revealRow(id)
}

/** Scrolls to a row and makes it the active one. */
export function goToRow(id: string): void {
  activeRow.value = id
  showRow(id)
}

/** Opens what is folded away above a row of the fused views and scrolls to it. */
function showFusedRow(id: string): void {
  const fused = fusedTracks.peek()
  const track = fused?.tracks.find((t) => t.id === id)
  const thread = fused?.threads.find((t) => t.id === id)
  if (!track && !thread) return
  rowText.value = ''
  if (hidden.peek().has(id)) hideRow(id)
  const groups = () => {
    if (track && !track.vcpu) return [PCPUS]
    const vm = vmGroup((track ?? thread)!.machine, thread !== undefined || track!.vcpu!.guest !== null)
    return [VMS, vm, ...(thread ? [vmTasks(vm), vmQuieter(vm)] : [])]
  }
  // Whether a group is folded is to be seen once those above it are open.
  for (const group of groups()) {
    const { rows, index } = rowLayout.peek()
    if (!index.has(id) && rows[index.get(group) ?? -1]?.expanded === false) toggleRow(group)
  }
  revealRow(id)
}

function rowEntries(row: Row): MenuEntry[] {
  if (!row.track) {
    const order = (by: TaskOrder, label: string): MenuEntry => ({
      label,
      checked: taskOrder.peek() === by,
      run: () => (taskOrder.value = by),
    })
    return [
      { label: row.expanded ? 'Collapse' : 'Expand', run: () => toggleRow(row.id) },
      ...(row.kind === 'group' || row.kind === 'vm'
        ? []
        : [null, order('events', 'Busiest task first'), order('name', 'Tasks by name')]),
    ]
  }
  const { id, kind, fused } = row.track
  const entries: MenuEntry[] = []
  if (kind === 'machine') entries.push({ label: row.expanded ? 'Collapse' : 'Expand', run: () => toggleRow(id) })
  else {
    entries.push({
      label: pinned.peek().includes(id) ? 'Unpin' : 'Pin to the top',
      keys: 'p',
      run: () => togglePin(id),
    })
    const events = row.track.thread?.taskTrack ?? (fused ? (fused.cpuTrack ?? fused.vcpu?.threadTrack ?? id) : id)
    entries.push({
      label: kind === 'task' || kind === 'thread' ? 'Only events of this task' : 'Only events of this CPU',
      run: () => (filter.value = onlyTracks(filter.peek(), [events])),
    })
    const own = row.track.thread?.taskTrack
    if (own) entries.push({ label: `Go to its row in ${machineName(row.machine)}`, run: () => goToRow(own) })
    const thread = fused?.vcpu?.threadTrack
    if (thread) {
      if (row.expanded !== null)
        entries.push({
          label: row.expanded ? 'Hide its host thread below it' : 'Show its host thread below it',
          run: () => toggleRow(row.id),
        })
      entries.push({
        label: 'Host threads beside all vCPUs, or none',
        keys: 'v',
        run: () => (toggled.value = besideAll(fusedTracks.peek()?.tracks ?? [], toggled.peek())),
      })
      entries.push({ label: 'Go to its host thread', run: () => showRow(thread) })
    }
  }
  entries.push({ label: 'Hide row', keys: 'h', run: () => hideRow(id) })
  return entries
}

function eventEntries(event: EventRow): MenuEntry[] {
  const name = eventName(event)
  return [
    { label: `Only ${event.event}`, run: () => (filter.value = onlyEvent(filter.peek(), name)) },
    { label: `Hide ${event.event}`, run: () => (filter.value = hideEvent(filter.peek(), name)) },
    {
      label: `Only task ${event.task}-${event.pid}`,
      run: () => (filter.value = onlyTracks(filter.peek(), [taskTrack(event)])),
    },
    {
      label: `Only CPU ${event.cpu} of ${machineName(event.machine)}`,
      run: () => (filter.value = onlyTracks(filter.peek(), [cpuTrack(event)])),
    },
    null,
    ...alignEntries(event),
    { label: `Show the row of ${event.task}-${event.pid}`, run: () => showRow(taskTrack(event)) },
    { label: 'Note on this event', run: () => noteOnEvent(event, null) },
    { label: 'Copy event', keys: 'Ctrl+C', run: () => copyText(eventText(event)) },
  ]
}

/** The event under the menu and the selected one belong together: the clock of one of their machines follows from that. */
function alignEntries(event: EventRow): MenuEntry[] {
  const info = session.peek()
  const chosen = details.peek()
  if (!info || !chosen || chosen.position !== selection.peek()?.position) return []
  const found = coincidence(info, event, chosen)
  if (!found) return []
  const other = `${chosen.event} of ${machineName(chosen.machine)}`
  return [
    {
      label: `Align ${machineName(found.machine)}: same time as the selected ${other}`,
      run: () => handle(moveMachine(found.machine, found.by)),
    },
    null,
  ]
}

function timeEntries(t: SessionTime, row: string | null, span: HoverInfo['span'] = null): MenuEntry[] {
  const base = session.peek()
  if (!base) return []
  return [
    { label: 'Note here', keys: 'm', run: () => noteAt(t, row) },
    ...(row !== null && span
      ? [{ label: `Highlight this interval of ${span.task || row}`, run: () => highlightInterval(row, span) }]
      : []),
    { label: 'Marker A here', keys: 'Shift+A', run: () => setMarker('a', t) },
    { label: 'Marker B here', keys: 'Shift+B', run: () => setMarker('b', t) },
    {
      label: `Copy time ${formatTime(t, base, timeFormat.peek())}`,
      run: () => copyText(plainTime(t, base, timeFormat.peek())),
    },
  ]
}

function rangeEntries(): MenuEntry[] {
  const chosen = rangeSelection.peek()
  if (!chosen) return []
  return [
    { label: 'Note on the range', keys: 'Shift+M', run: () => noteOnRange(chosen.from, chosen.to) },
    { label: 'Zoom to the range', keys: 'z', run: () => setRange(chosen.from, chosen.to, true) },
    {
      label: 'Only events of the range',
      run: () => (filter.value = { ...filter.peek(), from: chosen.from, to: chosen.to }),
    },
    null,
  ]
}

/** One event as a line of text, as `trace-cmd report` would order it. */
export function eventText(e: EventRow): string {
  const base = session.peek()
  const time = base ? plainTime(e.t, base, timeFormat.peek()) : String(e.t)
  return `${machineName(e.machine)} ${e.task}-${e.pid} [${String(e.cpu).padStart(3, '0')}] ${e.latency} ${time}: ${e.event}: ${e.info}`
}

export const rowMenu = (x: number, y: number, row: Row): void => openMenu(x, y, rowEntries(row))
export const eventMenu = (x: number, y: number, event: EventRow): void =>
  openMenu(x, y, [...eventEntries(event), null, ...timeEntries(event.t, cpuTrack(event))])

export function canvasMenu(
  x: number,
  y: number,
  t: SessionTime,
  row: Row | null,
  here: HoverInfo | null,
  over: readonly MenuEntry[],
): void {
  const groups = [
    over.length > 0 ? [...over, null] : [],
    rangeEntries(),
    here?.event ? [...eventEntries(here.event), null] : [],
    timeEntries(t, row?.id ?? null, here?.span),
  ]
  const below: MenuEntry[] = row ? [null, ...rowEntries(row)] : []
  openMenu(x, y, [...groups.flat(), ...below])
}
