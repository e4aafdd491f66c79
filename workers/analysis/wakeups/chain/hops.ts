// The hops of a chain: every step with its time, place, actor, and stack.

import { recordAt, stacksBehind } from '../../../table/details.js'
import { trackId } from '../../../model/tracks.js'
import {
  WakeupMark,
  type Actor,
  type ChainHop,
  type HopKind,
  type HopLayer,
  type WakeContext,
  type WakeMoment,
  type WakeupRow,
} from '../../../thread/contract.js'
import { machineIndex, position, sessionTime } from '../../../units.js'
import { contexts, NONE, type Wakeups } from '../columns.js'
import type { FirstRead } from '../rows.js'
import { offsetIn, symbolOf } from '../../stacks/frames.js'
import { folded } from '../stacks/frames.js'
import { numberOf } from '../../../model/fuse/handlers/marks.js'
import type { Around, Spot } from './around.js'
import type { FoundHop } from './boundary.js'

export interface HopWorld {
  readonly around: Around
  readonly w: Wakeups
  actor(machine: number, pid: number): Actor
  /** Whether the task is the thread of a vCPU. */
  isVcpu(machine: number, pid: number): boolean
  /** Stack and event of the record that joined a wake-up; null where there is none. */
  recorded(i: number): { readonly position: number; readonly frames: readonly string[] } | null
  /** First timekeeping read of the woken task, where a record tells it. */
  firstRead(i: number): FirstRead | null
  /** 2 x half-width of the relation of a machine's clock to the session's; null = nothing can be stated. */
  doubt(machine: number): number | null
}

type Draft = Omit<ChainHop, 'number' | 'since' | 'orderCertain'>

/** Numbers hops and holds their order against what the clocks allow to say. */
export function numbered(world: HopWorld, drafts: readonly Draft[]): ChainHop[] {
  return drafts.map((d, i) => {
    const before = drafts[i - 1]
    const since = before ? d.t - before.t : null
    return { ...d, number: i + 1, since, orderCertain: !before || certain(world, before, d) }
  })
}

function certain(world: HopWorld, a: Draft, b: Draft): boolean {
  if (a.machine === b.machine) return true
  const one = world.doubt(a.machine)
  const other = world.doubt(b.machine)
  return one !== null && other !== null && b.t - a.t >= one + other
}

export class HopMaker {
  constructor(
    private readonly world: HopWorld,
    private readonly isGuest: (machine: number) => boolean,
  ) {}

  #layer(machine: number, pid: number, context: WakeContext): HopLayer {
    // The idle task wakes nobody by itself.
    const irq = context === 'irq' || context === 'softirq' || context === 'nmi' || pid === 0
    if (this.isGuest(machine)) return irq ? 'guest irq' : 'guest task'
    if (irq) return 'host irq'
    return this.world.isVcpu(machine, pid) ? 'vcpu' : 'host task'
  }

  /** Steps that are no part of a wake-up. */
  async found(hops: readonly FoundHop[], signal?: AbortSignal): Promise<Draft[]> {
    const { around } = this.world
    const drafts: Draft[] = []
    for (const { kind, spot, label } of hops) {
      const s = around.stream(spot.stream)
      const pid = s.pid[spot.row]!
      const name = around.name(s, spot.row)
      // A task may raise a softirq too.
      const raised = name === 'softirq_raise' ? await this.#context(spot.stream, spot.row, signal) : null
      const context: WakeContext =
        raised ??
        (kind !== 'interrupt' || name.startsWith('kvm_') ? 'task' : name === 'softirq_entry' ? 'softirq' : 'irq')
      const irq = this.isGuest(s.machine) ? 'guest irq' : 'host irq'
      drafts.push({
        kind,
        layer: raised ? this.#layer(s.machine, pid, raised) : kind === 'interrupt' ? irq : 'vcpu',
        ...this.#place(s.machine, s.cpu, pid),
        t: sessionTime(spot.t),
        position: this.#positionOf(spot),
        actor: this.world.actor(s.machine, pid),
        context,
        label,
        wakeup: null,
        id: null,
        stack: await this.#stack(spot.stream, spot.row, signal),
        record: null,
      })
    }
    return drafts
  }

  /** waking, wakeup and switch of one wake-up; the waking alone where the others are not recorded. */
  async wakeup(row: WakeupRow, signal?: AbortSignal): Promise<Draft[]> {
    const { w } = this.world
    const i = row.wakeup
    const { machine } = row
    const drafts: Draft[] = []
    const make = (kind: HopKind, at: WakeMoment, actor: Actor, context: WakeContext, label: string): Draft => ({
      kind,
      layer: this.#layer(machine, actor.pid, context),
      ...this.#place(machine, at.cpu, actor.pid),
      t: at.t,
      position: at.position,
      actor,
      context,
      label,
      wakeup: i,
      id: row.id,
      stack: null,
      record: kind === 'waking' ? row.record : null,
    })
    const by = row.waker
    const how = by.context === 'task' || by.context === 'unknown' ? '' : `${by.label} `
    const waking = make('waking', row.waking, by.task, by.context, `${how}wakes ${row.wakee.name}`)
    const stack = (await this.#stack(w.wakingStream[i]!, w.wakingRow[i]!, signal)) ?? this.#recorded(i)
    drafts.push({ ...waking, stack })
    const migration = row.migrated ? await this.#migration(row, signal) : null
    if (migration) {
      const at = {
        t: sessionTime(migration.t),
        cpu: row.waking.cpu,
        position: this.#positionOf(migration),
        notBefore: null,
      }
      const label = `${row.wakee.name} moves from CPU ${row.cpuBefore} to CPU ${row.cpuAfter}`
      drafts.push(make('migrate', at, by.task, by.context, label))
    }
    if (row.activated && !(row.marks & WakeupMark.NoWaking)) {
      const s = this.world.around.stream(w.wakeupStream[i]!)
      const pid = s.pid[w.wakeupRow[i]!]!
      const moved = row.migrated && !migration ? `, moved from CPU ${row.cpuBefore}` : ''
      const label = `${row.wakee.name} is ready on CPU ${row.cpuAfter}${moved}`
      const context = await this.#context(w.wakeupStream[i]!, w.wakeupRow[i]!, signal)
      const stack = w.wakeupRow[i] === NONE ? null : await this.#stack(w.wakeupStream[i]!, w.wakeupRow[i]!, signal)
      drafts.push({ ...make('wakeup', row.activated, this.world.actor(machine, pid), context, label), stack })
    }
    if (row.running) {
      const told = row.running.position === null ? 'runs, at the latest from here on' : 'runs'
      drafts.push(make('switch', row.running, row.wakee, 'task', `${row.wakee.name} ${told}`))
    }
    return drafts
  }

  /** The sched_migrate_task that is part of a wake-up; null where none is recorded. */
  async #migration(
    { machine, wakee, waking, activated, running }: WakeupRow,
    signal?: AbortSignal,
  ): Promise<Spot | null> {
    const { around } = this.world
    const to = activated?.t ?? running?.t ?? waking.t
    const { found } = around.within(around.streamsOf(machine), waking.t, to, (name) => name === 'sched_migrate_task')
    for (const spot of found) {
      const record = await recordAt(around.session, around.stream(spot.stream), spot.row, signal)
      if (numberOf(record, 'pid', -1) === wakee.pid) return spot
    }
    return null
  }

  #positionOf({ stream, row }: Spot): Draft['position'] {
    return position(this.world.around.session.table.positionOf(stream, row))
  }

  #place(machine: number, cpu: number, pid: number): Pick<Draft, 'machine' | 'cpu' | 'cpuTrack' | 'taskTrack'> {
    const m = machineIndex(machine)
    return {
      machine: m,
      cpu,
      cpuTrack: trackId({ kind: 'cpu', machine: m, cpu }),
      taskTrack: pid > 0 ? trackId({ kind: 'task', machine: m, pid }) : null,
    }
  }

  async #context(stream: number, row: number, signal?: AbortSignal): Promise<WakeContext> {
    const { around } = this.world
    const record = await recordAt(around.session, around.stream(stream), row, signal)
    const flags = record.field('common_flags')
    if (typeof flags !== 'number') return contexts[4]!
    return flags & 0x40 ? 'nmi' : flags & 0x08 ? 'irq' : flags & 0x10 ? 'softirq' : 'task'
  }

  /** Where a record follows the wake-up on to the first time the woken task reads the clock. */
  read(row: WakeupRow): Draft[] {
    const read = this.world.firstRead(row.wakeup)
    if (!read || (row.running && read.t < row.running.t)) return []
    const { machine, wakee } = row
    return [
      {
        kind: 'read',
        layer: this.#layer(machine, wakee.pid, 'task'),
        ...this.#place(machine, read.cpu, wakee.pid),
        t: sessionTime(read.t),
        position: position(read.position),
        actor: wakee,
        context: 'task',
        label: `${wakee.name} reads the time first${read.function ? `: ${read.function}` : ''}`,
        wakeup: row.wakeup,
        id: row.id,
        stack: read.frames && this.#frames(read.position, read.frames),
        record: null,
      },
    ]
  }

  #frames(at: number, all: readonly string[]): NonNullable<ChainHop['stack']> {
    const frames = all.map((frame) => ({ symbol: symbolOf(frame), offset: offsetIn(frame), address: '' }))
    return { position: position(at), folded: folded(frames.map((f) => f.symbol)), frames }
  }

  /** What a collector recorded where the recording itself has no stack. */
  #recorded(i: number): ChainHop['stack'] {
    const found = this.world.recorded(i)
    return found && this.#frames(found.position, found.frames)
  }

  async #stack(stream: number, row: number, signal?: AbortSignal): Promise<ChainHop['stack']> {
    const { around } = this.world
    const stacks = await stacksBehind(around.session, around.stream(stream), row, signal)
    const kernel = stacks.find((s) => s.kind === 'kernel')
    if (!kernel) return null
    const skip = folded(kernel.frames.map((f) => f.symbol))
    return { position: kernel.position, folded: skip, frames: kernel.frames }
  }
}
