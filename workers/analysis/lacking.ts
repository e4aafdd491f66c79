// Which events a session lacks for the views of virtual machines, and how to record them.

import { lengthText } from '../clocks/sentence.js'
import type { FusedModel } from '../model/fuse/build.js'
import { gapTime, type Gap } from '../model/gaps.js'
import type { Session } from '../model/session.js'
import type { Lacking } from '../thread/contract.js'

const NEEDED = ['sched_switch', 'sched_waking', 'sched_process_fork', 'sched_process_exit']
const HOST = [...NEEDED, 'sched_migrate_task']
const KVM = ['kvm_entry', 'kvm_exit']

/**
 * What each machine of a family lacks. Where there is no family at all, one entry says how to record one.
 * @param gaps where events were lost
 */
export function lackingEvents(session: Session, model: FusedModel, gaps: readonly Gap[]): Lacking[] {
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
  for (const m of machines) {
    const own = gaps.filter((g) => g.machine === m.machine)
    if (own.length === 0 || !(hosts.has(m.machine) || guests.has(m.machine))) continue
    const cpus = [...new Set(own.map((g) => g.cpu))].sort((a, b) => a - b).join(', ')
    const times = own.length === 1 ? 'once' : `${own.length} times`
    const threads = hosts.has(m.machine) ? 'tasks and vCPUs' : 'tasks'
    const sentence = `Events of ${m.name} were lost ${times} (CPU ${cpus}), ${lengthText(gapTime(own), session.unit)} in all: what those CPUs ran meanwhile is not known, nor what the ${threads} did that were not running elsewhere.`
    lacking.push({ machine: m.machine, events: [], sentence, command: commandOf(session, true, [], true) })
  }
  return lacking
}

/** The same line, with further events of the guests. */
export const guestCommand = (session: Session, events: readonly string[]): string => commandOf(session, true, events)

/** A line that records host and guests with everything that the views use. */
function commandOf(session: Session, family: boolean, more: readonly string[] = [], wide = false): string {
  const flags = (events: readonly string[]): string => events.map((e) => `-e ${e}`).join(' ')
  const guests = family ? session.machines.filter((m) => m.parent !== null).map((m) => m.name) : []
  // Events are lost where a CPU's buffer is full; trace-cmd's own is some 7 MB at most.
  const buffer = wide ? '-b 65536 ' : ''
  const host = `trace-cmd record ${buffer}${flags([...HOST, ...KVM, 'kvm_userspace_exit', 'irq'])}`
  const names = guests.length > 0 ? guests : ['GUEST']
  return `${host} ${names.map((g) => `-A ${/\s/.test(g) ? `'${g}'` : g} ${buffer}${flags([...NEEDED, 'irq', ...more])}`).join(' ')}`
}
