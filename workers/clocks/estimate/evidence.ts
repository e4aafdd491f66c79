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

export interface Evidence {
  readonly kind: BracketKind
  readonly vcpus: readonly VcpuEvidence[]
}

/** A first guess: at guest time `g` the host is `offset` ns ahead. */
export interface Anchor {
  readonly g: number
  readonly offset: number
}
