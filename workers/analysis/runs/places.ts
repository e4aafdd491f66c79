// Where the steps of a chain are looked for. `host:kvm_entry -> guest:sched_switch` crosses from a machine to one of its guests: the
// vCPU that the host's event is about leads on to the events of that vCPU's CPU, and back.

import { RequestError } from '../../fault.js'
import type { Session } from '../../model/session.js'
import type { MachineInfo, RunsDefinitions } from '../../thread/contract.js'
import type { MachineIndex } from '../../units.js'

interface Placed {
  /** `host`, `guest`, a machine's name; null = where the step before is. */
  readonly place: string | null
  readonly label: string
}

/** Machines that the runs of a chain pass. */
export interface Route {
  /** What its runs are called after, and the group that they belong to. */
  readonly name: string
  readonly environment: string
  /** Of each step. */
  readonly machines: readonly MachineIndex[]
  /** The guest whose vCPUs lead from one machine to the other; null where there is but one machine. */
  readonly guest: MachineIndex | null
}

const HOST = 'host'
const GUEST = 'guest'

/** A label of the definitions is one, whatever it looks like; `sched:sched_switch` is an event unless a machine is called `sched`. */
function placedAt(step: string, probes: RunsDefinitions['probes'], machines: readonly MachineInfo[]): Placed {
  const colon = step.indexOf(':')
  const [place, label] = [step.slice(0, colon).trim(), step.slice(colon + 1).trim()]
  const isPlace = place === HOST || place === GUEST || machines.some((m) => m.name === place)
  return colon > 0 && label !== '' && !(step in probes) && isPlace ? { place, label } : { place: null, label: step }
}

const environmentOf = (m: MachineInfo): string => (m.role === 'guest' ? 'vm' : 'host')

/** Labels of the steps without their places, and the ways that runs may take. Throws RequestError where there is none. */
export function routesOf(
  { machines }: Pick<Session, 'machines'>,
  steps: readonly string[],
  probes: RunsDefinitions['probes'],
): { readonly labels: readonly string[]; readonly routes: readonly Route[] } {
  const placed = steps.map((s) => placedAt(s, probes, machines))
  const labels = placed.map((p) => p.label)
  const first = placed.find((p) => p.place !== null)?.place ?? null
  const alone = (m: MachineInfo): Route => ({
    name: m.name,
    environment: environmentOf(m),
    machines: steps.map(() => m.machine),
    guest: null,
  })
  if (first === null) return { labels, routes: machines.map(alone) }
  const places: string[] = []
  for (const p of placed) places.push(p.place ?? places.at(-1) ?? first)
  const routes = new Map<string, Route>()
  const add = (r: Route): unknown => routes.set(r.machines.join(), r)
  const named = (place: string): readonly MachineInfo[] =>
    place === GUEST
      ? machines.filter((m) => m.parent !== null)
      : place === HOST && !machines.some((m) => m.name === HOST)
        ? machines.filter((m) => m.parent === null)
        : machines.filter((m) => m.name === place)
  if (new Set(places).size === 1) named(first).map(alone).forEach(add)
  else {
    for (const g of machines) {
      if (g.parent === null) continue
      const host = machines[g.parent]!
      const at = (place: string): MachineInfo | null =>
        place === GUEST || place === g.name ? g : place === HOST || place === host.name ? host : null
      const way = places.map(at)
      if (!way.every((m) => m !== null)) continue
      const own = way.map((m) => m.machine)
      if (new Set(own).size === 1) add(alone(way[0]!))
      else add({ name: g.name, environment: environmentOf(g), machines: own, guest: g.machine })
    }
  }
  if (routes.size === 0) {
    const said = [...new Set(places)].join(' and ')
    throw new RequestError(
      `No run can go by ${said}: a chain goes from a guest to the machine that it runs on, or back; there is ${describe(machines)}.`,
    )
  }
  return { labels, routes: [...routes.values()] }
}

const describe = (machines: readonly MachineInfo[]): string =>
  machines.map((m) => (m.parent === null ? m.name : `${m.name} on ${machines[m.parent]!.name}`)).join(', ')
