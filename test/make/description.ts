import type { Compression } from './compress.js'
import type { Encoding } from './encoding.js'
import type { Common, Format } from './event-format.js'
import type { Option } from './options.js'
import type { Item, RingBuffer } from './ring-buffer.js'

export interface Buffer {
  /** Instance name, '' for the top one (which must come first). */
  readonly name: string
  /** Absent = the file's. Version 6 has one clock for all. */
  readonly clock?: string
  /** Ids may be sparse and in any order (version 6 has no ids: holes become empty CPUs). */
  readonly cpus: readonly {
    readonly cpu: number
    readonly items: readonly Item[]
    /** The same pages over and over, each time `period` later: large files out of few items. */
    readonly repeat?: Repeat
  }[]
}

export interface Repeat {
  readonly times: number
  /** Clock units from one round to the next. */
  readonly period: bigint
}

/** A trace.dat in plain words. */
export interface TraceDat extends Encoding {
  readonly version: 6 | 7
  /** Version 6 knows none. */
  readonly compression: Compression
  readonly pageSize: number
  readonly clock: string
  readonly common: Common
  readonly formats: readonly Format[]
  readonly buffers: readonly Buffer[]
  /** saved_cmdlines. */
  readonly comms: Readonly<Record<number, string>>
  readonly kallsyms: readonly { readonly address: bigint; readonly name: string }[]
  readonly printk: readonly { readonly address: bigint; readonly text: string }[]
  readonly options: readonly Option[]
  /** Pages in one compressed chunk. */
  readonly chunkPages: number
}

/** Where one CPU's data went. */
export interface WrittenStream {
  readonly buffer: string
  readonly cpu: number
  readonly ring: RingBuffer
  /** The CPU's bytes in the file. */
  readonly from: number
  readonly to: number
  /** Bytes of the file that page i needs: its own, or those of the chunk that holds it. */
  readonly pages: readonly { readonly from: number; readonly to: number }[]
}

export interface WrittenTraceDat {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly streams: readonly WrittenStream[]
  /** Where the file's parts begin, ascending: places to truncate at. */
  readonly boundaries: readonly { readonly name: string; readonly offset: number }[]
}
