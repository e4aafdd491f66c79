// What a pair of traces holds about the relation of their clocks, without any notion of formats: brackets in which a vCPU's guest
// can have run, in host time, and the guest's events, in guest time. Times are whole ns from one epoch a machine.

/** One vCPU. Brackets ascend and do not overlap; an end that was not seen is infinite. */
export interface VcpuEvidence {
  readonly vcpu: number
  /** kvm_entry, or the vCPU thread's switch-in; -Infinity = not seen. */
  readonly entry: Float64Array
  /** kvm_exit, or the thread's switch-out; Infinity = not seen. */
  readonly exit: Float64Array
  /** Guest events, ascending. */
  readonly guest: Float64Array
}

/** Where the brackets come from: kvm_entry/kvm_exit, or only the scheduling of the vCPU threads. */
export type BracketKind = 'kvm' | 'sched'

/** Packets at one side, ascending in its own time. */
export interface PacketSide {
  readonly t: Float64Array
  /** Bytes behind the link layer's header. */
  readonly length: Int32Array
  /** Ethernet protocol; -1 = not recorded. */
  readonly protocol: Int32Array
}

/** What one machine sent and one device of the other received. */
export interface PacketWay {
  readonly towards: 'guest' | 'host'
  readonly sent: PacketSide
  readonly received: PacketSide
  /** Times of the sender during which everything sent was recorded, but for the gaps. */
  readonly span: readonly [number, number]
  readonly gaps: readonly (readonly [number, number])[]
  /** Other devices of the receiving machine that may belong to another guest. */
  readonly rivals: number
}

/** The host wrote a guest's TSC offset, in host time [from, to] (once a vCPU): host - guest jumps by `by`. */
export interface OffsetWrite {
  readonly from: number
  readonly to: number
  /** ns of the evidence; null where the writes to the vCPUs differ. */
  readonly by: number | null
}

export interface Evidence {
  readonly kind: BracketKind
  readonly vcpus: readonly VcpuEvidence[]
  readonly ways?: readonly PacketWay[]
  /** Ascending; empty where the guest's clock is not its TSC. */
  readonly writes?: readonly OffsetWrite[]
  /** Host time from which on no vCPU thread was seen any more though the host went on recording; null = none. */
  readonly goneAt?: number | null
}

/** A first guess: at guest time `g` the host is `offset` ns ahead. */
export interface Anchor {
  readonly g: number
  readonly offset: number
  /** Hardly more speaks for it than for another: what contradicts it contradicts no relation of the clocks. */
  readonly vague?: boolean
}
