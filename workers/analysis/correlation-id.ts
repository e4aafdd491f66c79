// The correlation id of a wake-up: XXH64 over its little-endian bytes (u32 tgid, u32 pid, u64 run_seq, u64 ktime_ns and, where ids
// of several machines meet, u64 machine_id). XXH64 as in the xxHash specification 0.1.1.

const MASK = 0xffff_ffff_ffff_ffffn
const P1 = 0x9e37_79b1_85eb_ca87n
const P2 = 0xc2b2_ae3d_27d4_eb4fn
const P3 = 0x1656_67b1_9e37_79f9n
const P4 = 0x85eb_ca77_c2b2_ae63n
const P5 = 0x27d4_eb2f_1656_67c5n

const rotate = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & MASK
const round = (acc: bigint, lane: bigint): bigint => (rotate((acc + lane * P2) & MASK, 31n) * P1) & MASK
const mergeRound = (acc: bigint, lane: bigint): bigint => ((acc ^ round(0n, lane)) * P1 + P4) & MASK

/** XXH64 of bytes. */
export function xxh64(bytes: Uint8Array, seed = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { length } = bytes
  let at = 0
  let h: bigint
  if (length >= 32) {
    const v = [(seed + P1 + P2) & MASK, (seed + P2) & MASK, seed, (seed - P1) & MASK]
    for (; at + 32 <= length; at += 32) {
      for (let i = 0; i < 4; i++) v[i] = round(v[i]!, view.getBigUint64(at + 8 * i, true))
    }
    h = (rotate(v[0]!, 1n) + rotate(v[1]!, 7n) + rotate(v[2]!, 12n) + rotate(v[3]!, 18n)) & MASK
    for (const lane of v) h = mergeRound(h, lane)
  } else h = (seed + P5) & MASK
  h = (h + BigInt(length)) & MASK
  for (; at + 8 <= length; at += 8) {
    h = (rotate(h ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4) & MASK
  }
  if (at + 4 <= length) {
    h = (rotate(h ^ ((BigInt(view.getUint32(at, true)) * P1) & MASK), 23n) * P2 + P3) & MASK
    at += 4
  }
  for (; at < length; at++) h = (rotate(h ^ ((BigInt(bytes[at]!) * P5) & MASK), 11n) * P1) & MASK
  h = ((h ^ (h >> 33n)) * P2) & MASK
  h = ((h ^ (h >> 29n)) * P3) & MASK
  return h ^ (h >> 32n)
}

/** What goes into a correlation id. */
interface CorrelationParts {
  readonly tgid: number
  readonly pid: number
  readonly runSeq: bigint
  readonly ktime: bigint
  /** Only where ids of several machines meet. */
  readonly machineId?: bigint | null
}

/** The bytes that are hashed: 24, or 32 with a machine id. */
export function correlationBytes({ tgid, pid, runSeq, ktime, machineId }: CorrelationParts): Uint8Array {
  const withMachine = machineId !== undefined && machineId !== null
  const bytes = new Uint8Array(withMachine ? 32 : 24)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, tgid, true)
  view.setUint32(4, pid, true)
  view.setBigUint64(8, runSeq, true)
  view.setBigUint64(16, ktime, true)
  if (withMachine) view.setBigUint64(24, machineId, true)
  return bytes
}

/** The correlation id of a wake-up. */
export const correlationId = (parts: CorrelationParts): bigint => xxh64(correlationBytes(parts))

/** An id as it is shown and typed: 16 hex digits. */
export const idText = (id: bigint): string => id.toString(16).padStart(16, '0')
