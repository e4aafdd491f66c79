// What the clocks need of records beside the columns: network packets on both sides, and the host's writes of TSC offsets. Read
// once a session; times stay in the columns, so that other clocks need no second reading. Field names: include/trace/events/net.h,
// arch/x86/kvm/trace.h.

import type { StreamColumns } from '../columns/event-table.js'
import type { RecordView, TraceFile } from '../readers/types.js'

/** Of one stream of the session's table, by index; rows ascend. */
export interface PacketMark {
  readonly stream: number
  readonly row: number
  readonly way: 'sent' | 'received'
  /** Index of the event in PACKET_EVENTS: the earlier, the closer to the device. */
  readonly rank: number
  readonly device: string
  /** Bytes behind the link layer's header. */
  readonly length: number
  /** -1 = not recorded. */
  readonly protocol: number
}

export interface WriteMark {
  readonly stream: number
  readonly row: number
  readonly vcpu: number
  /** Guest ticks that its clock jumps ahead. */
  readonly ahead: bigint
}

export interface ClockMarks {
  readonly packets: readonly PacketMark[]
  readonly writes: readonly WriteMark[]
  /** kvm_update_master_clock: kvm-clock was rebased. */
  readonly rebases: readonly { readonly stream: number; readonly row: number }[]
}

export const NO_MARKS: ClockMarks = { packets: [], writes: [], rebases: [] }

/**
 * net_dev_xmit is not among them: it is written when the driver is done, by when the other side may have the packet already.
 * Events behind napi_gro_receive_entry see packets that were merged, so it comes first.
 */
const PACKET_EVENTS: readonly { readonly name: string; readonly way: PacketMark['way'] }[] = [
  { name: 'net_dev_start_xmit', way: 'sent' },
  { name: 'net_dev_queue', way: 'sent' },
  { name: 'napi_gro_receive_entry', way: 'received' },
  { name: 'netif_rx', way: 'received' },
  { name: 'netif_receive_skb', way: 'received' },
]

const ETHERNET_HEADER = 14
const BATCH = 8192
/** More packets are not read; a part of them would prove nothing. */
const MOST = 500_000

/** Reads the marks of all streams. */
export async function readClockMarks(
  files: readonly TraceFile[],
  streams: readonly StreamColumns[],
  eventTypes: readonly { readonly name: string }[],
): Promise<ClockMarks> {
  const packets: PacketMark[] = []
  const writes: WriteMark[] = []
  const rebases: { stream: number; row: number }[] = []
  const rankOf = eventTypes.map((t) => PACKET_EVENTS.findIndex((e) => e.name === t.name))
  const writeType = eventTypes.findIndex((t) => t.name === 'kvm_write_tsc_offset')
  const rebaseType = eventTypes.findIndex((t) => t.name === 'kvm_update_master_clock')
  for (const [stream, s] of streams.entries()) {
    const wanted = Array.from(s.types, (type) => rankOf[type]! >= 0 || type === writeType || type === rebaseType)
    if (!wanted.includes(true)) continue
    const rows: number[] = []
    for (let row = 0; row < s.count; row++) if (wanted[s.type[row]!]) rows.push(row)
    if (packets.length + rows.length > MOST) return { packets: [], writes, rebases }
    await visit(files[s.file]!, s, rows, (record, row) => {
      const type = s.types[s.type[row]!]!
      const rank = rankOf[type]!
      if (type === rebaseType) rebases.push({ stream, row })
      else if (type === writeType) {
        const ahead = BigInt.asIntN(64, whole(record, 'next_tsc_offset') - whole(record, 'previous_tsc_offset'))
        if (ahead !== 0n) writes.push({ stream, row, vcpu: Number(whole(record, 'vcpu_id')), ahead })
      } else {
        const packet = packetOf(record, rank)
        if (packet) packets.push({ stream, row, ...packet })
      }
    })
  }
  return { packets, writes, rebases }
}

const whole = (record: RecordView, name: string): bigint => {
  const value = record.field(name)
  return typeof value === 'bigint' ? value : BigInt(Math.trunc(Number(value ?? 0)))
}

function packetOf(record: RecordView, rank: number): Omit<PacketMark, 'stream' | 'row'> | null {
  const { way } = PACKET_EVENTS[rank]!
  const number = (name: string): number | null => {
    const value = record.field(name)
    return value === undefined ? null : Number(value)
  }
  const length = number('len')
  const device = record.field('name')
  if (length === null || typeof device !== 'string') return null
  const header = way === 'sent' ? (number('network_offset') ?? ETHERNET_HEADER) : 0
  return { way, rank, device, length: length - header, protocol: number('protocol') ?? -1 }
}

async function visit(
  file: TraceFile,
  s: StreamColumns,
  rows: readonly number[],
  use: (record: RecordView, row: number) => void,
): Promise<void> {
  const { records } = file
  for (let start = 0; start < rows.length; start += BATCH) {
    const some = rows.slice(start, start + BATCH)
    await records.load(
      s.inFile,
      some.map((row) => s.where[row]!),
    )
    for (const row of some) {
      const at = s.where[row]!
      if (!records.has(s.inFile, at)) await records.load(s.inFile, [at])
      use(records.at(s.inFile, at), row)
    }
  }
}
