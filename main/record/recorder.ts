// One thing that records on one machine: events into a trace.dat (tracefs.ts, trace-cmd.ts), records of probes (collector.ts).

import type { HeldSource } from '../piece-source.js'
import type { GuestOption } from './trace-dat-v7.js'

/** Live figures of a recorder; null = it does not know. */
export interface Figures {
  readonly events: number | null
  readonly perSecond: number | null
  readonly lost: number | null
  /** Fullest ring buffer, 0..1. */
  readonly fill: number | null
  readonly bytes: number | null
}

/** What the ring buffer of one CPU has taken since the recording began. */
export interface CpuCount {
  readonly cpu: number
  readonly events: number
  readonly lost: number
}

/** Counts of all CPUs, read in one go. */
export interface CpuCounts {
  /** ms, of the clock of `performance.now()`. */
  readonly at: number
  readonly cpus: readonly CpuCount[]
}

/** A file that a recorder has brought here. */
export interface RecordedFile {
  readonly kind: 'trace.dat' | 'wire'
  readonly path: string
  readonly bytes: number
  readonly figures: Figures
}

/** What is recorded so far, as a file that can be read while the recording goes on. */
export interface SoFar {
  /** Whoever asked closes it. null = it cannot be shown before the end; the note says why. */
  readonly source: HeldSource | null
  /** Of events or records in it. */
  readonly bytes: number
  /** Value of the trace clock from which nothing is lacking; null = it is all that was recorded. */
  readonly since: bigint | null
  /** A sentence about what is lacking in it. */
  readonly note?: string
}

export interface Recorder {
  /** `host: events`: as live figures and sentences name it. */
  readonly label: string
  /** Command or way of recording, for the manifest and for people. */
  readonly how: string
  /** Resolves when it records. Rejects (InputError) with one sentence; then nothing is left behind on the machine. */
  start(): Promise<void>
  figures(): Figures
  /** The last counts of each CPU; null = not known yet, absent = never known. */
  readonly counts?: () => CpuCounts | null
  /** Trace id of the file that `soFar` makes; absent = that has none. */
  readonly traceId?: bigint
  /**
   * The latest of what is recorded so far, about `limit` bytes at most; the recording goes on as if nobody had looked. null =
   * there is nothing yet, or nothing any more. Rejects (InputError) when the machine cannot be reached.
   * @param guests whose files are made at the same time
   */
  soFar(limit: number, guests: readonly GuestOption[]): Promise<SoFar | null>
  /** Rejects when the recorder ends before end(): disk full, machine lost. Never resolves otherwise. */
  readonly broken: Promise<never>
  /** Ends the recording; nothing more is recorded when this resolves. */
  end(): Promise<void>
  /** After end(): brings the files here and clears up on the machine. */
  bring(): Promise<readonly RecordedFile[]>
  /** Sentences about what is lacking in the recording: absent events, lost records. */
  readonly notes: readonly string[]
}

export const noFigures: Figures = { events: null, perSecond: null, lost: null, fill: null, bytes: null }

/** A promise to reject from outside; a rejection that nobody waits for is no accident. */
export function breakable(): { readonly broken: Promise<never>; break(error: Error): void } {
  let reject: (error: Error) => void = () => undefined
  const broken = new Promise<never>((_, no) => (reject = no))
  broken.catch(() => undefined)
  return { broken, break: (error) => reject(error) }
}
