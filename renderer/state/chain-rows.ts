// From a chain to rows: where its hops are to be seen, and what of each row belongs to it. Pure.

import type { ChainHop, FusedTrack, WakeupChain } from '../../workers/thread/contract.js'

type HopPlace = Pick<ChainHop, 'machine' | 'cpuTrack' | 'taskTrack' | 'layer' | 'actor'>

/** An interrupt is the CPU's, whatever task it interrupts. */
const isTask = (hop: Pick<ChainHop, 'layer' | 'actor'>): boolean => !hop.layer.endsWith('irq') && hop.actor.pid > 0

/**
 * Rows that show a hop, the best first: those that were pulled together, its task's or its CPU's, then those of the fused views that
 * stand for these.
 */
export function hopRows(hop: HopPlace, tracks: readonly FusedTrack[], together: readonly string[] = []): string[] {
  const fused = tracks.filter((f) => f.cpuTrack === hop.cpuTrack).map((f) => f.id)
  const vcpu = tracks.filter((f) => f.vcpu?.host === hop.machine && f.vcpu.tid === hop.actor.pid).map((f) => f.id)
  const task = hop.taskTrack === null ? [] : [hop.taskTrack, hop.taskTrack.replace('/task/', '/thread/')]
  const rows = isTask(hop) ? [...vcpu, ...task, hop.cpuTrack, ...fused] : [hop.cpuTrack, ...fused, ...task]
  return [...rows.filter((id) => together.includes(id)), ...rows.filter((id) => !together.includes(id))]
}

/** Row of a task's own events or CPU: what is pulled together, in the order of the hops. */
export function gatheredRows(chain: Pick<WakeupChain, 'hops' | 'wakeups'>): string[] {
  const rows: string[] = []
  for (const hop of chain.hops) rows.push(isTask(hop) && hop.taskTrack !== null ? hop.taskTrack : hop.cpuTrack)
  for (const w of chain.wakeups) if (w.wakee.pid > 0) rows.push(`m${w.machine}/task/${w.wakee.pid}`)
  return [...new Set(rows)]
}

export interface Part {
  readonly from: number
  readonly to: number
}

/** What of each row belongs to the chain: between its hops there, and while its tasks waited. Overlapping parts are merged. */
export function chainParts(
  chain: Pick<WakeupChain, 'hops' | 'wakeups'>,
  tracks: readonly FusedTrack[],
): ReadonlyMap<string, readonly Part[]> {
  const parts = new Map<string, Part[]>()
  const add = (row: string, from: number, to: number) => {
    const list = parts.get(row)
    if (list) list.push({ from, to })
    else parts.set(row, [{ from, to }])
  }
  chain.hops.forEach((hop, i) => {
    const next = chain.hops[i + 1]
    for (const row of hopRows(hop, tracks)) add(row, hop.t, hop.t)
    // What the CPU did until the next hop on it is how the time was spent.
    if (next?.cpuTrack !== hop.cpuTrack) return
    const after = hopRows(next, tracks)
    for (const row of hopRows(hop, tracks)) if (after.includes(row)) add(row, hop.t, next.t)
  })
  for (const w of chain.wakeups) {
    const to = w.running?.t ?? w.activated?.t ?? w.waking.t
    const { pid } = w.wakee
    const vcpu = tracks.filter((f) => f.vcpu?.host === w.machine && f.vcpu.tid === pid).map((f) => f.id)
    // Who had the CPU that it waited for is how the time was spent.
    const cpu = w.running ? `m${w.machine}/cpu${w.running.cpu}` : null
    const shows = tracks.filter((f) => cpu !== null && f.cpuTrack === cpu).map((f) => f.id)
    const own = [`m${w.machine}/task/${pid}`, `m${w.machine}/thread/${pid}`, ...vcpu]
    for (const row of [...own, ...shows, ...(cpu === null ? [] : [cpu])]) add(row, w.waking.t, to)
  }
  return new Map([...parts].map(([row, list]) => [row, merged(list)]))
}

function merged(parts: readonly Part[]): Part[] {
  const out: Part[] = []
  for (const p of [...parts].sort((a, b) => a.from - b.from)) {
    const last = out.at(-1)
    if (last && p.from <= last.to) out[out.length - 1] = { from: last.from, to: Math.max(last.to, p.to) }
    else out.push(p)
  }
  return out
}
