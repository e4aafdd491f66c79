import { lengthText } from '../../workers/clocks/sentence.js'
import type { Actor, Culprit, Lacking, TaskTotals, VcpuTotals } from '../../workers/thread/contract.js'
import type { FusedReport, PreemptionsReport } from './fused-json.js'
import { aligned, grouped, plural } from './text.js'
import { TimeWriter } from '../../workers/table/time-text.js'

/** Tasks, and exit reasons of a vCPU, that are shown. */
const MOST = 12

function section(title: string, rows: readonly (readonly string[])[], right: readonly number[]): string {
  if (rows.length < 2) return ''
  return `\n${title}\n${aligned(rows, right)
    .map((line) => `  ${line}\n`)
    .join('')}`
}

/** `remora fused` for people. */
export function fusedText(report: FusedReport): string {
  const { unit, machines } = report
  const length = (x: number): string => lengthText(x, unit)
  const span = report.to - report.from
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8]
  const machine = (index: number): string => machines[index]!
  const vcpuName = (v: VcpuTotals): string => `${machine(v.machine)} ${v.label}`
  const pcpus = report.pcpus.map((p) => [
    `${machine(p.machine)} ${p.label}`,
    ...[p.host, p.idle, p.vmm, p.unknown].map(length),
    // Where a guest's recording is not open, the host's name stands for it.
    p.guests
      .map((g) => `${g.machine === p.machine ? 'guests that are not open' : machine(g.machine)} ${length(g.time)}`)
      .join(', '),
  ])
  const vcpus = report.vcpus.map((v) => [
    vcpuName(v) + (v.split ? '' : ' *'),
    ...[v.guest, v.vmmKernel, v.vmmUser, v.preempted, v.ready, v.blocked, v.unknown].map(length),
    `${v.stealPercent.toFixed(1)} %`,
  ])
  const exits = report.vcpus.flatMap((v) =>
    v.exits
      .slice(0, MOST)
      .map((e) => [
        vcpuName(v),
        e.reason,
        grouped(e.count),
        ...[e.time, e.user, e.p50, e.p90, e.p99, e.max].map(length),
      ]),
  )
  const tasks = report.tasks
    .slice(0, MOST)
    .map((t) => [
      `${machine(t.machine)} ${t.name}`,
      ...[t.running, t.guestMode, t.vmm, t.hostPreempted, t.vcpuReady + t.vcpuBlocked + t.vcpuUnknown].map(length),
      ...[t.preempted, t.ready].map(length),
      worst(t),
    ])
  return (
    `${length(span)} of ${machines.join(', ')}\n` +
    section('Physical CPUs', [['CPU', 'host', 'idle', 'hypervisor', 'not known', 'guests'], ...pcpus], [1, 2, 3, 4]) +
    section(
      'vCPUs',
      [['vCPU', 'guest', 'VMM kernel', 'VMM user', 'preempted', 'ready', 'blocked', 'not known', 'steal'], ...vcpus],
      numbers,
    ) +
    (report.vcpus.some((v) => !v.split) ? '  * guest and hypervisor cannot be told apart: both count as guest\n' : '') +
    section(
      'Exits',
      [['vCPU', 'reason', 'count', 'time', 'in user space', 'p50', 'p90', 'p99', 'max'], ...exits],
      [2, ...numbers.slice(2)],
    ) +
    section(
      report.tasks.length > MOST
        ? `Guest tasks, the ${MOST} busiest of ${grouped(report.tasks.length)}`
        : 'Guest tasks',
      [
        ['task', 'running', 'guest mode', 'hypervisor', 'host preempted', 'otherwise', 'preempted', 'ready', 'most by'],
        ...tasks,
      ],
      [1, 2, 3, 4, 5, 6, 7],
    ) +
    lackingText(report.lacking)
  )
}

const worst = (t: TaskTotals): string => (t.preemptedBy[0] ?? t.hostPreemptedBy[0])?.by.name ?? ''

export function lackingText(lacking: readonly Lacking[]): string {
  const sentences = [...new Set(lacking.map((l) => l.sentence))]
  const commands = [...new Set(lacking.map((l) => l.command))]
  if (sentences.length === 0) return ''
  return `\n${sentences.map((s) => `${s}\n`).join('')}This records everything that can be shown:\n${commands.map((c) => `  ${c}\n`).join('')}`
}

/** `remora preemptions` for people. */
export function preemptionsText(report: PreemptionsReport): string {
  const { unit, machines } = report
  const writer = new TimeWriter(BigInt(report.epoch))
  const length = (x: number): string => lengthText(x, unit)
  const who = (a: Actor | Culprit): string => {
    const through = 'through' in a ? a.through.map((v) => v.name) : []
    return [`${machines[a.machine]!} ${a.name}`, ...through].join(' on ')
  }
  const rows = report.rows.map((p) => [
    writer.shown(p.from, unit),
    length(p.lost),
    p.kind,
    who(p.victim),
    `CPU ${p.cpu}`,
    who(p.culprit),
    p.kind === 'vcpu' ? who(p.stoodStill) : '',
  ])
  const total = (name: string, count: number, lost: number): string[] => [name, grouped(count), length(lost)]
  const top = <T>(list: readonly T[]): readonly T[] => list.slice(0, MOST)
  return (
    `${plural(report.count, 'preemption')}, ${length(report.lost)} lost\n` +
    section(
      report.count > rows.length ? `The ${grouped(rows.length)} longest` : 'All',
      [['from', 'lost', 'of', 'victim', 'on', 'by', 'stood still'], ...rows],
      [1],
    ) +
    section(
      'By culprit',
      [['culprit', 'times', 'lost'], ...top(report.byCulprit).map((c) => total(who(c.culprit), c.count, c.lost))],
      [1, 2],
    ) +
    section(
      'By victim',
      [['victim', 'times', 'lost'], ...top(report.byVictim).map((v) => total(who(v.victim), v.count, v.lost))],
      [1, 2],
    ) +
    section(
      'By pair',
      [
        ['victim', 'culprit', 'times', 'lost'],
        ...top(report.byPair).map((p) => [who(p.victim), ...total(who(p.culprit), p.count, p.lost)]),
      ],
      [2, 3],
    ) +
    section(
      'Steal',
      [
        ['vCPU', 'preempted', 'ready', 'steal'],
        ...report.vcpus.map((v) => [
          `${machines[v.machine]!} ${v.label}`,
          length(v.preempted),
          length(v.ready),
          `${v.stealPercent.toFixed(1)} %`,
        ]),
      ],
      [1, 2, 3],
    ) +
    lackingText(report.lacking)
  )
}
