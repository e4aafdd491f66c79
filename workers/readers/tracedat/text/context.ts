import type { EventFormat } from './format.js'

/** What a record's text depends on besides the record and its format. */
export interface TextContext {
  readonly bigEndian: boolean
  /** Bytes in a long of the traced kernel. */
  readonly longSize: number
  comm(pid: number): string
  /** Symbol that contains an address, and the distance from its start in bytes. */
  symbol(addr: bigint): { name: string; offset: number } | null
  /** String at an address of the kernel, from printk_formats. */
  printk(addr: bigint): string | undefined
  formatById(id: number): EventFormat | undefined
  readonly clock?: string
}
