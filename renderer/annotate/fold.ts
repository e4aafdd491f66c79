import { PCPUS, vmGroup, vmQuieter, VMS, vmTasks } from '../state/fused-tree.js'
import { quieterGroup, tasksGroup } from '../state/rows.js'

/** Headers that a row can be folded below, nearest first: there its annotations stand meanwhile. */
export function headersAbove(id: string): readonly string[] {
  const [, machine, kind] = /^m(\d+)\/(cpu|task|pcpu|vcpu|thread)\b/.exec(id.replace(/cpu(?=\d)/, 'cpu/')) ?? []
  if (machine === undefined) return []
  const own = `m${machine}`
  if (kind === 'pcpu') return [PCPUS]
  if (kind === 'cpu') return [own]
  if (kind === 'task') return [quieterGroup(own), tasksGroup(own), own]
  const groups = [true, false].flatMap((known) => {
    const vm = vmGroup(Number(machine), known)
    return kind === 'thread' ? [vmQuieter(vm), vmTasks(vm), vm] : [vm]
  })
  return [...groups, VMS]
}
