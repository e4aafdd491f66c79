// What stands out and what is dimmed when a task, a vCPU or a machine is chosen: on its own rows, and wherever else it ran.

import { RunState, type LodFrame } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import { isLayered, type RowTrack } from '../../state/rows.js'
import type { Emphasis } from './colour.js'
import { firstSpanAfter } from './columns.js'

/** A task that stands out, or all of a machine's (`pid` null), or what one vCPU ran of it; `alone` dims all others. */
export interface Highlight {
  readonly machine: MachineIndex
  readonly pid: number | null
  readonly alone: boolean
  /** Tasks of other machines that carry it: the threads of a chosen machine's vCPUs. */
  readonly threads?: readonly { readonly host: MachineIndex; readonly tid: number }[]
  readonly vcpu?: {
    /** Row of the vCPU, its number in its machine, and the row of its thread, which is task `tid` of machine `host`. */
    readonly id: string
    readonly cpu: number
    readonly threadTrack: string
    readonly host: MachineIndex
    readonly tid: number
  }
}

/** How strongly each span of a row stands out. */
export function standOut(frame: LodFrame, track: RowTrack, highlight: Highlight | null): (span: number) => Emphasis {
  if (!highlight) return () => 'muted'
  const other: Emphasis = highlight.alone ? 'dimmed' : 'muted'
  if (!takesPart(track, highlight)) return () => other
  if (isLayered(track)) return onFused(frame, track, highlight, other)
  const { vcpu, pid } = highlight
  if (track.kind === 'task') {
    if (carries(highlight, track.machine, track.pid ?? -1)) return () => (vcpu ? 'full' : 'muted')
    if (vcpu) return (span) => (frame.value[span] === vcpu.cpu ? 'muted' : other)
    return () => (pid === null ? 'muted' : 'full')
  }
  if (track.machine !== highlight.machine)
    return (span) => (carries(highlight, track.machine, frame.value[span]!) ? (vcpu ? 'full' : 'muted') : other)
  return (span) => (pid === null ? 'muted' : frame.value[span] === pid ? 'full' : other)
}

const carries = ({ vcpu, threads }: Highlight, machine: MachineIndex, pid: number): boolean =>
  vcpu
    ? vcpu.host === machine && vcpu.tid === pid
    : (threads?.some((t) => t.host === machine && t.tid === pid) ?? false)

/** Whether anything on a row can stand out: where not, its events are dimmed as well. */
export function takesPart(track: RowTrack, highlight: Highlight): boolean {
  const { vcpu, machine, pid } = highlight
  if (track.kind === 'pcpu') return true
  if (track.kind === 'vcpu') return pid === null && vcpu ? track.id === vcpu.id : track.machine === machine
  if (track.kind === 'thread') return track.machine === machine && (pid === null || track.pid === pid)
  if (track.kind === 'task' && carries(highlight, track.machine, track.pid ?? -1)) return true
  if (track.machine === machine) {
    if (track.kind === 'task') return pid === null || track.pid === pid
    return !vcpu || track.kind === 'machine' || track.cpu === vcpu.cpu
  }
  if (track.kind === 'task') return false
  return vcpu ? vcpu.host === track.machine : (highlight.threads?.some((t) => t.host === track.machine) ?? false)
}

function onFused(frame: LodFrame, track: RowTrack, highlight: Highlight, other: Emphasis): (span: number) => Emphasis {
  const { vcpu, machine, pid } = highlight
  // On the rows of what is chosen, who took its CPU away belongs to it as well.
  if (track.kind === 'vcpu' && pid === null) return () => 'muted'
  if (track.thread) {
    const on = vcpu ? runsOf(frame, track.thread.taskTrack, vcpu.cpu) : null
    return (span) => (!on || on((frame.t0[span]! + frame.t1[span]!) / 2) ? 'muted' : other)
  }
  const onCpu = vcpu ? runsOf(frame, vcpu.threadTrack, track.fused?.cpu ?? -1) : null
  return (span) => {
    const label = frame.labels?.[frame.value[span]!]
    if (label?.machine !== machine) return other
    if (pid !== null) return label.pid === pid ? 'full' : other
    return !onCpu || onCpu((frame.t0[span]! + frame.t1[span]!) / 2) ? 'muted' : other
  }
}

/** Whether a thread runs on a CPU at a time; always, where the frame does not have its row. */
function runsOf(frame: LodFrame, thread: string, cpu: number): (t: number) => boolean {
  const row = frame.tracks.indexOf(thread)
  if (row < 0) return () => true
  const end = frame.spanStart[row + 1]!
  return (t) => {
    const i = firstSpanAfter(frame, frame.spanStart[row]!, end, t)
    return i < end && frame.t0[i]! <= t && frame.state[i] === RunState.Running && frame.value[i] === cpu
  }
}

/** 1 for each span of a frame that is dimmed; null where none is. */
export function dimmedSpans(
  frame: LodFrame,
  tracks: ReadonlyMap<string, RowTrack>,
  highlight: Highlight | null,
): Uint8Array | null {
  if (!highlight?.alone) return null
  const dimmed = new Uint8Array(frame.t0.length)
  frame.tracks.forEach((id, row) => {
    const track = tracks.get(id)
    if (!track) return
    const stands = standOut(frame, track, highlight)
    for (let i = frame.spanStart[row]!, end = frame.spanStart[row + 1]!; i < end; i++) {
      if (stands(i) === 'dimmed') dimmed[i] = 1
    }
  })
  return dimmed
}
