// Which tasks and vCPUs a command line names.

import type { FusedViews } from '../../workers/analysis/views.js'
import type { Session } from '../../workers/model/session.js'
import { UsageError } from './io.js'

/** Rows of the tasks and vCPUs that `--task` and `--vcpu` name: `[MACHINE/]PID` and `[MACHINE/]N`. */
export function subjectsOf(
  session: Session,
  views: FusedViews,
  named: { readonly task?: readonly string[] | undefined; readonly vcpu?: readonly string[] | undefined },
): string[] {
  const { tracks, threads } = views.tracks()
  const vcpus = (named.vcpu ?? []).map((text) => {
    const { machine, number } = read(session, '--vcpu', text)
    const found = tracks.filter((t) => t.vcpu && t.cpu === number && (machine === null || t.machine === machine))
    return only('--vcpu', text, found, (t) => `${session.machines[t.machine]!.name}/${t.cpu}`).id
  })
  const tasks = (named.task ?? []).map((text) => {
    const { machine, number } = read(session, '--task', text)
    const seats = tracks.filter((t) => t.vcpu?.tid === number && (machine === null || t.vcpu.host === machine))
    const found = [
      ...threads.filter((t) => t.pid === number && (machine === null || t.machine === machine)),
      ...seats.map((t) => ({ id: t.id, machine: t.vcpu!.host, pid: t.vcpu!.tid })),
    ]
    return only('--task', text, found, (t) => `${session.machines[t.machine]!.name}/${t.pid}`).id
  })
  return [...vcpus, ...tasks]
}

function read(session: Session, option: string, text: string): { machine: number | null; number: number } {
  const at = text.lastIndexOf('/')
  const number = text.slice(at + 1)
  if (!/^\d+$/.test(number)) throw new UsageError(`${option} takes [MACHINE/]NUMBER, not "${text}".`, 'fused')
  if (at < 0) return { machine: null, number: Number(number) }
  const name = text.slice(0, at)
  const machine = session.machines.find((m) => m.name === name)
  if (!machine) {
    const names = session.machines.map((m) => m.name).join(', ')
    throw new UsageError(`${option}: there is no machine "${name}"; there are ${names}.`, 'fused')
  }
  return { machine: machine.machine, number: Number(number) }
}

function only<T>(option: string, text: string, found: readonly T[], name: (t: T) => string): T {
  const [first] = found
  if (!first) throw new UsageError(`${option}: nothing in these recordings is ${text}.`, 'fused')
  if (found.length > 1) {
    throw new UsageError(
      `${option}: ${text} may be ${found.map(name).join(' or ')}; name the machine as well.`,
      'fused',
    )
  }
  return first
}
