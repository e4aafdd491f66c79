// What may be asked about a session's files themselves. Part of the contract.

import type { TimeRange } from './fused.js'
import type { OnProgress } from './contract.js'

export interface TrimQuery extends TimeRange {
  /** Indices of SessionInfo.machines; absent = all. */
  readonly machines?: readonly number[]
}

export interface TrimmedFile {
  readonly name: string
  /** The file, as pieces. */
  readonly parts: readonly Uint8Array<ArrayBuffer>[]
  readonly bytes: number
  readonly events: number
}

export interface FilesApi {
  /** SHA-256 of each file of the session, hex. Reads all of them, once. */
  fileHashes(onProgress?: OnProgress, signal?: AbortSignal): Promise<readonly string[]>
  /** Each file of the machines with nothing but its events in the range, as trace.dat. Rejects with RequestError for other formats. */
  trim(query: TrimQuery, onProgress?: OnProgress, signal?: AbortSignal): Promise<TrimmedFile[]>
}
