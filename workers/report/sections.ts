// What is found in a session, as the sections of a report: asked of the engine as any screen would.

import { boundText, lengthText } from '../clocks/sentence.js'
import { TimeWriter } from '../table/time-text.js'
import type { Actor, Culprit, EngineApi, Lacking, SessionInfo } from '../thread/contract.js'
import {
  reportParts,
  type ReportPart,
  type ReportQuery,
  type ReportSection,
  type ReportTable,
} from '../thread/report.js'
import { runsSections } from './runs.js'

type Engine = Pick<EngineApi, 'clockHealth' | 'fusedTotals' | 'preemptions' | 'wakeups' | 'wakeupSurvey' | 'runsReport'>

interface Words {
  readonly info: SessionInfo
  readonly range: { readonly from?: ReportQuery['from']; readonly to?: ReportQuery['to'] }
  readonly limit: number
  /** `1.2 us`. */
  readonly length: (x: number) => string
  readonly time: (t: number) => string
  readonly machine: (index: number) => string
  readonly who: (a: Actor | Culprit) => string
}

/** Sections for the parts asked for, in the order of `reportParts`. Rejects as the engine does. */
export async function reportSections(
  engine: Engine,
  info: SessionInfo,
  { parts, limit, from, to, runs: compared }: ReportQuery,
): Promise<ReportSection[]> {
  const writer = new TimeWriter(BigInt(info.epoch))
  const machine = (index: number): string => info.machines[index]?.name ?? `machine ${index}`
  const words: Words = {
    info,
    limit,
    range: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    length: (x) => lengthText(x, info.unit),
    time: (t) => writer.shown(t, info.unit),
    machine,
    who: (a) => {
      const through = 'through' in a ? a.through.map((v) => v.name) : []
      return [`${machine(a.machine)} ${a.name}`, ...through].join(' on ')
    },
  }
  const sections: ReportSection[] = []
  for (const part of reportParts) {
    if (!parts.includes(part)) continue
    if (part !== 'runs') sections.push(await makers[part](engine, words))
    else if (compared) sections.push(...runsSections(await engine.runsReport(compared)))
  }
  return sections
}

const makers: Readonly<Record<Exclude<ReportPart, 'runs'>, (engine: Engine, w: Words) => Promise<ReportSection>>> = {
  clocks,
  cpus,
  tasks,
  preemptions,
  wakeups,
  faults,
}

const grouped = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, '\u202f')

/** A table whose columns are right-aligned where their label begins with `>`. */
const table = (caption: string, labels: readonly string[], rows: readonly (readonly string[])[]): ReportTable => ({
  caption,
  columns: labels.map((label) => (label.startsWith('>') ? { label: label.slice(1), right: true } : { label })),
  rows,
})

const some = (tables: readonly ReportTable[]): ReportTable[] => tables.filter((t) => t.rows.length > 0)

const lacking = (list: readonly Lacking[]): string[] => list.flatMap((l) => [l.sentence, `To record it: ${l.command}`])

async function clocks(engine: Engine, { info, machine }: Words): Promise<ReportSection> {
  const guests = info.machines.filter((m) => m.parent !== null)
  const cards = []
  for (const { machine: guest } of guests) cards.push(await engine.clockHealth(guest))
  return {
    heading: 'Clocks',
    paragraphs:
      cards.length === 0
        ? ['No guest of a host is among the files: there are no clocks to relate.']
        : cards.map((c) => `${machine(c.machine)}: ${c.sentence}`),
    tables: some([
      table(
        'How far the guests’ times can be trusted',
        ['guest', 'method', 'verdict', '>accuracy', '>events inside', '>outside', '>brackets used'],
        cards.map((c) => {
          const used = c.methods.find((m) => m.method === c.method)
          return [
            machine(c.machine),
            c.method,
            c.verdict,
            c.accuracy === null ? 'not known' : `±${boundText(c.accuracy, info.unit)}`,
            grouped(used?.inside ?? 0),
            grouped(used?.outside ?? 0),
            grouped(c.brackets.used),
          ]
        }),
      ),
    ]),
  }
}

async function cpus(engine: Engine, { range, length, machine, limit }: Words): Promise<ReportSection> {
  const totals = await engine.fusedTotals(wholeRange(range))
  const vcpus = totals.vcpus.map((v) => [
    `${machine(v.machine)} ${v.label}`,
    ...[v.guest, v.vmmKernel, v.vmmUser, v.preempted, v.ready, v.blocked, v.unknown].map(length),
    `${v.stealPercent.toFixed(1)} %`,
  ])
  const exits = totals.vcpus
    .flatMap((v) => v.exits.map((e) => ({ name: `${machine(v.machine)} ${v.label}`, ...e })))
    .toSorted((a, b) => b.time - a.time)
    .slice(0, limit)
  return {
    heading: 'What the CPUs really ran',
    paragraphs: [
      ...(vcpus.length === 0 ? ['No vCPU is known in these recordings.'] : []),
      ...(totals.vcpus.some((v) => !v.split)
        ? ['Where kvm_entry and kvm_exit are not recorded, the time of the hypervisor counts as the guest’s.']
        : []),
      ...lacking(totals.lacking),
    ],
    tables: some([
      table(
        'Physical CPUs',
        ['CPU', '>host', '>idle', '>hypervisor', '>not known', 'guests'],
        totals.pcpus.map((p) => [
          `${machine(p.machine)} ${p.label}`,
          ...[p.host, p.idle, p.vmm, p.unknown].map(length),
          p.guests.map((g) => `${machine(g.machine)} ${length(g.time)}`).join(', '),
        ]),
      ),
      table(
        'vCPUs',
        ['vCPU', '>guest', '>VMM kernel', '>VMM user', '>preempted', '>ready', '>blocked', '>not known', '>steal'],
        vcpus,
      ),
      table(
        'Exits that took longest',
        ['vCPU', 'reason', '>count', '>time', '>p50', '>p99', '>max'],
        exits.map((e) => [e.name, e.reason, grouped(e.count), ...[e.time, e.p50, e.p99, e.max].map(length)]),
      ),
    ]),
  }
}

async function tasks(engine: Engine, { range, length, machine, who, limit }: Words): Promise<ReportSection> {
  const totals = await engine.fusedTotals(wholeRange(range))
  const shown = totals.tasks.slice(0, limit)
  return {
    heading: 'Guest tasks by layer',
    paragraphs: shown.length === 0 ? ['No task of a guest is known in these recordings.'] : [],
    tables: some([
      table(
        shown.length < totals.tasks.length ? `The ${shown.length} busiest of ${grouped(totals.tasks.length)}` : 'All',
        ['task', '>running', '>guest mode', '>hypervisor', '>vCPU preempted', '>preempted', '>ready', 'most by'],
        shown.map((t) => {
          const worst = [...t.hostPreemptedBy, ...t.preemptedBy].toSorted((a, b) => b.time - a.time)[0]
          return [
            `${machine(t.machine)} ${t.name}`,
            ...[t.running, t.guestMode, t.vmm, t.hostPreempted, t.preempted, t.ready].map(length),
            worst ? `${who(worst.by)}, ${length(worst.time)}` : '',
          ]
        }),
      ),
    ]),
  }
}

async function preemptions(engine: Engine, { range, length, time, who, limit }: Words): Promise<ReportSection> {
  const found = await engine.preemptions({ ...range, limit })
  return {
    heading: 'Preemptions',
    paragraphs: [
      found.count === 0
        ? 'Nobody was preempted.'
        : `${grouped(found.count)} preemptions, ${length(found.lost)} lost altogether.`,
      ...lacking(found.lacking),
    ],
    tables: some([
      table(
        found.count > found.rows.length ? `The ${grouped(found.rows.length)} longest` : 'All',
        ['from', '>lost', 'of', 'victim', '>CPU', 'by', 'stood still'],
        found.rows.map((p) => [
          time(p.from),
          length(p.lost),
          p.kind,
          who(p.victim),
          String(p.cpu),
          who(p.culprit),
          p.kind === 'vcpu' ? who(p.stoodStill) : '',
        ]),
      ),
      table(
        'By culprit',
        ['culprit', '>times', '>lost'],
        found.byCulprit.slice(0, limit).map((c) => [who(c.culprit), grouped(c.count), length(c.lost)]),
      ),
    ]),
  }
}

async function wakeups(engine: Engine, { range, length, time, who, limit }: Words): Promise<ReportSection> {
  const survey = await engine.wakeupSurvey()
  const found = await engine.wakeups({ ...range, start: 0, count: limit, sort: 'latency', descending: true })
  const { latency } = found
  return {
    heading: 'Wake-ups',
    paragraphs: [
      found.total === 0 ? 'There is no wake-up.' : `${grouped(found.total)} wake-ups.`,
      ...(latency
        ? [
            `From waking to running: median ${length(latency.p50)}, 99 % within ${length(latency.p99)}, at most ${length(latency.max)}.`,
          ]
        : []),
      ...survey.lacking,
    ],
    tables: some([
      table(
        found.total > found.rows.length ? `The ${grouped(found.rows.length)} latest to run` : 'All',
        ['waking', '>latency', 'woken', 'by', 'CPU', 'grade', 'correlation id'],
        found.rows.map((w) => [
          time(w.waking.t),
          w.latency === null ? '' : length(w.latency),
          who(w.wakee),
          w.waker.context === 'task' ? who(w.waker.task) : w.waker.label,
          w.cpuBefore === w.cpuAfter ? String(w.cpuAfter) : `${w.cpuBefore} to ${w.cpuAfter}`,
          w.grade,
          w.id,
        ]),
      ),
    ]),
  }
}

function faults(_: Engine, { info }: Words): Promise<ReportSection> {
  return Promise.resolve({
    heading: 'Faults of the recordings',
    paragraphs: info.faults.length === 0 ? ['None.'] : [],
    tables: some([
      table(
        '',
        ['file', 'CPU', 'what', '>times'],
        info.faults.map((f) => [
          f.file ?? '',
          f.cpu === undefined ? '' : String(f.cpu),
          f.message,
          grouped(f.times ?? 1),
        ]),
      ),
    ]),
  })
}

/** fusedTotals() takes both ends or none. */
const wholeRange = ({ from, to }: Words['range']) => (from === undefined || to === undefined ? undefined : { from, to })
