// From a wake-up back to the one that made its waker run.

import type { Runs } from '../../../model/runs.js'
import { PrevState } from '../../../readers/types.js'
import type { Grade } from '../../../thread/contract.js'
import type { Wakeups } from '../columns.js'
import type { TaskWakeups } from '../tasks.js'

interface WokenWaker {
  readonly from: number
  readonly grade: Grade
  readonly because: string
}

/**
 * The wake-up by which the waker of `to` had just been woken; a sentence where there is none that counts.
 * @param within how long it may have run since
 */
export function wokenWaker(
  w: Wakeups,
  tasks: TaskWakeups,
  runs: Runs,
  to: number,
  within: number,
  nameOf: (machine: number, pid: number) => string,
): WokenWaker | string {
  const machine = w.machine[to]!
  const pid = w.waker[to]!
  const t = w.wakingT[to]!
  const name = nameOf(machine, pid)
  const from = tasks.ranBefore(machine, pid, t)
  if (from < 0 || from === to) return `${name} has not been woken before within the recording.`
  const ran = t - w.runT[from]!
  if (ran > within) return `${name} had run for longer than a just woken task when it woke the next.`
  const { intervals: x, outcome } = runs
  const entry = w.runEntry[from]!
  const end = x.t[entry + 1]!
  if (t <= end) return { from, grade: 'EXACT', because: `${name} ran from its own wake-up until it woke the next.` }
  if (outcome[entry] === PrevState.Runnable)
    return { from, grade: 'LIKELY', because: `${name} was preempted between its own wake-up and waking the next.` }
  return `${name} slept between its latest recorded wake-up and waking the next: what woke it then is not recorded.`
}
