import { lengthText } from '../../workers/clocks/sentence.js'
import type { Actor, Culprit } from '../../workers/thread/contract.js'
import { TimeWriter } from '../../workers/table/time-text.js'
import type { PreemptionsReport } from './fused-json.js'
import { lackingText, MOST, section } from './fused-text.js'
import { grouped, plural } from './text.js'

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
        ['vCPU', 'preempted', 'ready', 'steal', 'by the guest', 'host, same time'],
        ...report.vcpus.map((v) => [
          `${machines[v.machine]!} ${v.label}`,
          length(v.preempted),
          length(v.ready),
          `${v.stealPercent.toFixed(1)} %`,
          ...(v.guestView?.event ? [length(v.guestView.steal), length(v.guestView.hostSteal)] : ['not told', '']),
        ]),
      ],
      [1, 2, 3, 4, 5],
    ) +
    lackingText(report.lacking)
  )
}
