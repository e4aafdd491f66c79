import type { Fault } from '../../workers/fault.js'
import { boundText, lengthText } from '../../workers/clocks/sentence.js'
import type { ClockHealth, ClockPlaces, SessionInfo } from '../../workers/thread/contract.js'
import { version } from '../version.js'
import { grouped, plural } from './text.js'

/** What must hold; null = no limit. */
export interface Limits {
  /** Session units. */
  readonly maxError: number | null
  /** Guest events. */
  readonly maxOutside: number | null
}

export interface GuestClock extends ClockHealth {
  readonly name: string
  readonly host: string
  readonly files: readonly string[]
  /** Trace clocks of guest and host. */
  readonly clock: string
  readonly hostClock: string
  /** Where the guest's events lie under the method in use. */
  readonly places: ClockPlaces
}

/** What `remora clocks --json` prints: docs/schema/clocks.schema.json. */
export interface ClocksReport {
  readonly remora: string
  /** Of all lengths; times are counted from `epoch`. */
  readonly unit: 'ns' | 'ticks'
  readonly epoch: string
  readonly guests: readonly GuestClock[]
  readonly limits: Limits
  /** One sentence a limit that is exceeded. */
  readonly failures: readonly string[]
  readonly faults: readonly Fault[]
}

export function clocksReport(info: SessionInfo, cards: readonly ClockHealth[], limits: Limits): ClocksReport {
  const { unit, epoch, machines, files, faults } = info
  const clockOf = (machine: number): string =>
    info.clocks.find((c) => c.machine === machine)?.clock ?? files[machines[machine]!.files[0]!]!.clock
  const guests = cards.map((health): GuestClock => {
    const guest = machines[health.machine]!
    const { inside, outside, beyond } = health.methods.find((m) => m.method === health.method)!
    return {
      name: guest.name,
      host: machines[guest.parent!]!.name,
      files: guest.files.map((file) => files[file]!.name),
      clock: clockOf(guest.machine),
      hostClock: clockOf(guest.parent!),
      places: { inside, outside, beyond },
      ...health,
    }
  })
  const failures = guests.flatMap((guest) => exceeded(guest, limits, unit))
  return { remora: version, unit, epoch, guests, limits, failures, faults }
}

function exceeded(guest: GuestClock, { maxError, maxOutside }: Limits, unit: 'ns' | 'ticks'): string[] {
  const { name, accuracy, places } = guest
  const failures: string[] = []
  if (maxError !== null && accuracy === null) failures.push(`No accuracy can be stated for the times of ${name}.`)
  if (maxError !== null && accuracy !== null && accuracy > maxError) {
    const allowed = lengthText(maxError, unit)
    failures.push(`The times of ${name} may be off by ${boundText(accuracy, unit)}, more than the ${allowed} allowed.`)
  }
  if (maxOutside !== null && places.outside > maxOutside) {
    const count = plural(places.outside, 'event')
    failures.push(
      `${count} of ${name} lie where its vCPU cannot have run, more than the ${grouped(maxOutside)} allowed.`,
    )
  }
  return failures
}
