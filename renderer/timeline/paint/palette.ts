// Which colour and which name a span of a frame has.

import { RunState, type LodFrame, type TrackInfo } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import { isLayered, type RowTrack } from '../../state/rows.js'
import { mix, pack, taskColour, type Emphasis, type Pixel, type Rgb } from './colour.js'
import { standOut, type Highlight } from './emphasis.js'
import { DIMMED, fusedColour } from './looks.js'
import type { PaintTheme } from './theme.js'

const OUT: Readonly<Record<Emphasis, number>> = { muted: 0, full: 1, dimmed: 2 }

/** `bash-4711` -> `bash`. */
const taskName = (track: TrackInfo): string =>
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
  const faintCrowd = pack(mix(theme.background, theme.crowd, DIMMED))
  frame.tracks.forEach((id, row) => {
    const track = tracks.get(id)
    if (!track) return
    const start = frame.spanStart[row]!
    const end = frame.spanStart[row + 1]!
    if (isLayered(track)) {
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
    const standsOut = standOut(frame, track, highlight)
    const known = new Map<number, Pixel>()
    const own = track.kind === 'task' ? (track.pid ?? -1) : null
    for (let i = start; i < end; i++) {
      const out = standsOut(i)
      const pid = own ?? frame.value[i]!
      const nobody = track.kind === 'machine' || (own === null && (frame.state[i] !== RunState.Running || pid <= 0))
      const key = (nobody ? -1 : pid) * 4 + OUT[out]
      let colour = known.get(key)
      if (colour === undefined) {
        colour = nobody
          ? out === 'dimmed'
            ? faintCrowd
            : crowd
          : pack(taskColour(names.of(track.machine, pid), theme.dark, out, theme.background))
        known.set(key, colour)
      }
      colours[i] = colour
    }
  })
  return colours
}
