// A report as plain data: what screens and the command line hand to main/report, which makes one HTML file or Markdown of it.

import type { TimeRange } from './fused.js'
import type { Picture } from './picture.js'
import type { RunsQuery } from './runs.js'

export interface ReportTable {
  readonly caption?: string
  readonly columns: readonly { readonly label: string; readonly right?: boolean }[]
  readonly rows: readonly (readonly string[])[]
  /** Below it: what marks such as `[1]` in its cells stand for. */
  readonly notes?: readonly string[]
}

export interface ReportSection {
  readonly heading: string
  readonly paragraphs?: readonly string[]
  readonly picture?: { readonly picture: Picture; readonly caption?: string }
  readonly tables?: readonly ReportTable[]
}

export interface Report {
  readonly title: string
  /** A sentence or two before everything else. */
  readonly summary: readonly string[]
  readonly sections: readonly ReportSection[]
  /** At the foot: files, hashes, version. */
  readonly notes: readonly string[]
}

/** What a report can tell of a session, part by part, in this order. */
export const reportParts = ['clocks', 'cpus', 'tasks', 'preemptions', 'wakeups', 'runs', 'faults'] as const
export type ReportPart = (typeof reportParts)[number]

export interface ReportQuery extends Partial<TimeRange> {
  readonly parts: readonly ReportPart[]
  /** Rows of a table at most. */
  readonly limit: number
  /** What of the runs that were read is compared; absent: nothing is said of runs. */
  readonly runs?: RunsQuery
}

export interface ReportApi {
  /** Sections without pictures. A part that the recording cannot tell of says why. */
  reportSections(query: ReportQuery): Promise<ReportSection[]>
}
