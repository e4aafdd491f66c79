import { lengthText } from '../../workers/clocks/sentence.js'
import type {
  Culprit,
  DeltaByLayer,
  DeltaPart,
  Lacking,
  TaskTotals,
  VcpuTotals,
} from '../../workers/thread/contract.js'
import type { FusedReport } from './fused-json.js'
import { aligned, grouped } from './text.js'

/** Tasks, and exit reasons of a vCPU, that are shown. */
export const MOST = 12

export function section(title: string, rows: readonly (readonly string[])[], right: readonly number[]): string {
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
  const containers = report.containers.map((c) => [
    machine(c.machine),
    c.container,
    String(c.tasks),
    ...[c.running, c.ran, c.vmm, c.taken, c.preempted, c.ready].map(length),
  ])
  const views = report.vcpus.flatMap((v) => {
    const g = v.guestView
    if (!g) return []
    const none = g.command === null ? 'in ns, these times are ticks' : 'not recorded'
    const own = g.source === null ? [none, '', ''] : [g.event!, length(g.steal), length(g.hostSteal)]
    return [[vcpuName(v), length(g.believed), length(g.really), ...own]]
  })
  const unseen = [...new Set(report.vcpus.flatMap((v) => v.guestView?.command ?? []))]
  return (
    `${length(span)} of ${machines.join(', ')}\n` +
    (report.delta ?? []).map((d) => deltaText(d, machines, unit)).join('') +
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
    section(
      'Containers',
      [
        ['machine', 'container', 'tasks', 'running', 'really ran', 'hypervisor', 'vCPU taken', 'preempted', 'ready'],
        ...containers,
      ],
      [2, 3, 4, 5, 6, 7, 8],
    ) +
    section(
      "What the guests believe, beside what their host's recording proves",
      [['vCPU', 'ran tasks', 'really', 'its steal from', 'its steal', 'host, same time'], ...views],
      [1, 2, 4, 5],
    ) +
    (unseen.length > 0
      ? `  This records what the guests themselves count as stolen:\n${unseen.map((c) => `    ${c}\n`).join('')}`
      : '') +
    lackingText(report.lacking)
  )
}

const PHASES: Readonly<Record<DeltaPart['phase'], string>> = {
  running: 'running',
  preempted: 'preempted',
  ready: 'woken, not running',
  blocked: 'blocked',
  unknown: 'not known',
}
const LAYERS: Readonly<Record<DeltaPart['layer'], string>> = {
  task: 'task',
  idle: 'idle',
  interrupt: 'interrupt',
  hypervisor: 'hypervisor',
  vcpuPreempted: 'vCPU preempted by',
  vcpuReady: 'vCPU waits for a CPU',
  vcpuBlocked: 'vCPU blocked',
  asleep: 'asleep',
  unknown: 'not known',
}

/** Where the time went, one line a part, and their sum; of each layer the longest, and the others together. */
function deltaText(
  { label, machine, parts }: DeltaByLayer['subjects'][number],
  machines: readonly string[],
  unit: 'ns' | 'ticks',
): string {
  const who = (by: Culprit): string => {
    const name = by.machine === machine ? by.name : `${machines[by.machine]!} ${by.name}`
    return [name, ...by.through.map((v) => v.name)].join(' on ')
  }
  const total = parts.reduce((n, p) => n + p.time, 0)
  const rows: string[][] = []
  let [phase, layer] = ['', '']
  const add = (p: DeltaPart, what: string, time: number, count: number): void => {
    const again = p.phase === phase
    rows.push([
      again ? '' : PHASES[p.phase],
      again && p.layer === layer ? '' : LAYERS[p.layer],
      what,
      grouped(time),
      total > 0 ? `${((time / total) * 100).toFixed(1)} %` : '',
      grouped(count),
    ])
    ;[phase, layer] = [p.phase, p.layer]
  }
  for (let i = 0; i < parts.length;) {
    let end = i
    while (parts[end]?.phase === parts[i]!.phase && parts[end]!.layer === parts[i]!.layer) end++
    // One more line is no longer than one that says "1 other".
    const shown = end - i > MOST + 1 ? i + MOST : end
    for (const p of parts.slice(i, shown)) add(p, p.by ? who(p.by) : p.what, p.time, p.count)
    const others = parts.slice(shown, end)
    const sum = (of: (p: DeltaPart) => number): number => others.reduce((n, p) => n + of(p), 0)
    if (others.length > 0)
      add(
        others[0]!,
        `${grouped(others.length)} others`,
        sum((p) => p.time),
        sum((p) => p.count),
      )
    i = end
  }
  return section(
    `Where the time of ${machines[machine]!} ${label} went`,
    [['phase', 'layer', 'what', `time, ${unit}`, 'share', 'times'], ...rows, ['', '', 'sum', grouped(total), '', '']],
    [3, 4, 5],
  )
}

const worst = (t: TaskTotals): string => (t.preemptedBy[0] ?? t.hostPreemptedBy[0])?.by.name ?? ''

export function lackingText(lacking: readonly Lacking[]): string {
  const sentences = [...new Set(lacking.map((l) => l.sentence))]
  const commands = [...new Set(lacking.map((l) => l.command))]
  if (sentences.length === 0) return ''
  return `\n${sentences.map((s) => `${s}\n`).join('')}This records everything that can be shown:\n${commands.map((c) => `  ${c}\n`).join('')}`
}
