// What of the kernel's state goes with every record: interrupts off, in an interrupt, a task is to be switched, preemption off.

import type { Format } from '../event-format.js'
import { cpuIdle } from './formats.js'

export type Context = 'task' | 'hardirq' | 'softirq'

/** TRACE_FLAG_* of the kernel. */
const Flag = { IrqsOff: 1, NeedResched: 4, HardIrq: 8, SoftIrq: 16 } as const
const contextFlag = { task: 0, hardirq: Flag.HardIrq, softirq: Flag.SoftIrq } as const

export function latencyOf(format: Format, context: Context, resched: boolean): { flags: number; preempt: number } {
  const locked = /^sched_|^hrtimer_(start|cancel)|^kvm_(entry|exit|inj_virq)$/.test(format.name)
  const off = locked || context === 'hardirq' || format === cpuIdle ? Flag.IrqsOff : 0
  const preempt = (context === 'task' ? 0 : 1) + (format.system === 'sched' ? 2 : locked ? 1 : 0)
  return { flags: off | contextFlag[context] | (resched ? Flag.NeedResched : 0), preempt }
}
