// What may be asked about the machines' clocks: methods, states, and what the events say. Part of the contract.

import type { MachineIndex, SessionTime } from '../units.js'

/**
 * recorded: TIME_SHIFT by the correct 128-bit formula; compat: as trace-cmd does it; none: the file's clock as it is;
 * from-start: the file's first event at the session's start (what unrelated files get); user: `offset` added to the file's clock;
 * events: estimated from the sequences of events of host and guest (guests whose host is open).
 */
export type ClockMethod = 'recorded' | 'compat' | 'events' | 'none' | 'from-start' | 'user'
export interface ClockChoice {
  readonly method: ClockMethod
  /** Extra offset in session units added last, decimal string (may exceed 2^53); '0' when absent. For dragging and typing. */
  readonly offset?: string
}
export interface ClockState extends Required<ClockChoice> {
  readonly machine: MachineIndex
  /** Name of the trace clock. */
  readonly clock: string
  /** One sentence: what relates this machine's time to the session's, and how far it can be trusted. */
  readonly statement: string
  /** Methods that this machine's files allow. */
  readonly available: readonly ClockMethod[]
  /** What the events say about the method in use; null for machines that are no guests, or before clocks were assessed. */
  readonly verdict: ClockVerdict | null
  /** Largest error of this machine's times that the verdict allows, session units; null = nothing can be stated. */
  readonly accuracy: number | null
}

/**
 * How far a guest's times can be trusted: proven by kvm events; proven but the straight line does not fit everywhere; proven by
 * thread scheduling only; bounded on one side; contradicted by events; not assessable.
 */
export type ClockVerdict = 'GUARANTEED' | 'CONDITIONAL' | 'LOOSE' | 'ONE-SIDED' | 'INFEASIBLE' | 'NONE'

/** Where a guest's events lie among the times in which its vCPUs can have run. */
export interface ClockPlaces {
  readonly inside: number
  readonly outside: number
  /** Before the first or after the last bracket, or on a vCPU without brackets. */
  readonly beyond: number
}

/** One method seen beside the others. Numbers in session units. */
export interface ClockMethodReport extends ClockPlaces {
  readonly method: ClockMethod
  readonly verdict: ClockVerdict
  /** Session clock minus guest clock, both as absolute values, in the middle of the guest's trace, decimal. */
  readonly offset: string
  /** Difference to the middle of the bounds that the events give there; null where they give none. */
  readonly error: number | null
  readonly accuracy: number | null
}

/** The health card of one guest's clock. Times are SessionTime of the clock in use, lengths session units. */
export interface ClockHealth {
  readonly machine: MachineIndex
  readonly method: ClockMethod
  readonly verdict: ClockVerdict
  /** One sentence for the user. */
  readonly sentence: string
  /** Method that the events support best; equals `method` when nothing better is known. */
  readonly recommended: ClockMethod
  readonly kind: 'kvm' | 'sched'
  readonly threads: readonly { readonly vcpu: number; readonly tid: number; readonly by: string }[]
  readonly accuracy: number | null
  readonly halfWidth: number | null
  /** Possible drift of the host's clock against the guest's, ppm, over all pieces. */
  readonly drift: readonly [number, number] | null
  readonly brackets: {
    readonly used: number
    readonly ambiguous: number
    readonly open: number
    readonly outside: number
  }
  /** Network packets received by one side: paired with their sending, possible for several, and without a possible sender. */
  readonly packets: { readonly used: number; readonly ambiguous: number; readonly unmatched: number }
  /** When the guest was last on this host though its events go on (live migration); null otherwise. */
  readonly leftAt: SessionTime | null
  /** Times at which KVM rebased its paravirtual clock. */
  readonly rebases: readonly SessionTime[]
  /** Least slack that makes contradictory constraints agree; 0 where they agree. */
  readonly slack: number
  /** Share of the guest's events that the pieces cover, 0..1. */
  readonly covered: number
  readonly methods: readonly ClockMethodReport[]
  /** Bounds of the estimate along the guest's trace, relative to the method in use: true time lies in t + lower .. t + upper. */
  readonly bounds: readonly { readonly t: SessionTime; readonly lower: number; readonly upper: number }[]
  /** Steps and changes of rate. */
  readonly breaks: readonly {
    readonly from: SessionTime
    readonly to: SessionTime
    readonly step: readonly [number, number]
    readonly cause: 'events' | 'kvm_write_tsc_offset'
  }[]
  /** Corridor per window: highest lower and lowest upper residual against the estimated line. */
  readonly corridor: readonly { readonly t: SessionTime; readonly lower: number; readonly upper: number }[]
  /** Sequences whose delays tell how well two clocks agree (De Venuto); empty where the trace has no such events. */
  readonly deltas: readonly {
    readonly sequence: 'timer -> MSR_WRITE' | 'idle -> HLT'
    readonly n: number
    readonly mean: number
    readonly variance: number
    readonly sd: number
  }[]
  /** Worst events outside of all brackets under the method in use; `by` < 0: before the next bracket begins. */
  readonly worst: readonly { readonly t: SessionTime; readonly cpu: number; readonly by: number }[]
}
