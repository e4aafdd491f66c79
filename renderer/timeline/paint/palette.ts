// Which colour and which name a span of a frame has.

import { RunState, type LodFrame, type TrackInfo } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import type { RowTrack } from '../../state/rows.js'
import { pack, taskColour, type Emphasis, type Pixel, type Rgb } from './colour.js'
import { fusedColour, standOut } from './fused.js'
import type { PaintTheme } from './theme.js'

/** The task that stands out, or all of a machine's (`pid` null), or what one vCPU ran of it; `alone` dims all others. */
export interface Highlight {
  readonly machine: MachineIndex
  readonly pid: number | null
  readonly alone: boolean
  readonly vcpu?: {
    /** Row of the vCPU, and that of its thread, which is task `tid` of machine `host`. */
    readonly id: string
    readonly threadTrack: string
    readonly host: MachineIndex
    readonly tid: number
  }
}

const OUT: Readonly<Record<Emphasis, number>> = { muted: 0, full: 1, dimmed: 2 }

/** `bash-4711` -> `bash`. */
export const taskName = (track: TrackInfo): string =>
  track.pid !== undefined && track.label.endsWith(`-${track.pid}`)
    ? track.label.slice(0, -`-${track.pid}`.length)
    : track.label

/** Names of the tasks of a session by machine and pid. */
export class TaskNames {
  readonly #names = new Map<number, string>()

  constructor(tracks: readonly TrackInfo[]) {
    for (const t of tracks) {
      // `<...>` is what trace files say of a task whose name was never recorded.
      if (t.kind === 'task' && t.pid !== undefined && taskName(t) !== '<...>')
        this.#names.set(this.#key(t.machine, t.pid), taskName(t))
    }
  }

  /** The task's name, or `pid 4711` where the trace does not tell. */
  of(machine: MachineIndex, pid: number): string {
    return this.#names.get(this.#key(machine, pid)) ?? `pid ${pid}`
  }

  // pids fit in 22 bits (PID_MAX_LIMIT), and 2^31 of room is left above them.
  #key = (machine: MachineIndex, pid: number): number => machine * 2 ** 31 + pid
}

/** How strongly the tasks of a machine stand out on its own rows; of a vCPU, its thread does among the host's. */
function emphasisOn(machine: MachineIndex, highlight: Highlight | null): (pid: number) => Emphasis {
  if (!highlight) return () => 'muted'
  const other: Emphasis = highlight.alone ? 'dimmed' : 'muted'
  const { vcpu } = highlight
  if (vcpu && machine === vcpu.host) return (pid) => (pid === vcpu.tid ? 'full' : other)
  if (machine !== highlight.machine) return () => other
  return (pid) => (highlight.pid === null ? 'muted' : pid === highlight.pid ? 'full' : other)
}

/**
 * Fill colour of each span of a frame, 0 = nothing is filled. Worked out once for a frame, so that painting it at another place
 * or zoom looks nothing up.
 */
export function spanColours(
  frame: LodFrame,
  tracks: ReadonlyMap<string, RowTrack>,
  names: TaskNames,
  theme: PaintTheme,
  highlight: Highlight | null,
  machine: (m: MachineIndex) => Rgb = () => theme.crowd,
): Uint32Array {
  const colours = new Uint32Array(frame.t0.length)
  const crowd = pack(theme.crowd)
  frame.tracks.forEach((id, row) => {
    const track = tracks.get(id)
    if (!track) return
    const start = frame.spanStart[row]!
    const end = frame.spanStart[row + 1]!
    if (track.fused) {
      const known = new Map<number, Pixel>()
      const standsOut = standOut(frame, track, highlight)
      for (let i = start; i < end; i++) {
        const out = standsOut(i)
        const key = (frame.value[i]! * 64 + frame.state[i]!) * 4 + OUT[out]
        let colour = known.get(key)
        if (colour === undefined) known.set(key, (colour = pack(fusedColour(frame, i, theme, machine, out))))
        colours[i] = colour
      }
      return
    }
    const emphasis = emphasisOn(track.machine, highlight)
    if (track.kind === 'task') {
      const pid = track.pid ?? -1
      const own = pack(
        taskColour(
          names.of(track.machine, pid),
          theme.dark,
          emphasis(pid) === 'full' ? 'full' : 'muted',
          theme.background,
        ),
      )
      colours.fill(own, start, end)
      return
    }
    const byPid = new Map<number, Pixel>()
    for (let i = start; i < end; i++) {
      const pid = frame.value[i]!
      if (track.kind === 'machine' || frame.state[i] !== RunState.Running || pid <= 0) {
        colours[i] = crowd
        continue
      }
      let colour = byPid.get(pid)
      if (colour === undefined) {
        colour = pack(taskColour(names.of(track.machine, pid), theme.dark, emphasis(pid), theme.background))
        byPid.set(pid, colour)
      }
      colours[i] = colour
    }
  })
  return colours
}
