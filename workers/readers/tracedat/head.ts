// What the head of a trace.dat file holds, whatever its version: filled by v6.ts or sections.ts, made into TraceFileMeta by file.ts.

import type { Fault } from '../../fault.js'
import { FaultList } from '../../fault.js'

/** More CPUs than any kernel can have: a count beyond it is damage. */
export const MAX_CPUS = 1 << 16

/** One option as it lies in the file. */
export interface RawOption {
  readonly id: number
  readonly data: Uint8Array
  /** Byte position in the file (of the section, where that is compressed). */
  readonly at: number
}

/** Where one CPU's data lie. */
export interface CpuPlace {
  readonly cpu: number
  readonly offset: number
  /** Bytes on disk. */
  readonly size: number
}

/** One ftrace instance; '' is the top one. */
export interface BufferPlace {
  readonly name: string
  readonly clock: string
  readonly pageSize: number
  /** The CPUs' data are chunks to be unpacked. */
  readonly packed: boolean
  readonly cpus: readonly CpuPlace[]
}

/** A section of events without the option that says what is in it. */
export interface StraySection {
  /** Position of the section's header. */
  readonly offset: number
  /** First and last (exclusive) byte behind the header that can belong to it. */
  readonly data: number
  readonly end: number
  readonly packed: boolean
}

/** A part of the head that is read only when it is needed. */
export interface LaterText {
  readonly offset: number
  /** Bytes at offset; of a v7 section: unknown before its header is read. */
  readonly size: number
  /** offset is that of a section header. */
  readonly section: boolean
}

export class Head {
  readonly faults = new FaultList()
  version = ''
  bigEndian = false
  /** Bytes in a long: of user space first, of the kernel once header_page is known. */
  longSize = 8
  pageSize = 4096
  compression = 'none'
  headerPage = ''
  readonly formats: { readonly system: string; readonly text: string }[] = []
  printk = ''
  cmdlines = ''
  kallsyms: LaterText | null = null
  cpuCount = 0
  /** `local [global] x86-tsc`, as the kernel's trace_clock file. */
  clockText = ''
  readonly options: RawOption[] = []
  readonly buffers: BufferPlace[] = []
  /** v7: sections of events found by walking, to which perhaps no option leads. */
  readonly strayBuffers: StraySection[] = []
  /** Text of latency tracers. */
  latency = ''

  constructor(readonly file: string) {}

  fault(severity: Fault['severity'], code: string, message: string, offset?: number, cpu?: number): void {
    this.faults.add({ severity, code, message, file: this.file, offset, cpu })
  }
}

export const OptionId = {
  Done: 0,
  Date: 1,
  CpuStat: 2,
  Buffer: 3,
  TraceClock: 4,
  Uname: 5,
  Hook: 6,
  Offset: 7,
  CpuCount: 8,
  Version: 9,
  ProcMaps: 10,
  TraceId: 11,
  TimeShift: 12,
  Guest: 13,
  Tsc2Nsec: 14,
  Strings: 15,
  HeaderInfo: 16,
  FtraceEvents: 17,
  EventFormats: 18,
  Kallsyms: 19,
  Printk: 20,
  Cmdlines: 21,
  BufferText: 22,
  BtfFile: 23,
  LastBootInfo: 24,
  ModulesFile: 25,
} as const

const optionNames: readonly string[] = [
  'DONE',
  'DATE',
  'CPUSTAT',
  'BUFFER',
  'TRACECLOCK',
  'UNAME',
  'HOOK',
  'OFFSET',
  'CPUCOUNT',
  'VERSION',
  'PROCMAPS',
  'TRACEID',
  'TIME_SHIFT',
  'GUEST',
  'TSC2NSEC',
  'STRINGS',
  'HEADER_INFO',
  'FTRACE_EVENTS',
  'EVENT_FORMATS',
  'KALLSYMS',
  'PRINTK',
  'CMDLINES',
  'BUFFER_TEXT',
  'BTF_FILE',
  'LAST_BOOT_INFO',
  'MODULES_FILE',
]

/** Name of an option or section id, null where it is not known. */
export const optionName = (id: number): string | null => optionNames[id] ?? null
