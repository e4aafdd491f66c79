// A machine's name and colour, the same everywhere.

import { session } from '../state/session-state.js'
import { css } from '../timeline/paint/colour.js'
import { machineColour } from '../timeline/paint/theme.js'
import { trackById } from '../timeline/signals.js'
import type { MachineIndex } from '../../workers/units.js'

export const machineName = (machine: MachineIndex): string =>
  session.value?.machines.find((m) => m.machine === machine)?.name ?? `machine ${machine}`

export const machineCss = (machine: MachineIndex): string => css(machineColour(session.value?.machines ?? [], machine))

/** `g1 CPU 0`: a row by its id, as far as it is known. */
export function rowName(id: string): string {
  const track = trackById.value.get(id)
  return track ? `${machineName(track.machine)} ${track.label}` : id
}

/** A 4 px band in the machine's colour. */
export function Band({ machine }: { readonly machine: MachineIndex }) {
  return <span class="band" style={{ background: machineCss(machine) }} />
}
