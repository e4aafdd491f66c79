// A FilterSpec as tests: every given part must hold.

import { RequestError } from '../../fault.js'
import type { Session } from '../../model/session.js'
import type { EventTypeInfo, FilterSpec } from '../../thread/contract.js'
import { compileExpression } from './compile.js'
import type { Bind, Compiled } from './compile.js'
import { rememberPids } from './pid-memo.js'
import { allOf, anyOf, columnTest } from './tests.js'

/** Throws RequestError for what makes no sense in this session. */
export function compileSpec(session: Session, spec: FilterSpec): Compiled {
  const parts: Bind[] = []
  const { events, notEvents, machines, pids, from, to } = spec
  if (events) {
    const matches = eventMatcher(events)
    parts.push(({ type }) => matches(type))
  }
  if (notEvents) {
    const matches = eventMatcher(notEvents)
    parts.push(({ type }) => !matches(type))
  }
  if (machines) {
    for (const m of machines) checkMachine(session, m, `machine ${m}`)
    parts.push(({ stream }) => machines.includes(stream.machine))
  }
  if (spec.tracks) {
    const tracks = spec.tracks.map((id) => trackTest(session, id))
    parts.push((scope) => anyOf(tracks.map((bind) => bind(scope))))
  }
  if (pids) {
    const wanted = rememberPids((pid) => pids.includes(pid))
    parts.push(({ stream }) => columnTest((row) => wanted(stream.pid[row]!)))
  }
  if (from !== undefined) parts.push(({ stream }) => columnTest((row) => stream.t[row]! >= from))
  if (to !== undefined) parts.push(({ stream }) => columnTest((row) => stream.t[row]! <= to))
  const expression = spec.expression?.trim() ? compileExpression(spec.expression) : null
  if (expression) parts.push(expression.bind)
  return {
    bind: (scope) => allOf(parts.map((part) => part(scope))),
    missingField: () => expression?.missingField() ?? null,
  }
}

/** `system:name`, `name` or `system:*`; `*` and `?` stand for any text and any sign in either half. */
export function eventMatcher(patterns: readonly string[]): (type: EventTypeInfo) => boolean {
  const each = patterns.map((pattern) => {
    const colon = pattern.indexOf(':')
    const system = colon < 0 ? null : glob(pattern.slice(0, colon))
    const name = glob(pattern.slice(colon + 1))
    return (type: EventTypeInfo): boolean => name.test(type.name) && (system?.test(type.system) ?? true)
  })
  return (type) => each.some((matches) => matches(type))
}

function glob(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`)
}

function trackTest(session: Session, id: string): Bind {
  const parts = /^m(\d+)(?:\/(cpu|task\/)(\d+))?$/.exec(id)
  if (!parts) throw new RequestError(`${id} is not a track; tracks look like m0/cpu1 or m1/task/4711.`)
  const machine = Number(parts[1])
  checkMachine(session, machine, `track ${id}`)
  const number = Number(parts[3])
  if (parts[2] === 'cpu') return ({ stream }) => stream.machine === machine && stream.cpu === number
  if (!parts[2]) return ({ stream }) => stream.machine === machine
  return ({ stream }) => stream.machine === machine && columnTest((row) => stream.pid[row] === number)
}

function checkMachine(session: Session, machine: number, what: string): void {
  if (session.machines[machine]) return
  const names = session.machines.map((m, i) => `${i} (${m.name})`).join(', ')
  throw new RequestError(`There is no ${what}; the machines are ${names}.`)
}
