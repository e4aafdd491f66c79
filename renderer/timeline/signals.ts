// State that the timeline itself owns, for the screens around it to read.

import { computed, signal } from '@preact/signals'
import type { ClockPlaces, FusedTrack } from '../../workers/thread/contract.js'
import type { MachineIndex } from '../../workers/units.js'
import { startOf } from '../state/format.js'
import { dimOthers, lit } from '../state/chain.js'
import { fusedRowTracks } from '../state/fused-tree.js'
import type { Row, RowTrack } from '../state/rows.js'
import {
  activeRow,
  details,
  fusedTracks,
  rangeSelection,
  rowLayout,
  session,
  timeFormat,
} from '../state/session-state.js'
import type { TimeRange } from '../state/session-state.js'
import type { Hit } from './overlays/overlay.js'
import type { Highlight } from './paint/emphasis.js'
import { TaskNames } from './paint/palette.js'

/** Width of the row area, CSS pixels. */
export const canvasWidth = signal(1)

/** A drag in hand. */
export type Drag =
  | { readonly kind: 'pan' }
  | { readonly kind: 'select'; readonly range: TimeRange; readonly zooms: boolean }
  | {
      readonly kind: 'align'
      readonly machine: MachineIndex
      /** Session units, positive = later. */
      readonly by: number
      /** SessionInfo.version whose frames are shown moved; frames of a later one have the new times already. */
      readonly version: number
      readonly x: number
      readonly y: number
    }
export const drag = signal<Drag | null>(null)
/** Where the guest's events would lie if the hand let go now; null = not known yet, or no guest of an opened host. */
export const alignPlaces = signal<ClockPlaces | null>(null)
/** Pointer over the canvas, CSS pixels from its top left corner. */
export const pointer = signal<{ readonly x: number; readonly y: number } | null>(null)

/** What an overlay offers under the pointer. */
export const pointed = signal<Hit | null>(null)

/** Why rows could not be read; null = they could. */
export const timelineError = signal<string | null>(null)

/** Absolute value of session time 0 in the chosen time format, decimal. */
export const axisEpoch = computed(() => {
  const s = session.value
  if (!s) return '0'
  return timeFormat.value === 'trace' ? s.epoch : String(-Math.round(startOf(s)))
})

export const taskNames = computed(() => new TaskNames(session.value?.tracks ?? []))
export const trackById = computed(() => {
  const all: readonly RowTrack[] = [
    ...(session.value?.tracks ?? []),
    ...(fusedTracks.value ? fusedRowTracks(fusedTracks.value) : []),
  ]
  return new Map(all.map((t) => [t.id, t]))
})

/** The vCPU that a fused row shows, or whose thread a task's row shows. */
const vcpuOf = (track: RowTrack): FusedTrack | undefined =>
  track.fused?.vcpu ? track.fused : fusedTracks.value?.tracks.find((f) => f.vcpu?.threadTrack === track.id)

/** The host's threads that a machine's vCPUs are. */
const threadsOf = (machine: MachineIndex): { readonly host: MachineIndex; readonly tid: number }[] =>
  (fusedTracks.value?.tracks ?? []).flatMap((f) => (f.vcpu && f.machine === machine ? f.vcpu : []))

/** An active task, vCPU or machine dims the others; a selected event only brings out its own task. */
export const highlight = computed<Highlight | null>(() => {
  // The chain dims what is not part of it, whatever row is active.
  if (lit.value && dimOthers.value) return null
  const row = rowOf(activeRow.value)
  const track = row?.track ?? trackById.value.get(activeRow.value ?? '')
  if (row?.kind === 'vm') return { machine: row.machine, pid: null, alone: true, threads: threadsOf(row.machine) }
  const fused = track && vcpuOf(track)
  if (fused?.vcpu)
    return { machine: fused.machine, pid: null, alone: true, vcpu: { id: fused.id, cpu: fused.cpu, ...fused.vcpu } }
  if ((track?.kind === 'task' || track?.kind === 'thread') && track.pid !== undefined)
    return { machine: track.machine, pid: track.pid, alone: true }
  const event = details.value
  return event ? { machine: event.machine, pid: event.pid, alone: false } : null
})

export const rowOf = (id: string | null): Row | null => {
  const layout = rowLayout.value
  return id === null ? null : (layout.rows[layout.index.get(id) ?? -1] ?? null)
}

/** The range to shade: the one in hand, else the chosen one. */
export const shadedRange = computed(() => {
  const d = drag.value
  if (d?.kind === 'select') return { ...d.range, zooms: d.zooms }
  const chosen = rangeSelection.value
  return chosen ? { ...chosen, zooms: false } : null
})
