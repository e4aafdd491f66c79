// The clocks of a session: which method each machine uses, and what the events say about the guests'.

import {
  applyEstimate,
  assess,
  eventsAreBetter,
  healthOf,
  isUsable,
  judge,
  offsetsOf,
  type Assessment,
  type OffsetOf,
} from '../clocks/assess.js'
import { bridgeByEvents, bridgesByHead, type Bridge } from '../clocks/bridge.js'
import type { Scene } from '../clocks/estimate/gather.js'
import type { StreamColumns } from '../columns/event-table.js'
import type { Fault } from '../fault.js'
import { relateClocks, type Assessments, type EventRelation, type Relation } from '../clocks/relate.js'
import { sentence } from '../clocks/sentence.js'
import { venutoDeltas } from '../clocks/venuto.js'
import { RequestError } from '../fault.js'
import type { TraceFile } from '../readers/types.js'
import type {
  ClockChoice,
  ClockHealth,
  ClockPlaces,
  ClockMethod,
  ClockState,
  Family,
  MachineInfo,
} from '../thread/contract.js'
import type { MachineIndex } from '../units.js'

export type ClockChoices = Readonly<Record<number, ClockChoice>>

export class ClockBook {
  #assessments = new Map<MachineIndex, Assessment>()
  /** From the clocks of files of records to those of their machines' recordings. */
  #bridges: readonly Bridge[]

  constructor(
    private readonly files: readonly TraceFile[],
    private readonly family: Family,
  ) {
    this.#bridges = bridgesByHead(files, family)
  }

  /** What relates the records' clocks to the recordings'. */
  get bridgeFaults(): readonly Fault[] {
    return this.#bridges.map((b) => b.fault)
  }

  /** Looks among the events for what the heads do not tell of the records' clocks. Returns whether times have changed. */
  bridge(streams: readonly StreamColumns[]): boolean {
    const before = this.#bridges
    this.#bridges = before.map((b) => (b.open ? (bridgeByEvents(this.files, this.family, streams, b) ?? b) : b))
    return this.#bridges.some((b, i) => b !== before[i])
  }

  /** Guests whose host is open, hosts' guests before their own guests. */
  get guests(): readonly MachineInfo[] {
    return this.family.machines.filter((m) => m.parent !== null)
  }

  /** Forgets what was found out: the host's times have changed. */
  forget(): void {
    this.#assessments.clear()
  }

  relate(choices: ClockChoices): Relation {
    const bridges = new Map(this.#bridges.map((b) => [b.file, b.stage]))
    return relateClocks(this.files, this.family, choices, this.#relations(), bridges)
  }

  /** Assesses a guest unless that has been done. `scene` must hold its host's times as they are to stay. */
  assess(guest: MachineInfo, scene: Scene): Assessment {
    let a = this.#assessments.get(guest.machine)
    if (!a) {
      const known = this.#offsetsBy('recorded', guest, scene)
      a = assess(scene, guest, known)
      this.#assessments.set(guest.machine, a)
    }
    return a
  }

  /** The method the events support best for a guest that uses `method`. */
  better(guest: MachineInfo, method: ClockMethod, scene: Scene): ClockMethod {
    const a = this.assess(guest, scene)
    const offsets = this.#offsetsBy(method, guest, scene)
    if (a.gathered.lacking || !offsets) return method
    // Where nothing relates the clocks, whatever the events say is better.
    if (method === 'from-start' && isUsable(a)) return 'events'
    return eventsAreBetter(a, judge(a, method, offsets).report) ? 'events' : method
  }

  /** States of all machines' clocks, with the verdicts on those that have been assessed. */
  states(relation: Relation, scene: Scene): readonly ClockState[] {
    return relation.states.map((state) => {
      const assessment = this.#assessments.get(state.machine)
      if (!assessment || assessment.gathered.lacking) return state
      const guest = this.family.machines[state.machine]!
      const { report } = judge(assessment, state.method, offsetsOf(relation, scene, guest))
      const words = { assessment, unit: relation.unit, method: state.method, guestName: guest.name }
      return { ...state, verdict: report.verdict, accuracy: report.accuracy, statement: sentence(words, report) }
    })
  }

  /** Where a guest's events lie under the given choices. */
  places(machine: MachineIndex, choices: ClockChoices, scene: Scene): ClockPlaces {
    const guest = this.#guest(machine)
    const assessment = this.assess(guest, scene)
    const relation = this.relate(choices)
    const { inside, outside, beyond } = judge(
      assessment,
      relation.states[machine]!.method,
      offsetsOf(relation, scene, guest),
    ).places
    return { inside, outside, beyond }
  }

  #guest(machine: MachineIndex): MachineInfo {
    const guest = this.guests.find((g) => g.machine === machine)
    if (guest) return guest
    const name = this.family.machines[machine]?.name ?? `Machine ${machine}`
    throw new RequestError(`${name} is no guest of an opened host, so there is nothing to hold its clock against.`)
  }

  /** The health card of a guest under the choices in use. */
  async health(machine: MachineIndex, choices: ClockChoices, scene: Scene): Promise<ClockHealth> {
    const guest = this.#guest(machine)
    const assessment = this.assess(guest, scene)
    const relation = this.relate(choices)
    const state = relation.states[machine]!
    const methods = (['recorded', 'compat', 'events'] as const).filter(
      (m) => m !== state.method && state.available.includes(m),
    )
    return healthOf({
      assessment,
      method: state.method,
      offsets: offsetsOf(relation, scene, guest),
      others: methods.flatMap((method) => {
        const offsets = this.#offsetsBy(method, guest, scene)
        return offsets ? [{ method, offsets }] : []
      }),
      deltas: await venutoDeltas(scene, guest, assessment),
      unit: relation.unit,
      guestName: guest.name,
      epochs: relation.epoch - this.files[guest.files[0]!]!.meta.epoch,
    })
  }

  #offsetsBy(method: ClockMethod, guest: MachineInfo, scene: Scene): OffsetOf | null {
    const relation = this.#relateBy(method, guest)
    return relation && offsetsOf(relation, scene, guest)
  }

  /** The relation with one guest by some method; null where that method is not to be had. */
  #relateBy(method: ClockMethod, guest: MachineInfo): Relation | null {
    const assessment = this.#assessments.get(guest.machine)
    const possible = method !== 'events' || (assessment && this.#eventRelation(assessment).lacking === null)
    const shifted = guest.files.some((f) => this.files[f]!.meta.timeShift !== null)
    if (!possible || ((method === 'recorded' || method === 'compat') && !shifted)) return null
    return this.relate({ [guest.machine]: { method } })
  }

  #relations(): Assessments {
    return new Map([...this.#assessments].map(([machine, a]) => [machine, this.#eventRelation(a)]))
  }

  #eventRelation(a: Assessment): EventRelation {
    const lacking =
      a.gathered.lacking ??
      (a.estimate.pieces.length === 0 || a.estimate.accuracy === null
        ? 'The events of guest and host give no relation of their clocks.'
        : null)
    return { lacking, apply: (cpu, ticks, n, out) => applyEstimate(a, cpu, ticks, n, out) }
  }
}
