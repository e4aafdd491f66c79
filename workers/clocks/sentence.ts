// What is said to people about a guest's clock.

import type { ClockMethod, ClockMethodReport } from '../thread/contract.js'
import type { Assessment } from './assess.js'

export interface SentenceInput {
  readonly assessment: Assessment
  readonly unit: 'ns' | 'ticks'
  readonly method: ClockMethod
  readonly guestName: string
}

/** The verdict on a method in one sentence, and a second one where part of the guest's events cannot be checked. */
export function sentence(input: SentenceInput, r: ClockMethodReport): string {
  const { leftAt, packets } = input.assessment.estimate
  const moved =
    leftAt === null
      ? ''
      : ` Then ${input.guestName} ran no more on this host though its events go on, as after a live migration: nothing relates its later times.`
  const said = judgement(input, r) + moved
  const seen = r.inside + r.outside
  if (r.accuracy === null || moved !== '' || (seen === 0 && packets.used > 0) || r.beyond <= 0.01 * (seen + r.beyond))
    return said
  return `${said} That holds for the ${seen} events during the host's recording; nothing confirms the times of the other ${r.beyond}.`
}

const SOURCES: Partial<Record<ClockMethod, string>> = {
  events: 'Estimated from the events',
  recorded: 'As trace-cmd recorded it',
  compat: 'As trace-cmd computes it',
}

function judgement({ assessment: a, unit, method, guestName }: SentenceInput, r: ClockMethodReport): string {
  if (a.gathered.lacking) return a.gathered.lacking
  const { pieces } = a.estimate
  const { kind } = a.gathered.evidence
  const seen = r.inside + r.outside
  const where = kind === 'kvm' ? 'between kvm_entry and kvm_exit' : 'in times when its vCPU threads were on a CPU'
  const share = shareText(r.inside, seen, r.outside === 0 ? 0 : 1)
  const accuracy = r.accuracy === null ? '' : boundText(r.accuracy, unit)
  const source = SOURCES[method] ?? 'As chosen'
  switch (r.verdict) {
    case 'GUARANTEED':
      return `${source}: all ${seen} events of ${guestName} lie ${where}; its times are right to within ${accuracy}.`
    case 'LOOSE':
      if (seen === 0)
        return `${source}: ${a.estimate.packets.used} network packets were sent before they were received; that bounds the error by ${accuracy}, no closer without kvm_entry and kvm_exit.`
      return `${source}: all events of ${guestName} that can be checked lie ${where}; that bounds the error by ${accuracy}, no closer without kvm_entry and kvm_exit.`
    case 'CONDITIONAL': {
      const most = `${share} of the events of ${guestName} lie ${where}`
      if (r.accuracy === null)
        return `${source}: ${most}, but they give no relation to measure it by, and no accuracy can be stated.`
      if (pieces.length > 1) {
        return `${source}: the clocks do not keep one straight relation (${pieces.length} pieces); ${most}, to within ${accuracy}.`
      }
      if (a.local.length > 0 && r.outside === 0 && !pieces.some((p) => p.check.failed)) {
        return `${source}: ${most}, and the error is at most ${accuracy} if the CPUs' clocks agree; nothing says so, because the trace clock of ${a.local.join(' and ')} is local.`
      }
      if (r.outside === 0 && a.estimate.leftAt !== null && !pieces.some((p) => p.check.failed)) {
        return `${source}: while ${guestName} was on this host, all ${seen} events lie ${where}; its times then are right to within ${accuracy}.`
      }
      if (r.outside === 0 && pieces.every((p) => !p.check.checked)) {
        return `${source}: ${most}, in too short a time or too few of them to see whether the clocks keep one straight relation; expect errors up to ${accuracy}.`
      }
      if (r.outside === 0 && a.estimate.covered < 0.999 && !pieces.some((p) => p.check.failed)) {
        const rest = (100 * (1 - a.estimate.covered)).toPrecision(2)
        return `${source}: all events of ${guestName} that can be checked lie ${where}, to within ${accuracy}; ${rest} % lie beyond the first or last entry whose exit was recorded too, and cannot be.`
      }
      return r.outside > 0
        ? `${source}: ${most}, the others at times when entries or exits are missing or the clocks disagree; expect errors up to ${accuracy}.`
        : `${source}: ${most}, but the corridor between them moves, as a small step of a clock would move it; expect errors up to ${accuracy}.`
    }
    case 'ONE-SIDED': {
      if (seen + r.beyond > 0 && a.estimate.packets.used > 0 && pieces.every((p) => p.stretch.matching.used === 0))
        return 'Network packets were recorded in one direction only, so the relation is bounded on one side and no accuracy can be stated.'
      const known = pieces.every((p) => p.stretch.matching.upper.n === 0) ? 'entries' : 'exits'
      return `Only ${known} were recorded, so the relation is bounded on one side and no accuracy can be stated.`
    }
    case 'INFEASIBLE':
      if (seen === 0 && a.estimate.packets.used > 0)
        return `${source}: network packets of ${guestName} were received before they were sent${accuracy ? `; the times are off by up to ${accuracy}` : ''}.`
      return `${source}: ${r.outside} of ${seen} events of ${guestName} lie at times when its vCPU cannot have run${accuracy ? `; the times are off by up to ${accuracy}` : ''}.`
    case 'NONE':
      return `The traces hold nothing that relates the clock of ${guestName} to its host's.`
  }
}

const SCALES = [
  [1e3, 'us'],
  [1e6, 'ms'],
  [1e9, 's'],
] as const

/** Thousands of ticks apart. */
const ticksText = (n: number): string => `${n.toString().replace(/\B(?=(\d{3})+$)/g, ' ')} ticks`

/** A length as it was measured, in the shortest fitting unit: 4.3 us, 26 ms, 10 180 ticks. */
export const lengthText = (x: number, unit: 'ns' | 'ticks'): string => written(x, unit, Math.round)

/** A bound, in the shortest fitting unit and never below it: what is rounded down bounds nothing. */
export const boundText = (x: number, unit: 'ns' | 'ticks'): string => written(x, unit, Math.ceil)

/** The least and the most that something can be, with signs, never within what is possible: -1.3 us .. +2.2 us. */
export function rangeText([low, high]: readonly [number, number], unit: 'ns' | 'ticks'): string {
  const outwards = (x: number, round: (n: number) => number): string =>
    `${x < 0 ? '-' : '+'}${written(Math.abs(x), unit, round)}`
  return `${outwards(low, low < 0 ? Math.ceil : Math.floor)} .. ${outwards(high, high < 0 ? Math.floor : Math.ceil)}`
}

function written(x: number, unit: 'ns' | 'ticks', round: (n: number) => number): string {
  if (unit === 'ticks') return ticksText(round(x))
  if (round(x) < 1000) return `${round(x)} ns`
  const steps = SCALES.map(([scale, name]) => {
    const digits = name === 's' || x < scale * 100 ? 1 : 0
    return { n: round(x / (scale / 10 ** digits)) / 10 ** digits, digits, name }
  })
  const { n, digits, name } = steps.find((s) => s.n < 1000) ?? steps[steps.length - 1]!
  return `${n.toFixed(digits)} ${name}`
}

/** Share of a whole in per cent, never all while a part is lacking. */
export function shareText(part: number, whole: number, digits: number): string {
  const grain = 10 ** digits
  const share = (100 * part) / Math.max(1, whole)
  return `${(part < whole ? Math.min(Math.round(share * grain), 100 * grain - 1) / grain : 100).toFixed(digits)} %`
}
