// Who woke, when it was no task: the interrupt that was being handled, as far as the events around the waking tell.

import type { StreamColumns } from '../../columns/event-table.js'
import { softirqName } from '../../model/fuse/reasons.js'
import { numberOf } from '../../model/fuse/handlers/marks.js'
import type { Session } from '../../model/session.js'
import type { RecordView } from '../../readers/types.js'
import type { WakeContext } from '../../thread/contract.js'

/** Events looked back at most: handlers that write more are rare, and the label is then without a name. */
const BACK = 400

/** An event that began what interrupts. */
export interface Interrupt {
  readonly row: number
  readonly name: string
}

interface Pattern {
  readonly entry: RegExp
  readonly exit: RegExp
}

const hard: Pattern = {
  entry: /^(irq_handler_entry|(?!softirq|syscall).*_entry)$/,
  exit: /^(irq_handler_exit|.*_exit)$/,
}
const timer: Pattern = { entry: /^hrtimer_expire_entry$/, exit: /^hrtimer_expire_exit$/ }
const soft: Pattern = { entry: /^softirq_entry$/, exit: /^softirq_exit$/ }

const isIrq = (system: string, name: string): boolean => system === 'irq_vectors' || name.startsWith('irq_handler_')

/** The entry of the interrupt that is handled at a row of a stream; null where none is recorded. */
export function interruptAt(
  session: Session,
  stream: StreamColumns,
  row: number,
  context: WakeContext,
): Interrupt | null {
  if (context === 'softirq') return openBefore(session, stream, row, soft, (_, name) => name.startsWith('softirq_'))
  if (context === 'task') return null
  return (
    openBefore(session, stream, row, hard, isIrq) ??
    openBefore(session, stream, row, timer, (_, name) => name.startsWith('hrtimer_expire_'))
  )
}

function openBefore(
  { eventTypes }: Session,
  stream: StreamColumns,
  row: number,
  { entry, exit }: Pattern,
  concerns: (system: string, name: string) => boolean,
): Interrupt | null {
  let closed = 0
  for (let i = row - 1; i >= 0 && i > row - BACK; i--) {
    const { system, name } = eventTypes[stream.types[stream.type[i]!]!]!
    // A task that is switched is not interrupted.
    if (name === 'sched_switch') return null
    if (!concerns(system, name)) continue
    if (exit.test(name)) closed++
    else if (entry.test(name) && closed-- === 0) return { row: i, name }
  }
  return null
}

/** `irq 24 virtio0`, `local_timer`, `softirq NET_RX`, `hrtimer hrtimer_wakeup`. */
export function interruptLabel(name: string, record: RecordView): string {
  if (name === 'irq_handler_entry')
    return `irq ${numberOf(record, 'irq', -1)} ${String(record.field('name') ?? '')}`.trim()
  if (name === 'softirq_entry') return softirqName(numberOf(record, 'vec', -1))
  if (name === 'hrtimer_expire_entry') {
    const text = record.fields().find((f) => f.name === 'function')?.text ?? ''
    return `hrtimer ${/function=([\w.]+)/.exec(record.info())?.[1] ?? text}`.trim()
  }
  return name.replace(/_entry$/, '')
}

const plain: Readonly<Record<WakeContext, string>> = {
  task: '',
  softirq: 'softirq',
  irq: 'interrupt',
  nmi: 'NMI',
  unknown: '',
}

/** What to say where no event names the interrupt. */
export const plainLabel = (context: WakeContext, task: string): string => plain[context] || task
