// Which events a session lacks for the views of virtual machines, and how to record them.

import type { FusedModel } from '../model/fuse/build.js'
import type { Session } from '../model/session.js'
import type { Lacking } from '../thread/contract.js'

const NEEDED = ['sched_switch', 'sched_waking', 'sched_process_fork', 'sched_process_exit']
const HOST = [...NEEDED, 'sched_migrate_task']
const KVM = ['kvm_entry', 'kvm_exit']

/**
 * What each machine of a family lacks. Where there is no family at all, one entry says how to record one.
 * @param model null: there is nothing to tell vCPUs by
 */
export function lackingEvents(session: Session, model: FusedModel): Lacking[] {
  const { machines, table, eventTypes } = session
  const hosts = new Set<number>([
    ...model.vcpus.map((v) => v.host),
    ...machines.flatMap((m) => (m.parent === null ? [] : [m.parent])),
  ])
  const lacking: Lacking[] = []
  if (model.vcpus.length === 0) {
    const sentence =
      hosts.size > 0
        ? 'No thread of the host is known to be a vCPU: the recording names none, has no kvm_entry, and no thread is called "CPU n/KVM".'
        : 'No recording of a host with its guests is open: record both together.'
    const machine = machines[0]!.machine
    return [{ machine, events: [...KVM, 'sched_switch'], sentence, command: commandOf(session, hosts.size > 0) }]
  }
  const has = machines.map(() => new Set<string>())
  for (const s of table.streams) {
    const seen = new Uint8Array(s.types.length)
    for (let i = 0; i < s.count; i++) seen[s.type[i]!] = 1
    seen.forEach((yes, type) => yes && has[s.machine]!.add(eventTypes[s.types[type]!]!.name))
  }
  const guests = new Set(model.vcpus.map((v) => v.guest))
  for (const m of machines) {
    const own = has[m.machine]!
    const command = commandOf(session, true)
    const add = (events: readonly string[], sentence: string): void => {
      const missing = events.filter((e) => !own.has(e))
      if (missing.length > 0) lacking.push({ machine: m.machine, events: missing, sentence, command })
    }
    if (hosts.has(m.machine)) {
      add(['sched_switch'], `Without sched_switch ${m.name} does not say who took a vCPU away, and when.`)
      if (!own.has('sched_wakeup'))
        add(['sched_waking'], `Without sched_waking waiting for a CPU cannot be told from sleeping on ${m.name}.`)
      add(
        KVM,
        `Without kvm_entry and kvm_exit ${m.name} does not say whether a vCPU ran its guest or the hypervisor: both are shown as guest.`,
      )
    }
    if (guests.has(m.machine)) {
      add(['sched_switch'], `Without sched_switch ${m.name} does not say which of its tasks ran.`)
      if (!own.has('sched_wakeup'))
        add(['sched_waking'], `Without sched_waking waiting for a CPU cannot be told from sleeping in ${m.name}.`)
    }
  }
  for (const v of model.vcpus) {
    if (v.guest !== null && machines[v.guest]!.cpus.includes(v.vcpu)) continue
    if (lacking.some((l) => l.machine === v.host && l.events.length === 0)) continue
    const sentence = 'The recording of a guest is not open: what its vCPUs ran is not known.'
    lacking.push({ machine: v.host, events: [], sentence, command: commandOf(session, true) })
  }
  return lacking
}

/** The same line, with further events of the guests. */
export const guestCommand = (session: Session, events: readonly string[]): string => commandOf(session, true, events)

/** A line that records host and guests with everything that the views use. */
function commandOf(session: Session, family: boolean, more: readonly string[] = []): string {
  const flags = (events: readonly string[]): string => events.map((e) => `-e ${e}`).join(' ')
  const guests = family ? session.machines.filter((m) => m.parent !== null).map((m) => m.name) : []
  const host = `trace-cmd record ${flags([...HOST, ...KVM, 'kvm_userspace_exit', 'irq'])}`
  const names = guests.length > 0 ? guests : ['GUEST']
  return `${host} ${names.map((g) => `-A ${/\s/.test(g) ? `'${g}'` : g} ${flags([...NEEDED, 'irq', ...more])}`).join(' ')}`
}
