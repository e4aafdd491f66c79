// Events of a chain joined to runs. A chain follows a task: each of its events concerns one (the woken, the switched in, else whoever
// ran). Events of interrupts concern a CPU instead: after them the chain goes on with the next event of that CPU. From host to guest
// and back it follows a vCPU.

import type { Session } from '../../model/session.js'
import type { ChainDefinition } from '../../thread/contract.js'
import type { Run, Across } from './chains.js'
import type { Meaning } from './meanings.js'
import type { Route } from './places.js'

/** One event that some step means. */
export interface Hit {
  readonly t: number
  readonly stream: number
  readonly row: number
  readonly step: number
  readonly subject: number
  readonly same: number
  /** Function events: which of the candidates. */
  readonly rank: number
  readonly target: number
}

/** What leads from one machine to the other. */
export interface Bridge {
  /** The vCPU whose thread a task of the host is, -1 = none of this guest's. */
  readonly vcpuOf: (tid: number) => number
  /** How far the guest's times may be off against the host's, to either side. */
  readonly accuracy: number
}

interface Followed {
  readonly runs: Run[]
  /** Runs that began and did not end. */
  readonly lost: number
  /** Runs that end with an event before which another of its kind lies, closer than the clocks can tell apart. */
  readonly unclear: number
}

interface Open {
  readonly hits: Hit[]
  next: number
  unclear: boolean
}

/** How a step leads to the next. */
type Lead = 'task' | 'cpu' | 'vcpu'

/** @param hits in the order of time; @param meanings of each step on its machine */
export function follow(
  session: Session,
  route: Route,
  meanings: readonly Meaning[],
  hits: readonly Hit[],
  chain: ChainDefinition,
  bridge: Bridge | null,
): Followed {
  const { streams } = session.table
  const last = chain.steps.length - 1
  const leads = meanings.map((m, i): Lead => {
    if (i === last) return 'task'
    if (route.machines[i] !== route.machines[i + 1]) return 'vcpu'
    return m.ofCpu || meanings[i + 1]!.ofCpu ? 'cpu' : 'task'
  })
  const waiting = {
    task: new Map<string | number, Open>(),
    cpu: new Map<string | number, Open>(),
    vcpu: new Map<string | number, Open>(),
  }
  /** By step that is reached from the other machine, and vCPU: the last event that could have been it. */
  const lately = new Map<string, number>()
  const doubt = bridge ? 2 * bridge.accuracy : 0
  const attributes = new Map<string, ReadonlyMap<string, string>>()
  const runs: Run[] = []
  let lost = 0
  let unclear = 0

  const vcpuOf = (h: Hit): number => {
    const s = streams[h.stream]!
    if (s.machine === route.guest) return s.cpu
    return bridge?.vcpuOf(h.subject >= 0 ? h.subject : s.pid[h.row]!) ?? -1
  }
  /** What a step and the next have in common; null: nothing leads there. */
  const keyOf = (h: Hit, from: number): string | number | null => {
    const lead = leads[from]!
    if (lead === 'task') return h.subject
    if (lead === 'cpu')
      return `${streams[h.stream]!.cpu}/${meanings[from]!.same === meanings[from + 1]!.same ? h.same : -1}`
    const vcpu = vcpuOf(h)
    return vcpu < 0 ? null : vcpu
  }

  const wait = (open: Open, h: Hit): void => {
    const from = h.step
    const key = keyOf(h, from)
    // What concerns no vCPU never was on its way across.
    if (key === null) return
    if (leads[from] === 'vcpu') {
      const before = lately.get(`${from + 1}/${key}`)
      if (before !== undefined && h.t - before < doubt) open.unclear = true
    }
    const map = waiting[leads[from]!]
    if (map.has(key)) lost++
    map.set(key, open)
  }
  const finish = (open: Open): void => {
    if (open.unclear) {
      unclear++
      return
    }
    const end = open.hits.at(-1)!
    const own = streams[end.stream]!
    const pid = end.subject >= 0 ? end.subject : own.pid[end.row]!
    const targets = open.hits
      .filter((h) => h.target >= 0 && streams[h.stream]!.machine === own.machine)
      .map((h) => h.target)
    const migrated = targets.length > 1 ? (targets[0] === targets.at(-1) ? 'no' : 'yes') : ''
    const times = Float64Array.from(open.hits, (h) => h.t)
    const order =
      bridge === null
        ? ''
        : leads.some((l, i) => l === 'vcpu' && times[i + 1]! - times[i]! < doubt)
          ? 'not certain'
          : 'certain'
    const key = `${own.machine}/${own.cpu}/${pid}/${migrated}/${order}`
    let map = attributes.get(key)
    if (!map) {
      const task = session.files[own.file]!.comm(pid)
      map = new Map([
        ['cpu', String(own.cpu)],
        ['task', task],
        ...(migrated ? [['migrated', migrated] as const] : []),
        ...(order ? [['guest', route.name] as const, ['order', order] as const] : []),
      ])
      attributes.set(key, map)
    }
    runs.push({
      environment: route.environment,
      session: route.name,
      id: String(runs.length + 1),
      attributes: map,
      stack: null,
      times,
      epoch: 0,
      place: null,
      positions: Uint32Array.from(open.hits, (h) => session.table.positionOf(h.stream, h.row)),
      across,
    })
  }
  const across: Across | null = bridge && { machines: route.machines, accuracy: bridge.accuracy }

  for (const h of hits) {
    if (h.step === 0) {
      wait({ hits: [h], next: 1, unclear: false }, h)
      continue
    }
    const lead = leads[h.step - 1]!
    const key = keyOf(h, h.step - 1)
    if (key === null) continue
    if (lead === 'vcpu') lately.set(`${h.step}/${key}`, h.t)
    const open = waiting[lead].get(key)
    if (!open || open.next !== h.step) continue
    waiting[lead].delete(key)
    open.hits.push(h)
    open.next++
    if (h.step === last) finish(open)
    else wait(open, h)
  }
  return { runs, lost: lost + waiting.task.size + waiting.cpu.size + waiting.vcpu.size, unclear }
}
