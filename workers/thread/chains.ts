// The chain that a wake-up is part of: hops, links, and where the time went. Part of the contract.

import type { MachineIndex, Position, SessionTime } from '../units.js'
import type { Actor, TimeRange } from './fused.js'
import type { Grade, WakeContext, WakeRecord, WakeupIndex, WakeupRow } from './wakeups.js'

export type HopKind =
  /** An interrupt, or KVM raising one for a guest. */
  | 'interrupt'
  | 'waking'
  | 'wakeup'
  | 'migrate'
  | 'switch'
  /** KVM enters the guest. */
  | 'entry'
  /** KVM injects an interrupt. */
  | 'inject'
  /** The last woken task reads the clock for the first time, as a record tells; it may come after the chain's end. */
  | 'read'

export type HopLayer = 'host irq' | 'host task' | 'vcpu' | 'guest irq' | 'guest task'

export interface ChainHop {
  /** 1, 2, ..: as numbered on the screen. */
  readonly number: number
  readonly kind: HopKind
  readonly layer: HopLayer
  readonly machine: MachineIndex
  readonly cpu: number
  /** Rows that show it: of the CPU, and of the task where there is one. */
  readonly cpuTrack: string
  readonly taskTrack: string | null
  readonly t: SessionTime
  /** null: inferred, no event says so. */
  readonly position: Position | null
  /** Who acts: the waker, the task that runs now, the vCPU's thread that enters. */
  readonly actor: Actor
  readonly context: WakeContext
  /** `wakes CPU 0/KVM-31`, `vector 236 (local_timer)`. */
  readonly label: string
  /** Since the hop before; null for the first. */
  readonly since: number | null
  /** False: the clocks of two machines are not known well enough to say which of this hop and the one before came first. */
  readonly orderCertain: boolean
  /** The wake-up that this hop is part of, null for interrupts and entries. */
  readonly wakeup: WakeupIndex | null
  readonly id: string | null
  /** Frames, innermost first, noise folded: `folded` frames are left out at the beginning. Offset -1 = not recorded. */
  readonly stack: {
    readonly position: Position
    readonly folded: number
    readonly frames: readonly { readonly symbol: string; readonly offset: number; readonly address: string }[]
  } | null
  readonly record: WakeRecord | null
}

/** Where the time of a chain went. */
export type LatencyLayer =
  | 'host irq'
  | 'host scheduling'
  | 'hypervisor'
  | 'guest irq'
  | 'guest scheduling'
  /** A task that ran between being woken and waking the next. */
  | 'running'
  | 'unknown'

export interface LatencySegment extends TimeRange {
  readonly layer: LatencyLayer
}

/** Latencies of a selection added up by layer: on a host all is scheduling, in a guest what its vCPU did decides. */
export interface WakeupLayers {
  readonly version: number
  /** Latencies. */
  readonly count: number
  readonly split: Readonly<Record<LatencyLayer, number>>
  /** Guest and hypervisor cannot be told apart somewhere. */
  readonly unsplit: boolean
}

/** How two wake-ups belong together. */
export interface ChainLink {
  /** 'woken waker': the waker had itself just been woken. 'boundary': an interrupt from the host. */
  readonly kind: 'woken waker' | 'boundary'
  /** An id of its own, 16 hex digits, made from that of the wake-up it leads to. */
  readonly id: string
  readonly from: WakeupIndex | null
  readonly to: WakeupIndex
  readonly grade: Grade
  /** One sentence: what the link rests on. */
  readonly because: string
}

/** One chain, its hops in the order of what led to what. */
export interface WakeupChain extends TimeRange {
  readonly version: number
  /** That of the last wake-up. */
  readonly id: string
  /** Wake-ups, the earliest cause first. The one that was asked for is `selected`. */
  readonly wakeups: readonly WakeupRow[]
  readonly selected: WakeupIndex
  readonly hops: readonly ChainHop[]
  readonly links: readonly ChainLink[]
  readonly grade: Grade
  /** from..to without gaps; lengths sum to `to - from`. */
  readonly segments: readonly LatencySegment[]
  readonly split: Readonly<Record<LatencyLayer, number>>
  /** The same between the waking and the run of the wake-up that was asked for: sums to its latency. */
  readonly ownSplit: Readonly<Record<LatencyLayer, number>>
  /** Guest and hypervisor cannot be told apart: kvm_entry and kvm_exit are not recorded. */
  readonly unsplit: boolean
  /** What cannot be told, in sentences; why the chain ends where it does. */
  readonly notes: readonly string[]
}

export type ChainTarget =
  | { readonly wakeup: WakeupIndex }
  /** Of a wake-up or of a link. */
  | { readonly id: string }
  | { readonly position: Position }
  /** What a row shows at a time: the wake-up that led to it. */
  | { readonly track: string; readonly t: SessionTime }

export interface ChainLimits {
  /** Wake-ups at most (default 8). */
  readonly wakeups?: number
  /** A waker counts as just woken when it woke the next within this time of running (default 1 ms, or 1,000,000 ticks). */
  readonly within?: number
}
