import { boundText, lengthText, rangeText, shareText } from '../../workers/clocks/sentence.js'
import { TimeWriter } from '../../workers/table/time-text.js'
import type { ClockMethodReport, ClockPlaces } from '../../workers/thread/contract.js'
import type { ClocksReport, GuestClock } from './clocks-json.js'
import { aligned, grouped, plural } from './text.js'

/** Worst events shown. */
const WORST = 10

/** `remora clocks` for people: one card a guest. */
export function clocksText(report: ClocksReport): string {
  return report.guests
    .map((guest) => card(guest, report).join('\n'))
    .map((text) => `${text}\n`)
    .join('\n')
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)

function card(guest: GuestClock, { unit, epoch }: ClocksReport): string[] {
  const length = (x: number): string => lengthText(x, unit)
  const signed = (x: number): string => `${x < 0 ? '-' : '+'}${length(Math.abs(x))}`
  const bound = (x: number): string => boundText(x, unit)
  const writer = new TimeWriter(BigInt(epoch))
  const time = (t: number): string => writer.shown(t, unit)

  const used = guest.methods.find((m) => m.method === guest.method)!
  const recorded = guest.methods.find((m) => m.method === 'recorded')
  const { brackets, packets, accuracy, halfWidth, drift } = guest
  const stated = accuracy !== null
  const facts: [string, string][] = [
    ['clocks', `${guest.clock} on ${guest.hostClock}`],
    ['method', guest.method + (guest.recommended === guest.method ? '' : `; the events support ${guest.recommended}`)],
    ['accuracy', stated ? bound(accuracy) : 'cannot be stated'],
    ['offset', `host = guest ${signedDecimal(used.offset)} ${unit} in the middle of the guest's trace`],
    [
      'drift',
      drift
        ? `${(Math.floor(drift[0] * 100) / 100).toFixed(2)} .. ${(Math.ceil(drift[1] * 100) / 100).toFixed(2)} ppm possible`
        : '',
    ],
    ['bounds', halfWidth === null ? '' : `at most ${bound(halfWidth)} to either side`],
    ['vCPU threads', guest.threads.map((t) => `${t.vcpu}:${t.tid} (${t.by})`).join(', ')],
    [
      'brackets',
      `${grouped(brackets.used)} used (${guest.kind === 'kvm' ? 'kvm_entry to kvm_exit' : 'thread on a CPU'}), ` +
        `${plural(brackets.open, 'end')} not seen; guest events that fit several ${grouped(brackets.ambiguous)}, none ${grouped(brackets.outside)}`,
    ],
    [
      'packets',
      packets.used + packets.ambiguous + packets.unmatched === 0
        ? ''
        : `${grouped(packets.used)} used; ${grouped(packets.ambiguous)} fit several senders, ${grouped(packets.unmatched)} none`,
    ],
    ['left', guest.leftAt === null ? '' : `this host at ${time(guest.leftAt)}; later times are not related`],
    ['kvm-clock', guest.rebases.length === 0 ? '' : `rebased ${plural(guest.rebases.length, 'time')}`],
    ['guest events', recorded && recorded !== used ? `${placesText(recorded)} as recorded` : ''],
    [recorded && recorded !== used ? '' : 'guest events', `${placesText(used)} by the method in use`],
    ['covered', stated ? `${shareText(guest.covered, 1, 1)} of the events that can be checked` : ''],
    ['slack', guest.slack > 0 ? `${bound(guest.slack)} would make the contradicting events agree` : ''],
  ]
  const methods = guest.methods.map((m) => methodRow(m, signed, bound))
  const worst = guest.worst.slice(0, WORST).map((w) => [time(w.t), `CPU ${w.cpu}`, aside(w.by, length)])
  return [
    `${guest.name} in ${guest.host}: ${guest.verdict}`,
    ...indented([guest.sentence]),
    ...part('', aligned(facts.filter(([, text]) => text !== ''))),
    ...part(
      'Methods',
      aligned(
        [['method', 'verdict', 'offset', 'against the bounds', 'accuracy', 'inside', 'outside', 'beyond'], ...methods],
        [2, 3, 4, 5, 6, 7],
      ),
    ),
    ...part(
      'Breaks',
      aligned(
        guest.breaks.map((b) => [
          `${time(Math.min(b.from, b.to))} .. ${time(Math.max(b.from, b.to))}`,
          b.step[0] === b.step[1] ? `step ${signed(b.step[0])}` : `step ${rangeText(b.step, unit)}`,
          b.cause === 'events' ? '' : b.cause,
        ]),
      ),
    ),
    ...part(
      'Delays from a guest event to its exit',
      guest.deltas.length === 0
        ? []
        : aligned(
            [
              ['sequence', 'N', 'mean', 'variance', 'SD'],
              ...guest.deltas.map((d) => [
                d.sequence,
                grouped(d.n),
                d.mean.toFixed(1),
                d.variance.toFixed(1),
                d.sd.toFixed(1),
              ]),
            ],
            [1, 2, 3, 4],
          ),
    ),
    ...part(`Worst of ${plural(used.outside, 'event')} outside`, aligned(worst, [0])),
  ]
}

/** 64-bit numbers stay text. */
const signedDecimal = (text: string): string => (text.startsWith('-') ? `- ${text.slice(1)}` : `+ ${text}`)

/** A titled part of a card; nothing when it has no lines. */
const part = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0
    ? []
    : ['', ...(title ? [`  ${title}`] : []), ...(title ? indented(indented(lines)) : indented(lines))]

function placesText({ inside, outside, beyond }: ClockPlaces): string {
  const seen = inside + outside
  const share = seen === 0 ? '' : ` (${shareText(inside, seen, 2)} inside)`
  return `${grouped(inside)} inside, ${grouped(outside)} outside${share}, ${grouped(beyond)} beyond the host's trace`
}

const methodRow = (m: ClockMethodReport, signed: (x: number) => string, bound: (x: number) => string): string[] => [
  m.method,
  m.verdict,
  m.offset,
  m.error === null ? '-' : signed(m.error),
  m.accuracy === null ? '-' : bound(m.accuracy),
  grouped(m.inside),
  grouped(m.outside),
  grouped(m.beyond),
]

const aside = (by: number, length: (x: number) => string): string =>
  by < 0 ? `${length(-by)} before its vCPU runs` : `${length(by)} after its vCPU stopped`
