// A loaded session as the engine's parts see it. Frozen after loading, but for `version`, `table` and the times when a clock
// choice changes.

import type { EventTable } from '../columns/event-table.js'
import type { TickRange, TraceFile } from '../readers/types.js'
import type { ClockState, EventTypeInfo, MachineInfo, TrackInfo } from '../thread/contract.js'

export interface Session {
  readonly version: number
  readonly unit: 'ns' | 'ticks'
  /** Trace-clock value of SessionTime 0. */
  readonly epoch: bigint
  /** First and last event time (SessionTime). */
  readonly from: number
  readonly to: number
  readonly files: readonly TraceFile[]
  readonly machines: readonly MachineInfo[]
  readonly eventTypes: readonly EventTypeInfo[]
  readonly tracks: readonly TrackInfo[]
  readonly clocks: readonly ClockState[]
  readonly table: EventTable
  /** Per file and stream the ticks that were laid out, null = all: columns of such a file are addressed by that layout. */
  readonly within: readonly (readonly TickRange[] | null)[]
}

/** The UNAME of a machine's first file; '' where it has none. */
export const unameOf = ({ files, machines }: Session, machine: number): string =>
  files[machines[machine]!.files[0]!]!.meta.uname
