// What the states of fused rows look like: who ran as a colour, what it was as a pattern.

import { FusedState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import { mix, taskColour, type Emphasis, type Rgb } from './colour.js'
import type { PaintTheme } from './theme.js'

/**
 * How a state is drawn. `hatch` / `back`: diagonal lines, rising and falling; `cross`: both; `line`: a thin one; `unsplit`: a
 * colour with thin lines of the hypervisor's kind over it.
 */
export type Look = 'nothing' | 'idle' | 'solid' | 'unsplit' | 'interrupt' | 'hatch' | 'back' | 'cross' | 'line'

const LOOKS: Readonly<Record<FusedState, Look>> = {
  [FusedState.Unknown]: 'nothing',
  [FusedState.HostIdle]: 'idle',
  [FusedState.HostTask]: 'solid',
  [FusedState.HostSyscall]: 'solid',
  [FusedState.HostIrq]: 'interrupt',
  [FusedState.HostSoftirq]: 'interrupt',
  [FusedState.Guest]: 'solid',
  [FusedState.GuestTask]: 'solid',
  [FusedState.GuestSyscall]: 'solid',
  [FusedState.GuestIdle]: 'idle',
  [FusedState.GuestIrq]: 'interrupt',
  [FusedState.GuestSoftirq]: 'interrupt',
  [FusedState.VmmKernel]: 'hatch',
  [FusedState.VmmUser]: 'back',
  [FusedState.Preempted]: 'cross',
  [FusedState.Blocked]: 'nothing',
  [FusedState.Ready]: 'line',
  [FusedState.TaskPreempted]: 'cross',
  [FusedState.TaskReady]: 'line',
  [FusedState.TaskBlocked]: 'nothing',
}
/** Columns of pixels hold a look as its place in this list. */
export const looks: readonly Look[] = [
  'nothing',
  'idle',
  'solid',
  'unsplit',
  'interrupt',
  'hatch',
  'back',
  'cross',
  'line',
]

export const lookOf = (state: number, flags = 0): Look => {
  const look = LOOKS[state as FusedState] ?? 'nothing'
  return look === 'solid' && flags & SpanFlag.Unsplit ? 'unsplit' : look
}
const codes = Uint8Array.from({ length: 256 }, (_, state) => looks.indexOf(lookOf(state)))
const SOLID = looks.indexOf('solid')
const UNSPLIT = looks.indexOf('unsplit')
/** Place of a span's look in `looks`. */
export const lookCode = (state: number, flags: number): number => {
  const code = codes[state]!
  return code === SOLID && flags & SpanFlag.Unsplit ? UNSPLIT : code
}

/** Whether a span has a ground that a label can stand on. */
export const isFilled = (state: number): boolean => ['solid', 'interrupt'].includes(lookOf(state))
/** Whether a label fits over the pattern, on a ground of its own. */
export const isHatched = (state: number): boolean => ['hatch', 'back', 'cross'].includes(lookOf(state))

/** Height of the band in the colour of the machine that owns a span, CSS pixels. */
export const bandHeight = (rowHeight: number): number => (rowHeight < 20 ? 3 : 4)

/** Who took the CPU away: another machine's scheduler, or the task's own. */
export const crossInk = (state: number, theme: PaintTheme): Rgb =>
  state === FusedState.TaskPreempted ? theme.runnable : theme.preempted

/** Share of its colour that what is dimmed keeps. */
export const DIMMED = 0.22

/** Colour of one span of a fused row; what it stands for decides how it is put on. `machine` colours go by machine index. */
export function fusedColour(
  frame: LodFrame,
  span: number,
  theme: PaintTheme,
  machine: (m: MachineIndex) => Rgb,
  emphasis: Emphasis,
): Rgb {
  const label = frame.labels?.[frame.value[span]!]
  const look = lookOf(frame.state[span]!)
  const dim = (c: Rgb) => (emphasis === 'dimmed' ? mix(theme.background, c, DIMMED) : c)
  if (look === 'cross') return dim(mix(theme.background, crossInk(frame.state[span]!, theme), 0.75))
  if (look === 'hatch' || look === 'back')
    return dim(label ? mix(theme.background, machine(label.machine), 0.9) : theme.crowd)
  if (look === 'interrupt') return dim(theme.crowd)
  if (look !== 'solid' || !label) return dim(theme.crowd)
  if (label.pid === null || label.pid <= 0) return dim(mix(theme.background, machine(label.machine), 0.55))
  const name = label.text.endsWith(`-${label.pid}`) ? label.text.slice(0, -`-${label.pid}`.length) : label.text
  return taskColour(name, theme.dark, emphasis, theme.background)
}
