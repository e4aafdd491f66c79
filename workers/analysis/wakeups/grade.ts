// How sure a wake-up's own moments are.

import { WakeupMark, type Grade } from '../../thread/contract.js'

export const grades: readonly Grade[] = ['EXACT', 'LIKELY', 'AMBIGUOUS']

/** Index of `grades`, the better the lower. */
export function gradeOf(marks: number): number {
  // An event between the two may be among the lost.
  if (marks & WakeupMark.Lost) return 2
  if (marks & WakeupMark.RunInferred) return 1
  // A new task is woken without sched_waking.
  if (marks & WakeupMark.NoWaking && !(marks & WakeupMark.New)) return 1
  return marks & WakeupMark.NoWakeup ? 1 : 0
}

export const worst = (a: Grade, b: Grade): Grade => (grades.indexOf(a) >= grades.indexOf(b) ? a : b)
