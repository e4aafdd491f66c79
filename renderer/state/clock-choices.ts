// Choices of the machines' clocks, whoever makes them, and the way back from each.

import { batch, computed, signal } from '@preact/signals'
import type { ClockChoice, EngineApi, EventRow, SessionInfo } from '../../workers/thread/contract.js'
import { viewRow } from '../../workers/units.js'
import type { MachineIndex } from '../../workers/units.js'
import { noHistory, remember, travel } from './history.js'
import type { History } from './history.js'
import { cpuTrack, details, engine, selection, session, setSession } from './session-state.js'
import { changed } from './undo.js'

/** Choices of all machines at one moment, by machine. */
type Choices = readonly Required<ClockChoice>[]

const history = signal<History<Choices>>(noHistory)
export const canUndoClock = computed(() => history.value.past.length > 0)
export const canRedoClock = computed(() => history.value.future.length > 0)

const choicesOf = (info: SessionInfo): Choices => info.clocks.map(({ method, offset }) => ({ method, offset }))
const same = (a: ClockChoice | undefined, b: ClockChoice): boolean =>
  a !== undefined && a.method === b.method && (a.offset ?? '0') === (b.offset ?? '0')

/** The steps taken and taken back, to be kept with the session. */
export const clockSteps = computed(() => history.value)

/** For a session that is new: its choices have no past but what was kept of it, where that is of as many machines. */
export function setClockSteps(info: SessionInfo, steps: History<Choices> = noHistory): void {
  const fits = [...steps.past, ...steps.future].every((choices) => choices.length === info.clocks.length)
  history.value = fits ? steps : noHistory
}

/** Number of an event among those of its CPU: no clock changes that, while positions are of one order of all events. */
async function numberOnCpu(api: EngineApi, event: EventRow): Promise<number> {
  const { view } = await api.createView({ tracks: [cpuTrack(event)] })
  const { row } = await api.rowOf(view, event.position)
  await api.dropView(view)
  return row
}
async function eventOfCpu(api: EngineApi, track: string, number: number): Promise<EventRow | undefined> {
  const { view } = await api.createView({ tracks: [track] })
  const [event] = await api.rows(view, viewRow(number), 1)
  await api.dropView(view)
  return event
}

/** Sets a clock and keeps the selected event selected, wherever it now stands in the order of events. */
async function setClock(api: EngineApi, machine: MachineIndex, choice: ClockChoice): Promise<void> {
  const chosen = selection.peek()
  const event = details.peek()
  const known = chosen && event?.position === chosen.position ? event : null
  const number = known ? await numberOnCpu(api, known) : null
  const info = await api.setClock(machine, choice)
  const again = known && number !== null ? await eventOfCpu(api, cpuTrack(known), number) : undefined
  batch(() => {
    setSession(info, false)
    if (selection.peek() !== chosen) return
    selection.value = chosen && again ? { ...chosen, position: again.position, t: again.t } : null
  })
}

/** Uses a clock; answers whether anything changed. */
export async function chooseClock(machine: MachineIndex, choice: ClockChoice): Promise<boolean> {
  const api = engine.peek()
  const info = session.peek()
  if (!api || !info || same(info.clocks[machine], choice)) return false
  const before = choicesOf(info)
  await setClock(api, machine, choice)
  history.value = remember(history.peek(), before)
  changed('clocks')
  return true
}

/** Goes back (-1) or forward (+1) by one choice. */
export async function travelClocks(direction: 1 | -1): Promise<void> {
  const api = engine.peek()
  const info = session.peek()
  const to = info && travel(history.peek(), choicesOf(info), direction)
  if (!api || !to) return
  history.value = to.history
  for (const { machine } of info.clocks) {
    const choice = to.value[machine]
    const now = session.peek()?.clocks[machine]
    if (choice && now && !same(now, choice)) await setClock(api, machine, choice)
  }
}

/** The choice that moves a machine's times by `by` session units from where they are. */
export function movedBy(info: SessionInfo, machine: MachineIndex, by: number): ClockChoice | null {
  const clock = info.clocks[machine]
  // Decimal: offsets of unrelated clocks exceed what a double holds exactly.
  return clock ? { method: clock.method, offset: (BigInt(clock.offset) + BigInt(Math.round(by))).toString() } : null
}

/** Moves a machine's events by `by` session units, on top of what its clock relation says now. Answers whether they moved. */
export async function moveMachine(machine: MachineIndex, by: number): Promise<boolean> {
  const info = session.peek()
  const choice = info && movedBy(info, machine, by)
  return choice !== null && chooseClock(machine, choice)
}

/** Whether a machine's times may be moved against the others: the first that is nobody's guest stands still. */
export function isMovable(info: SessionInfo, machine: MachineIndex): boolean {
  return info.machines.length > 1 && info.machines.find((m) => m.parent === null)?.machine !== machine
}

/** An event, as far as aligning is concerned. */
interface Placed {
  readonly machine: MachineIndex
  readonly t: number
}

/**
 * What to move, and how far, so that two events of different machines coincide: the machine of `here` where that may be moved and
 * is no host of the other's. null where nothing can be done.
 */
export function coincidence(
  info: SessionInfo,
  here: Placed,
  there: Placed,
): { readonly machine: MachineIndex; readonly by: number } | null {
  if (here.machine === there.machine) return null
  const hostsThere = info.machines[there.machine]?.parent === here.machine
  const moves = isMovable(info, here.machine) && !(hostsThere && isMovable(info, there.machine)) ? here : there
  if (!isMovable(info, moves.machine)) return null
  return { machine: moves.machine, by: moves === here ? there.t - here.t : here.t - there.t }
}
