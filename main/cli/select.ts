import { RequestError } from '../../workers/fault.js'
import type { Session } from '../../workers/model/session.js'
import { eventMatcher } from '../../workers/table/filter/spec.js'
import type { FilterSpec, MachineInfo } from '../../workers/thread/contract.js'
import { sessionTime } from '../../workers/units.js'

/** What the user asked `remora events` for, as text. */
export interface Selection {
  readonly from?: string
  readonly to?: string
  readonly cpu?: readonly string[]
  readonly event?: readonly string[]
  readonly machine?: readonly string[]
  readonly filter?: string
}

const list = (texts: readonly string[] | undefined): string[] =>
  (texts ?? []).flatMap((text) => text.split(',')).filter((text) => text !== '')

/** The engine's filter for a selection. Throws RequestError naming what no file has. */
export function filterOf(session: Session, selection: Selection): FilterSpec {
  const machines = machinesOf(session.machines, list(selection.machine))
  const events = list(selection.event)
  for (const pattern of events) {
    if (!session.eventTypes.some(eventMatcher([pattern])))
      throw new RequestError(`No file knows an event "${pattern}".`)
  }
  const cpus = list(selection.cpu)
  return {
    ...(machines ? { machines: machines.map((m) => m.machine) } : {}),
    ...(events.length > 0 ? { events } : {}),
    ...(cpus.length > 0 ? { tracks: cpuTracks(machines ?? session.machines, cpus) } : {}),
    ...(selection.filter !== undefined ? { expression: selection.filter } : {}),
    ...(selection.from !== undefined ? { from: sessionTime(timeOf(session, '--from', selection.from)) } : {}),
    ...(selection.to !== undefined ? { to: sessionTime(timeOf(session, '--to', selection.to)) } : {}),
  }
}

function machinesOf(machines: readonly MachineInfo[], names: readonly string[]): MachineInfo[] | null {
  if (names.length === 0) return null
  return names.flatMap((name) => {
    const found = machines.filter((m) => m.name === name)
    if (found.length > 0) return found
    throw new RequestError(`There is no machine "${name}"; there is ${machines.map((m) => m.name).join(', ')}.`)
  })
}

function cpuTracks(machines: readonly MachineInfo[], texts: readonly string[]): string[] {
  return texts.flatMap((text) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(text)
    if (!match) throw new RequestError(`--cpu takes numbers and ranges such as 0,2-3, not "${text}".`)
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    const tracks = machines.flatMap((m) =>
      m.cpus.filter((cpu) => cpu >= first && cpu <= last).map((cpu) => `m${m.machine}/cpu${cpu}`),
    )
    if (tracks.length === 0) throw new RequestError(`No machine has a CPU ${text}.`)
    return tracks
  })
}

/**
 * A time as the events' lines show it (seconds with up to nine decimals, or ticks), or `+…` counted from the first event.
 * Answers session time. Throws RequestError for anything else.
 */
export function timeOf(session: Pick<Session, 'epoch' | 'unit' | 'from'>, option: string, text: string): number {
  const match = /^(\+?)(-?\d+)(?:\.(\d{1,9}))?$/.exec(text)
  const ticks = session.unit === 'ticks'
  if (!match || (ticks && match[3] !== undefined)) {
    const form = ticks ? 'ticks' : 'seconds such as 6633.304885509'
    throw new RequestError(`${option} takes ${form}, or +… from the first event, not "${text}".`)
  }
  const [, relative, whole = '0', fraction = ''] = match
  const nanoseconds = BigInt(whole) * 1_000_000_000n
  const part = BigInt(fraction.padEnd(9, '0')) * (whole.startsWith('-') ? -1n : 1n)
  const value = ticks ? BigInt(whole) : nanoseconds + part
  return relative ? session.from + Number(value) : Number(value - session.epoch)
}
