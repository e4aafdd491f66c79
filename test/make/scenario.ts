import type { Value } from './event-format.js'
import { schedSwitch, schedWaking, schedWakeup } from './known-formats.js'
import type { EventItem } from './ring-buffer.js'

/** Short ways to write scheduler events of a made trace. */
export const task = { idle: { pid: 0, comm: 'swapper' } } as const
export interface Task {
  readonly pid: number
  readonly comm: string
}

const event = (
  time: bigint,
  pid: number,
  format: EventItem['format'],
  values: Readonly<Record<string, Value>>,
): EventItem => ({ kind: 'event', time, pid, format, values })

export const switchTo = (time: bigint, prev: Task, state: number, next: Task): EventItem =>
  event(time, prev.pid, schedSwitch, {
    prev_comm: prev.comm,
    prev_pid: BigInt(prev.pid),
    prev_prio: 120n,
    prev_state: BigInt(state),
    next_comm: next.comm,
    next_pid: BigInt(next.pid),
    next_prio: 120n,
  })

const woken = (t: Task, cpu: number): Record<string, Value> => ({
  comm: t.comm,
  pid: BigInt(t.pid),
  prio: 120n,
  target_cpu: BigInt(cpu),
})
export const waking = (time: bigint, by: Task, t: Task, cpu: number): EventItem =>
  event(time, by.pid, schedWaking, woken(t, cpu))
export const wakeup = (time: bigint, by: Task, t: Task, cpu: number): EventItem =>
  event(time, by.pid, schedWakeup, woken(t, cpu))
