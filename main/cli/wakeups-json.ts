import {
  WakeupMark,
  type ChainHop,
  type WakeupChain,
  type WakeupLayers,
  type WakeupRow,
  type WakeupSurvey,
  type WakeupTable,
  type WakeupTasks,
} from '../../workers/thread/contract.js'
import type { frameOf } from './fused-json.js'

type Frame = ReturnType<typeof frameOf>

/** A wake-up for machines: marks by name. */
export type WakeupEntry = Omit<WakeupRow, 'marks'> & { readonly marks: readonly string[] }

/** What `remora wakeups --json` prints: docs/schema/wakeups.schema.json. */
export interface WakeupsReport extends Frame {
  readonly from: number
  readonly to: number
  /** Wake-ups in the range. */
  readonly total: number
  readonly latency: WakeupTable['latency']
  readonly tasks: WakeupTasks['tasks']
  /** Tasks with a latency; `tasks` holds the first of them. */
  readonly taskCount: number
  /** All latencies added up by layer. */
  readonly split: WakeupLayers['split']
  readonly rows: readonly WakeupEntry[]
  readonly lacking: WakeupSurvey['lacking']
  /** us; null where none was given. */
  readonly maxLatency: number | null
  /** One sentence a limit that is exceeded. */
  readonly failures: readonly string[]
}

/** What `remora chain --json` prints: docs/schema/chain.schema.json. */
export interface ChainReport extends Frame, Omit<WakeupChain, 'version' | 'wakeups' | 'hops'> {
  readonly wakeups: readonly WakeupEntry[]
  readonly hops: readonly ChainHop[]
}

export const marksOf = (marks: number): string[] =>
  Object.entries(WakeupMark).flatMap(([name, bit]) => (marks & bit ? [name] : []))

export const entryOf = (row: WakeupRow): WakeupEntry => ({ ...row, marks: marksOf(row.marks) })
