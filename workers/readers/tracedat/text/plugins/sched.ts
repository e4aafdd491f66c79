import { signed64, toInt32 } from '../value.js'
import type { Handler, Line } from './line.js'

const letters = 'SDTtZXxW'

/** prev_state as letters of its low eight bits, `R` when none is set. */
function stateText(state: number): string {
  let out = ''
  for (let i = 0; i < letters.length; i++) if (state & (1 << i)) out += out === '' ? letters[i]! : `|${letters[i]!}`
  return out === '' ? 'R' : out
}

/** `comm:` before a pid. */
function comm(line: Line, name: string): void {
  const field = line.format.byName.get(name)
  if (field) line.text += `${line.chars(field)}:`
}

const wakeup: Handler = (line) => {
  const pid = line.value('pid')
  if (pid === undefined) {
    line.text += '!'
    return true
  }
  comm(line, 'comm')
  line.text += `${signed64(pid)}`
  const prio = line.value('prio')
  if (prio !== undefined) line.text += ` [${signed64(prio)}]`
  const success = line.value('success', true)
  if (success !== undefined) line.text += ` success=${signed64(success)}`
  const cpu = line.value('target_cpu', true)
  if (cpu !== undefined) line.text += ` CPU:${String(cpu).padStart(3, '0')}`
  return false
}

const switched: Handler = (line) => {
  const previous = line.value('prev_pid')
  if (previous === undefined) {
    line.text += '!'
    return true
  }
  comm(line, 'prev_comm')
  line.text += `${signed64(previous)} `
  const prio = line.value('prev_prio')
  if (prio !== undefined) line.text += `[${toInt32(prio)}] `
  const state = line.value('prev_state')
  if (state !== undefined) line.text += stateText(toInt32(state))
  line.text += ' ==> '
  const next = line.value('next_pid')
  if (next === undefined) {
    line.text += '!'
    return true
  }
  comm(line, 'next_comm')
  line.text += `${signed64(next)}`
  const nextPrio = line.value('next_prio')
  if (nextPrio !== undefined) line.text += ` [${toInt32(nextPrio)}]`
  return false
}

export const schedHandlers: Readonly<Record<string, Handler>> = {
  'sched/sched_switch': switched,
  'sched/sched_wakeup': wakeup,
  'sched/sched_wakeup_new': wakeup,
}
