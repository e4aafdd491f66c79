// What may be asked about a session's files themselves. Part of the contract.

import type { SourceRef } from '../bytes.js'
import type { MachineIndex, SessionTime } from '../units.js'
import type { TimeRange } from './fused.js'
import type { OnProgress } from './contract.js'

export interface TrimQuery extends TimeRange {
  /** Indices of SessionInfo.machines; absent = all. */
  readonly machines?: readonly number[]
  /** Rows of CPUs, `m0/cpu1`; absent = all. */
  readonly tracks?: readonly string[]
}

export interface TrimmedFile {
  readonly name: string
  /** The file, as pieces. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[]
  readonly bytes: number
  readonly events: number
}

/** A moment on a machine's own clock: `raw` (decimal, as its first file counts) where it is known, else the session time. */
export interface OwnMoment {
  readonly machine: MachineIndex
  /** vCPUs can have relations of their own; null = the machine's first. */
  readonly cpu: number | null
  readonly t: SessionTime
  readonly raw: string | null
}

export interface FilesApi {
  /**
   * What files are by content, without reading all of them: SHA-256 over the size and 64 KiB each of the beginning, the middle and
   * the end, hex. Needs no session.
   */
  fingerprints(sources: readonly SourceRef[], signal?: AbortSignal): Promise<readonly string[]>
  /** The same moments with both: `t` from `raw` under the clocks in use, or `raw` from `t` where it was null. */
  ownMoments(moments: readonly OwnMoment[]): Promise<readonly (OwnMoment & { readonly raw: string })[]>
  /** SHA-256 of each file of the session, hex. Reads all of them, once. */
  fileHashes(onProgress?: OnProgress, signal?: AbortSignal): Promise<readonly string[]>
  /** Each file of these machines and CPUs with nothing but their events in the range, as trace.dat. Rejects with RequestError for other formats. */
  trim(query: TrimQuery, onProgress?: OnProgress, signal?: AbortSignal): Promise<TrimmedFile[]>
}
