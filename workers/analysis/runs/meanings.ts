// What a label means on a machine: the first of its candidates that the recording holds, and whom such an event concerns.

import type { Session } from '../../model/session.js'

/** Field that holds the task which the event concerns, where that is not the one that ran. */
const SUBJECT: Readonly<Record<string, string>> = {
  sched_waking: 'pid',
  sched_wakeup: 'pid',
  sched_wakeup_new: 'pid',
  sched_switch: 'next_pid',
  sched_migrate_task: 'pid',
  // Of records: the woken task.
  ttwu: 'pid',
  activate: 'pid',
  waking: 'pid',
  wakeup: 'pid',
  switch_in: 'pid',
  first_read: 'pid',
}
/** Events of a CPU, whoever ran on it. The value is a field that both ends of a stretch have in common. */
const OF_CPU: readonly (readonly [pattern: RegExp, same: string | null])[] = [
  [/^softirq_/, 'vec'],
  [/^irq_handler_/, 'irq'],
  [/^(hrtimer_expire|local_timer|reschedule|call_function|external_interrupt)/, null],
]
const FUNCTIONS = new Set(['function', 'funcgraph_entry'])

/** What of a machine's events one candidate means. */
export interface Meaning {
  readonly candidate: string
  /** Session-wide event types. */
  readonly types: ReadonlySet<number>
  /** Function events: only those of this symbol. */
  readonly symbol: string | null
  readonly subject: string | null
  readonly ofCpu: boolean
  readonly same: string | null
}

/** Null: the machine has none of them. `present`: the types of events that it recorded. */
export function firstOf(candidates: readonly string[], session: Session, present: ReadonlySet<number>): Meaning | null {
  for (const candidate of candidates) {
    const [event = '', field = null] = candidate.split('@')
    const colon = event.indexOf(':')
    const [system, name] = colon < 0 ? [null, event] : [event.slice(0, colon), event.slice(colon + 1)]
    // kprobe events are called after their function, or p_FUNCTION_0.
    const probe = new RegExp(`^(?:[prf]_)?${name.replace(/[^\w]/g, '\\$&')}(?:_\\d+)?$`)
    const found = [...present].filter((t) => {
      const type = session.eventTypes[t]!
      if (system !== null && type.system !== system) return false
      return type.name === name || (system === null && type.system.endsWith('probes') && probe.test(type.name))
    })
    if (found.length > 0) {
      const [, same = null] = OF_CPU.find(([pattern]) => pattern.test(name)) ?? []
      const ofCpu = field === null && OF_CPU.some(([pattern]) => pattern.test(name))
      return { candidate, types: new Set(found), symbol: null, subject: field ?? SUBJECT[name] ?? null, ofCpu, same }
    }
    if (system !== null) continue
    const functions = [...present].filter((t) => FUNCTIONS.has(session.eventTypes[t]!.name))
    // Whether the function was traced shows when its events are read; the first of the list that has any is taken there.
    if (functions.length > 0) {
      const rest = candidates.slice(candidates.indexOf(candidate)).filter((c) => !c.includes(':'))
      return {
        candidate: rest.join(', '),
        types: new Set(functions),
        symbol: rest.join('\n'),
        subject: null,
        ofCpu: false,
        same: null,
      }
    }
  }
  return null
}
