import { ByteWriter, type Encoding } from './encoding.js'

/** One option of a trace.dat, encoded when the file's byte order is known. */
export type Option = (encoding: Encoding) => { readonly id: number; readonly data: Uint8Array }

const make =
  (id: number, write: (out: ByteWriter) => unknown): Option =>
  (encoding) => {
    const out = new ByteWriter(encoding)
    write(out)
    return { id, data: out.bytes }
  }

/** Offset of the wall clock, us; hexadecimal as trace-cmd writes it. */
export const date = (us: bigint): Option =>
  make(1, (o) => o.string(us < 0n ? `-0x${(-us).toString(16)}` : `0x${us.toString(16)}`))
export const cpuStat = (text: string): Option => make(2, (o) => o.string(text))
export const traceClock = (name: string): Option => make(4, (o) => o.string(`local global [${name}]\n`))
export const uname = (text: string): Option => make(5, (o) => o.string(text))
/** Offset in clock units. */
export const offset = (ticks: bigint): Option => make(7, (o) => o.string(String(ticks)))
export const cpuCount = (n: number): Option => make(8, (o) => o.u32(n))
export const tracerVersion = (text: string): Option => make(9, (o) => o.string(text))
export const traceId = (id: bigint): Option => make(11, (o) => o.u64(id))
export const unknownOption = (id: number, bytes: Uint8Array): Option => make(id, (o) => o.raw(bytes))

export interface ShiftSample {
  readonly time: bigint
  readonly offset: bigint
  readonly scaling: bigint
  readonly fraction?: bigint
}

/** TIME_SHIFT: samples per guest CPU. Fractions are written when the first sample has one. */
export const timeShift = (peer: bigint, interpolate: boolean, cpus: readonly (readonly ShiftSample[])[]): Option =>
  make(12, (o) => {
    o.u64(peer)
      .u32(interpolate ? 1 : 0)
      .u32(cpus.length)
    for (const samples of cpus) {
      o.u32(samples.length)
      for (const s of samples) o.u64(s.time)
      for (const s of samples) o.u64(s.offset)
      for (const s of samples) o.u64(s.scaling)
    }
    if (cpus[0]?.[0]?.fraction === undefined) return
    for (const samples of cpus) for (const s of samples) o.u64(s.fraction ?? 0n)
  })

export const guest = (
  name: string,
  id: bigint,
  vcpus: readonly { readonly cpu: number; readonly tid: number }[],
): Option =>
  make(13, (o) => {
    o.string(name).u64(id).u32(vcpus.length)
    for (const v of vcpus) o.u32(v.cpu).int(4, v.tid)
  })

export const tsc2nsec = (mult: number, shift: number, off: bigint): Option =>
  make(14, (o) => o.u32(mult).u32(shift).u64(off))
