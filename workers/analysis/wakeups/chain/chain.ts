// The chain that a wake-up is part of: back through wakers that had themselves just been woken and across the boundary to the
// host, and from a vCPU's wake-up forward into its guest.

import type { FusedModel } from '../../../model/fuse/build.js'
import type { Runs } from '../../../model/runs.js'
import type { Session } from '../../../model/session.js'
import {
  WakeupMark,
  type ChainLimits,
  type ChainLink,
  type Grade,
  type LatencySegment,
  type WakeupChain,
  type WakeupRow,
} from '../../../thread/contract.js'
import { machineIndex, sessionTime } from '../../../units.js'
import { recordAt } from '../../../table/details.js'
import { Context, contexts, NONE_16, type Wakeups } from '../columns.js'
import { worst } from '../grade.js'
import { linkId } from '../ids.js'
import type { Rows } from '../rows.js'
import type { TaskWakeups } from '../tasks.js'
import { interruptAt, interruptLabel } from '../waker.js'
import { Around } from './around.js'
import { aroundVcpu, boundaryOf, vcpuOf, type Boundary, type FoundHop } from './boundary.js'
import { HopMaker, numbered, type HopWorld } from './hops.js'
import { wokenWaker } from './links.js'
import { raisedBy } from './softirq.js'
import { segmentsOf, splitOf, type Stretch } from './segments.js'

const WAKEUPS = 8
const WITHIN = 1_000_000
/** Wake-ups of a guest tried as what a vCPU was woken for. */
const FORWARD = 8

/** What of the segments lies between the waking and the run of one wake-up. */
function cut(segments: readonly LatencySegment[], row: WakeupRow | undefined): LatencySegment[] {
  if (!row?.running) return []
  const [from, to] = [row.waking.t, row.running.t]
  return segments.flatMap((s) =>
    s.to > from && s.from < to
      ? [{ ...s, from: sessionTime(Math.max(s.from, from)), to: sessionTime(Math.min(s.to, to)) }]
      : [],
  )
}

/** One wake-up of a chain and how it is reached. */
interface Step {
  readonly wakeup: number
  /** How the wake-up before it (or the host) leads to it; null for the first. */
  readonly link: {
    readonly kind: ChainLink['kind']
    readonly from: number | null
    readonly grade: Grade
    readonly because: string
  } | null
  readonly boundary: Boundary | null
}

interface ChainParts {
  readonly session: Session
  readonly runs: Runs
  readonly w: Wakeups
  readonly tasks: TaskWakeups
  readonly rows: Rows
  /** null where no machine is a guest and no thread a vCPU. */
  readonly model: FusedModel | null
}

export class Chains {
  readonly around: Around

  constructor(private readonly parts: ChainParts) {
    this.around = new Around(parts.session)
  }

  async of(selected: number, limits: ChainLimits, signal?: AbortSignal): Promise<WakeupChain> {
    const most = Math.max(1, limits.wakeups ?? WAKEUPS)
    const within = limits.within ?? WITHIN
    const notes: string[] = []
    const { w } = this.parts
    const tail = await this.#forward(selected, signal)
    const steps: Step[] = []
    let at = tail ?? selected
    while (true) {
      signal?.throwIfAborted()
      const step = await this.#step(at, within, notes, signal)
      steps.unshift(step)
      const from = step.link?.from ?? null
      if (from === null || steps.some((s) => s.wakeup === from)) break
      if (steps.length >= most) {
        notes.push(`It goes further back; ${most} wake-ups are shown.`)
        break
      }
      at = from
    }
    // What was asked for may be one of several wake-ups of the same task before one run.
    if (w.marks[selected]! & WakeupMark.Repeated)
      notes.push('The task had been woken before and was about to run anyway.')
    return this.#assemble(steps, selected, notes, signal)
  }

  /** What a vCPU was woken for: the first wake-up in its guest that leads back to this one; null for all other tasks. */
  async #forward(i: number, signal?: AbortSignal): Promise<number | null> {
    const { w, model, runs } = this.parts
    const v = model?.vcpus.find((x) => x.host === w.machine[i] && x.tid === w.wakee[i])
    if (!v || v.guest === null || w.runCpu[i] === NONE_16) return null
    const world = this.#boundaryWorld()!
    const doubt = world.doubt(v.guest) ?? 0
    const from = w.runT[i]! - doubt
    const to = runs.intervals.t[w.runEntry[i]! + 1]! + doubt
    let tried = 0
    for (let k = this.#firstFrom(from); k < w.count && w.wakingT[k]! <= to && tried < FORWARD; k++) {
      if (w.machine[k] !== v.guest || this.around.stream(w.wakingStream[k]!).cpu !== v.vcpu) continue
      tried++
      if (!this.#interrupted(k)) continue
      const back = await boundaryOf(world, k, signal)
      if (typeof back !== 'string' && back.from === i) return k
    }
    return null
  }

  #firstFrom(t: number): number {
    const { wakingT, count } = this.parts.w
    let lo = 0
    let hi = count
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      if (wakingT[mid]! < t) lo = mid + 1
      else hi = mid
    }
    return lo
  }

  /** Whether an interrupt woke. Where no flags say so: the idle task wakes nobody. Softirqs of ksoftirqd are a task's. */
  #interrupted(i: number): boolean {
    const { w, rows } = this.parts
    const context = w.context[i]
    if (context === Context.Softirq) {
      const { name } = rows.actor(machineIndex(w.machine[i]!), w.waker[i]!)
      return !name.startsWith('ksoftirqd/')
    }
    return context === Context.Unknown ? w.waker[i] === 0 : context !== Context.Task || w.waker[i] === 0
  }

  async #step(i: number, within: number, notes: string[], signal?: AbortSignal): Promise<Step> {
    const { w, tasks, runs, rows, session } = this.parts
    const alone: Step = { wakeup: i, link: null, boundary: null }
    const machine = w.machine[i]!
    if (this.#interrupted(i)) {
      const world = this.#boundaryWorld()
      if (session.machines[machine]!.parent === null || !world) return alone
      const boundary = await boundaryOf(world, i, signal)
      if (typeof boundary === 'string') {
        notes.push(boundary)
        return alone
      }
      const { from, grade, because, raised, entered } = boundary
      // Nothing of the host is part of it: a link would lead nowhere.
      if (from === null && raised.length + entered.length === 0) {
        notes.push(because)
        return alone
      }
      return { wakeup: i, link: { kind: 'boundary', from, grade, because }, boundary }
    }
    const name = (m: number, pid: number): string => rows.actor(machineIndex(m), pid).name
    const found = wokenWaker(w, tasks, runs, i, within, name)
    if (typeof found === 'string') {
      notes.push(found)
      return alone
    }
    return { wakeup: i, link: { kind: 'woken waker', ...found }, boundary: null }
  }

  #boundaryWorld(): Parameters<typeof boundaryOf>[0] | null {
    const { model, runs, w, tasks } = this.parts
    return model && { around: this.around, model, runs, w, tasks, doubt: (m) => this.#doubt(m) }
  }

  /** 2 x the accuracy of a machine's times against those of the outermost host; null = nothing is known of it. */
  #doubt(machine: number): number | null {
    const { machines, clocks } = this.parts.session
    const { parent } = machines[machine]!
    if (parent === null) return 0
    const outer = this.#doubt(parent)
    const accuracy = clocks.find((c) => c.machine === machine)?.accuracy ?? null
    return outer === null || accuracy === null ? null : outer + 2 * accuracy
  }

  async #assemble(
    steps: readonly Step[],
    selected: number,
    notes: readonly string[],
    signal?: AbortSignal,
  ): Promise<WakeupChain> {
    const { session, rows, model } = this.parts
    const wakeups = await rows.describe(
      steps.map((s) => s.wakeup),
      signal,
    )
    const world: HopWorld = {
      around: this.around,
      w: this.parts.w,
      actor: (m, pid) => rows.actor(machineIndex(m), pid),
      recorded: (i) => rows.recorded(i),
      firstRead: (i) => rows.firstRead(i),
      isVcpu: (m, pid) => model?.vcpus.some((v) => v.host === m && v.tid === pid) ?? false,
      doubt: (m) => this.#doubt(m),
    }
    const maker = new HopMaker(world, (m) => session.machines[m]!.parent !== null)
    const drafts: Awaited<ReturnType<HopMaker['wakeup']>> = []
    const inside = await this.#intoGuest(steps.at(-1)!.wakeup, signal)
    for (const [k, step] of steps.entries()) {
      const next = steps[k + 1]?.boundary ?? (k === steps.length - 1 ? inside : null)
      const lead = k === 0 ? await this.#before(step, signal) : []
      // What raised the interrupt may be the very handler that woke.
      const known = (hop: FoundHop): boolean =>
        next?.raised.some((r) => r.spot.stream === hop.spot.stream && r.spot.row === hop.spot.row) ?? false
      drafts.push(
        ...(await maker.found(
          lead.filter((hop) => !known(hop)),
          signal,
        )),
      )
      if (next) drafts.push(...(await maker.found(next.raised, signal)))
      drafts.push(...(await maker.wakeup(wakeups[k]!, signal)))
      if (next) drafts.push(...(await maker.found(next.entered, signal)))
    }
    drafts.push(...maker.read(wakeups.at(-1)!))
    const hops = numbered(world, drafts)
    const links = steps.flatMap(({ link }, k): ChainLink[] =>
      link ? [{ ...link, id: linkId(link.kind, wakeups[k]!.id), to: wakeups[k]!.wakeup }] : [],
    )
    const from = hops[0]!.t
    const entry = inside?.entered.at(-1)?.spot
    const stretches = [
      ...this.#stretches(steps, wakeups),
      ...(entry ? [{ to: entry.t, layer: 'hypervisor' as const, row: -1 }] : []),
    ]
    const { segments, unsplit } = segmentsOf(from, stretches, model)
    const to = segments.at(-1)?.to ?? from
    const grade = [...wakeups, ...links].reduce<Grade>((g, x) => worst(g, x.grade), 'EXACT')
    return {
      version: session.version,
      id: wakeups.at(-1)!.id,
      from,
      to: sessionTime(to),
      wakeups,
      selected,
      hops,
      links,
      grade,
      segments,
      split: splitOf(segments),
      ownSplit: splitOf(
        cut(
          segments,
          wakeups.find((r) => r.wakeup === selected),
        ),
      ),
      unsplit,
      notes: [...new Set([...notes, ...this.#doubts(hops)])],
    }
  }

  /** Of the last wake-up, if that is of a vCPU: what KVM recorded of its way into the guest. */
  async #intoGuest(i: number, signal?: AbortSignal): Promise<Awaited<ReturnType<typeof aroundVcpu>> | null> {
    const { w, model } = this.parts
    const v = model?.vcpus.find((x) => x.host === w.machine[i] && x.tid === w.wakee[i])
    return v ? aroundVcpu(this.#boundaryWorld()!, v, i, signal) : null
  }

  /** What comes before the first wake-up: across the boundary, or the interrupt that woke. */
  async #before({ wakeup, boundary }: Step, signal?: AbortSignal): Promise<readonly FoundHop[]> {
    if (boundary) return [...boundary.raised, ...boundary.entered]
    const { session, w } = this.parts
    const stream = w.wakingStream[wakeup]!
    const s = this.around.stream(stream)
    const handler = interruptAt(session, s, w.wakingRow[wakeup]!, contexts[w.context[wakeup]!]!)
    if (!handler) return []
    const record = await recordAt(session, s, handler.row, signal)
    const spot = { stream, row: handler.row, t: s.t[handler.row]! }
    const raised = handler.name === 'softirq_entry' ? await raisedBy(this.around, stream, handler.row, signal) : []
    return [...raised, { kind: 'interrupt', spot, label: interruptLabel(handler.name, record) }]
  }

  #doubts(hops: WakeupChain['hops']): string[] {
    const first = hops.find((h) => !h.orderCertain)
    if (!first) return []
    const { number } = first
    return [
      `The order of hop ${number - 1} and hop ${number} is not certain: their clocks are not known that well against each other.`,
    ]
  }

  #stretches(steps: readonly Step[], wakeups: readonly WakeupRow[]): Stretch[] {
    const { model, session } = this.parts
    const stretches: Stretch[] = []
    for (const [k, row] of wakeups.entries()) {
      const guest = session.machines[row.machine]!.parent !== null
      const { link, boundary } = steps[k]!
      const vcpu = (cpu: number): number => (model && guest ? (vcpuOf(model, row.machine, cpu)?.row ?? -1) : -1)
      const before = k === 0 ? (boundary ? 'guest irq' : guest ? 'guest irq' : 'host irq') : 'running'
      const layer = link?.kind === 'boundary' ? 'guest irq' : before
      stretches.push({ to: row.waking.t, layer, row: vcpu(row.waking.cpu) })
      const end = row.running?.t ?? row.activated?.t ?? row.waking.t
      const cpu = row.running?.cpu ?? row.waking.cpu
      stretches.push({ to: end, layer: guest ? 'guest scheduling' : 'host scheduling', row: vcpu(cpu) })
    }
    return stretches
  }
}
