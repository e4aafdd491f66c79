// What a guest believes of its CPUs, beside what the recording of its host proves.

import { lengthText } from '../clocks/sentence.js'
import type { FusedModel, FusedVcpu } from '../model/fuse/build.js'
import { RUNTIME_EVENT, type Claims } from '../model/fuse/claims.js'
import { inGuest } from '../model/fuse/world.js'
import { eachSpan, intervalAt, type Range } from '../model/intervals.js'
import { runRow, type Runs } from '../model/runs.js'
import type { Session } from '../model/session.js'
import { FusedState, type GuestView } from '../thread/contract.js'
import { guestCommand } from './lacking.js'

interface Account {
  readonly event: string
  samples: number
  steal: number
  hostSteal: number
}

/** Null where the recording of the vCPU's guest is not open. */
export function guestViewOf(
  session: Session,
  model: FusedModel,
  runs: Runs,
  claims: readonly Claims[],
  v: FusedVcpu,
  range: Range,
): GuestView | null {
  const row = v.guest === null ? -1 : runRow(runs, v.guest, v.vcpu)
  if (v.guest === null || row < 0) return null
  const { name } = session.machines[v.guest]!
  const { believed, really } = ranBy(model, runs, v.row, row, range)
  const own = claims.filter((c) => {
    const s = session.table.streams[c.stream]!
    return s.machine === v.guest && s.cpu === v.vcpu && session.unit === 'ns'
  })
  const length = (x: number): string => lengthText(x, session.unit)
  const ran = `By its own sched_switch it ran tasks for ${length(believed)}, of which it really had ${length(really)}.`
  for (const [source, kind] of [
    ['steal event', 'steal'],
    ['sched_stat_runtime', 'runtime'],
  ] as const) {
    const mine = own.filter((c) => c.kind === kind)
    const account =
      kind === 'steal' ? toldOf(session, model, v, mine, range) : chargedOf(session, model, runs, v, row, mine, range)
    if (!account) continue
    const { event, samples, steal, hostSteal } = account
    const sentence = `By its ${event} ${name} counts ${length(steal)} as stolen; its host took ${length(hostSteal)} in the same time. ${ran}`
    return { believed, really, source, event, samples, steal, hostSteal, sentence, command: null }
  }
  const why =
    session.unit === 'ns'
      ? `What ${name} itself counts as stolen is not recorded: it has no ${RUNTIME_EVENT}${own.length > 0 ? ' in this range' : ''}.`
      : `What ${name} itself counts as stolen cannot be compared: the times of this session are ticks, its figures ns.`
  const command = session.unit === 'ns' ? guestCommand(session, [RUNTIME_EVENT]) : null
  return {
    believed,
    really,
    source: null,
    event: null,
    samples: 0,
    steal: 0,
    hostSteal: 0,
    sentence: `${why} ${ran}`,
    command,
  }
}

/**
 * How long the guest's tasks were current on a vCPU, and how much of that it was in guest mode: of the time in which anything is
 * known of the vCPU. One pass over both rows.
 */
function ranBy(
  model: FusedModel,
  runs: Runs,
  vcpuRow: number,
  runsRow: number,
  range: Range,
): { believed: number; really: number } {
  const { t, value, first } = runs.intervals
  const { state } = model.intervals
  const end = first[runsRow + 1]! - 1
  let believed = 0
  let really = 0
  let k = first[runsRow]!
  eachSpan(model.intervals, vcpuRow, range, (i, from, to) => {
    if (state[i] === FusedState.Unknown) return
    while (k < end && t[k + 1]! <= from) k++
    let current = 0
    for (let j = k; j < end && t[j]! < to; j++) {
      if (value[j]! > 0) current += Math.max(0, Math.min(to, t[j + 1]!) - Math.max(from, t[j]!))
    }
    believed += current
    if (inGuest(state[i]!)) really += current
  })
  return { believed, really }
}

/** preempted + ready of a vCPU. */
function takenIn(model: FusedModel, row: number, range: Range): number {
  const x = model.intervals
  let sum = 0
  eachSpan(x, row, range, (i, from, to) => {
    if (x.state[i] === FusedState.Preempted || x.state[i] === FusedState.Ready) sum += to - from
  })
  return sum
}

/** Steal that events tell directly: between the first of the range and the last. */
function toldOf(
  session: Session,
  model: FusedModel,
  v: FusedVcpu,
  claims: readonly Claims[],
  range: Range,
): Account | null {
  for (const c of claims) {
    const { t } = session.table.streams[c.stream]!
    const inside = [...c.row.keys()].filter((k) => t[c.row[k]!]! >= range.from && t[c.row[k]!]! <= range.to)
    if (inside.length < 2) continue
    const [first, last] = [t[c.row[inside[0]!]!]!, t[c.row[inside.at(-1)!]!]!]
    // What the first one adds was stolen before it.
    const steal = inside.slice(1).reduce((n, k) => n + c.ns[k]!, 0)
    return {
      event: c.event,
      samples: inside.length,
      steal,
      hostSteal: takenIn(model, v.row, { from: first, to: last }),
    }
  }
  return null
}

/** Steal as the difference between how long a task was current and what it was charged for. */
function chargedOf(
  session: Session,
  model: FusedModel,
  runs: Runs,
  v: FusedVcpu,
  runsRow: number,
  claims: readonly Claims[],
  range: Range,
): Account | null {
  const x = runs.intervals
  const account: Account = { event: RUNTIME_EVENT, samples: 0, steal: 0, hostSteal: 0 }
  for (const c of claims) {
    const { t } = session.table.streams[c.stream]!
    let before = -Infinity
    for (let k = 0; k < c.row.length; k++) {
      const at = t[c.row[k]!]!
      const since = before
      before = at
      if (at > range.to) break
      const i = intervalAt(x, runsRow, at)
      if (i < 0 || x.value[i] !== c.pid[k]) continue
      // Charged since the event before, or since it was switched in.
      const from = Math.max(x.t[i]!, since)
      if (from < range.from) continue
      account.samples++
      account.steal += at - from - c.ns[k]!
      account.hostSteal += takenIn(model, v.row, { from, to: at })
    }
  }
  // Each event is some ns away from the moment that it speaks of.
  account.steal = Math.max(0, account.steal)
  return account.samples > 0 ? account : null
}
