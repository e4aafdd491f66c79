// What a kernel, its CPUs and a hypervisor say to each other while a made recording is played.

import type { WakePath } from './formats.js'

/** Time in guest mode. */
export interface Grant {
  /** Host time, ns. */
  readonly t: number
  /** The outer machine is interrupted then. */
  readonly until: number
  /** Interrupt that is delivered upon entry. */
  readonly vector: number | null
  /** The guest is to exit as soon as it can take an interrupt. */
  readonly window: boolean
}

/** Why a guest's CPU gives its time back. */
export interface Exit {
  readonly reason: keyof typeof exitCodes
  readonly t: number
  /** Whether the guest could take an interrupt there. */
  readonly interruptible: boolean
  /** MSR_WRITE: when the guest's next timer is due, Infinity = never. */
  readonly deadline?: number
  /** A request to a device: how long it takes, and what its interrupt does in the guest. */
  readonly request?: { readonly ns: number; readonly done: () => void }
  /** Of a guest's guest: 'enter' it, 'leave' it for its own hypervisor, or an interrupt of the outer machine in its time. */
  readonly nested?: 'enter' | 'leave' | 'through'
}
export const exitCodes = {
  EXTERNAL_INTERRUPT: 1,
  INTERRUPT_WINDOW: 7,
  CPUID: 10,
  HLT: 12,
  VMRESUME: 24,
  IO_INSTRUCTION: 30,
  MSR_WRITE: 32,
  EPT_VIOLATION: 48,
  EPT_MISCONFIG: 49,
} as const

/** What a task does next. */
export type Act =
  | { readonly kind: 'work'; readonly ns: number }
  | { readonly kind: 'sleep'; readonly until: number }
  /** Until somebody wakes it. */
  | { readonly kind: 'wait' }
  /** A request to the disk. */
  | { readonly kind: 'disk'; readonly ns: number }
  /** An instruction or access that a hypervisor has to see; nothing without one. */
  | { readonly kind: 'trap'; readonly reason: keyof typeof exitCodes }

export interface Device {
  readonly irq: number
  readonly name: string
  readonly vector: number
  readonly path: WakePath
  /** Work of its interrupt that is left to a softirq. */
  readonly softirq: number | null
}

export interface Kernel {
  readonly name: string
  /** Host clock minus this machine's clock, ns. */
  readonly shift: bigint
  /** Host clock where the story begins. */
  readonly start: bigint
  /** Time between two ticks, ns. */
  readonly tick: number
  readonly random: () => number
  /** Length of the story, ns. */
  readonly end: number
  readonly devices: { readonly disk: Device; readonly net: Device }
}
