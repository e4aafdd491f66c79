// A machine's name and colour, the same everywhere.

import { session } from '../state/session-state.js'
import { css } from '../timeline/paint/colour.js'
import { machineColour } from '../timeline/paint/theme.js'
import type { MachineIndex } from '../../workers/units.js'

export const machineName = (machine: MachineIndex): string =>
  session.value?.machines.find((m) => m.machine === machine)?.name ?? `machine ${machine}`

export const machineCss = (machine: MachineIndex): string => css(machineColour(session.value?.machines ?? [], machine))

/** A 4 px band in the machine's colour. */
export function Band({ machine }: { readonly machine: MachineIndex }) {
  return <span class="band" style={{ background: machineCss(machine) }} />
}
