// The event list: rows, one event whole, filters, search.

import type { MachineIndex, Position, SessionTime, StreamIndex } from '../units.js'

export interface EventRow {
  readonly position: Position
  readonly t: SessionTime
  readonly machine: MachineIndex
  readonly stream: StreamIndex
  readonly buffer: string
  readonly cpu: number
  readonly task: string
  readonly pid: number
  readonly latency: string
  readonly system: string
  readonly event: string
  readonly info: string
  /** Events lost just before this one on its stream; 0 none, -1 unknown number. */
  readonly lost: number
}

export interface EventDetails extends EventRow {
  /** Absolute trace-clock value after the relation, decimal. */
  readonly time: string
  /** The file's own raw timestamp, decimal. */
  readonly rawTime: string
  readonly file: string
  readonly fileOffset: number
  readonly fields: readonly {
    readonly name: string
    readonly type: string
    readonly raw: string
    readonly text: string
  }[]
  readonly stacks: readonly {
    readonly kind: 'kernel' | 'user'
    /** Position of the stack event itself. */
    readonly position: Position
    readonly frames: readonly { readonly address: string; readonly symbol: string; readonly offset: number }[]
  }[]
  readonly hex: string
}

/** Empty object = everything. All parts must hold. */
export interface FilterSpec {
  /** `system:name`, `name` or `system:*`; any of them. */
  readonly events?: readonly string[]
  readonly notEvents?: readonly string[]
  readonly machines?: readonly number[]
  /** Track ids: `m0/cpu1`, `m1/task/4711`; any of them. */
  readonly tracks?: readonly string[]
  readonly pids?: readonly number[]
  /** Field expression: `prev_state == 0 && next_comm ~ "CPU .*"`. */
  readonly expression?: string
  readonly from?: SessionTime
  readonly to?: SessionTime
}

export type SearchColumn = 'all' | 'machine' | 'cpu' | 'task' | 'pid' | 'latency' | 'event' | 'info' | 'time'
export interface SearchSpec {
  readonly text: string
  readonly column: SearchColumn
  readonly mode: 'contains' | 'equals' | 'regex'
  readonly caseSensitive?: boolean
}
export interface SearchState {
  readonly search: number
  /** Matches found so far. */
  readonly matches: number
  /** View rows looked at so far, of `total`. */
  readonly scanned: number
  readonly total: number
  readonly complete: boolean
}
