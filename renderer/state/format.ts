// Numbers as the user reads them: grouped in threes, units always written.

/** Narrow and unbreakable, so that a number stays one word. */
const gap = '\u202f'

const groupLeft = (digits: string): string => digits.replace(/\B(?=(\d{3})+(?!\d))/g, gap)
const groupRight = (digits: string): string => digits.replace(/(\d{3})(?=\d)/g, `$1${gap}`)

/** `1 234 567`. */
export function formatCount(n: number): string {
  const whole = Math.round(n)
  return (whole < 0 ? '\u2212' : '') + groupLeft(String(Math.abs(whole)))
}

/** Grouped digits of an integer of any size. */
export function formatInteger(n: bigint): string {
  return (n < 0n ? '\u2212' : '') + groupLeft(String(n < 0n ? -n : n))
}

/** Seconds to the ns: `6 633.304 885 509 s`. */
function seconds(ns: bigint): string {
  const abs = ns < 0n ? -ns : ns
  const whole = groupLeft(String(abs / 1_000_000_000n))
  const rest = groupRight(String(abs % 1_000_000_000n).padStart(9, '0'))
  return `${ns < 0n ? '\u2212' : ''}${whole}.${rest} s`
}

/** What a session time needs to be written. */
export interface TimeBase {
  readonly unit: 'ns' | 'ticks'
  /** Trace-clock value of SessionTime 0, decimal. */
  readonly epoch: string
  readonly from: number
  /** Only a part is loaded: of a recording that begins here. */
  readonly window?: { readonly recorded: { readonly from: number } }
}

/** What relative times count from: the first event, of the whole recording where a window of it is loaded. */
export const startOf = (base: TimeBase): number => base.window?.recorded.from ?? base.from

/** A session time. `relative`: since the session's first event; `trace`: value of the trace clock. */
export function formatTime(t: number, base: TimeBase, format: 'relative' | 'trace'): string {
  const value = format === 'trace' ? BigInt(base.epoch) + BigInt(Math.round(t)) : BigInt(Math.round(t - startOf(base)))
  return base.unit === 'ns' ? seconds(value) : `${formatInteger(value)} ticks`
}

/** A time as plain text for the clipboard: `6633.304885509`, ticks as an integer. */
export function plainTime(t: number, base: TimeBase, format: 'relative' | 'trace'): string {
  return formatTime(t, base, format)
    .replaceAll(gap, '')
    .replace('\u2212', '-')
    .replace(/ (s|ticks)$/, '')
}

/** A length of time in the shortest unit that loses nothing above 1 ns: `834 ns`, `12.345 us`, `1.234 567 ms`, `3.000 000 001 s`. */
export function formatDelta(dt: number, unit: 'ns' | 'ticks'): string {
  const sign = dt < 0 ? '\u2212' : ''
  const whole = Math.round(Math.abs(dt))
  if (unit === 'ticks') return `${sign}${formatCount(whole)} ticks`
  if (whole < 1e3) return `${sign}${whole} ns`
  const [name, digits] = whole < 1e6 ? (['us', 3] as const) : whole < 1e9 ? (['ms', 6] as const) : (['s', 9] as const)
  const text = String(whole).padStart(digits + 1, '0')
  return `${sign}${groupLeft(text.slice(0, -digits))}.${groupRight(text.slice(-digits))} ${name}`
}

/** A length of time to three figures, for what is no measurement of its own: `834 ns`, `12.3 us`, `1.23 ms`. */
export function formatShort(dt: number, unit: 'ns' | 'ticks'): string {
  const abs = Math.abs(dt)
  const sign = dt < 0 ? '\u2212' : ''
  if (unit === 'ticks') return `${sign}${formatCount(abs)} ticks`
  if (abs < 999.5) return `${sign}${abs < 10 && abs % 1 !== 0 ? abs.toFixed(1) : Math.round(abs)} ns`
  const [size, name] = abs < 999.5e3 ? [1e3, 'us'] : abs < 999.5e6 ? [1e6, 'ms'] : [1e9, 's']
  const n = abs / Number(size)
  return `${sign}${n < 9.995 ? n.toFixed(2) : n < 99.95 ? n.toFixed(1) : formatCount(n)} ${name}`
}

/** What three figures can say that is no less than `x` (no more, rounding down); tenths below 10 ns, whole numbers of ticks. */
function threeFigures(x: number, unit: 'ns' | 'ticks', round: (n: number) => number): number {
  const grain = unit === 'ticks' || (x >= 10 && x < 1000) ? 1 : x < 10 ? 0.1 : 10 ** (Math.floor(Math.log10(x)) - 2)
  // Divided by a whole number where it can be: 0.1 and its multiples are none.
  return grain < 1 ? round(x * 10) / 10 : round(x / grain) * grain
}

/** How far off a time may be, in three figures: rounded up, since a bound that is rounded down is none. */
export const formatAccuracy = (x: number, unit: 'ns' | 'ticks'): string =>
  formatShort(x < 1000 ? Math.ceil(x) : threeFigures(x, unit, Math.ceil), unit)

/** Bounds around a time, never closer than they are: `−3.1 us to +3.4 us`. */
export function formatBounds(b: { readonly lower: number; readonly upper: number }, unit: 'ns' | 'ticks'): string {
  const outwards = (n: number, away: boolean) => {
    const size = threeFigures(Math.abs(n), unit, away ? Math.ceil : Math.floor)
    return `${n > 0 && size > 0 ? '+' : ''}${formatShort(n < 0 ? -size : size, unit)}`
  }
  return `${outwards(b.lower, b.lower < 0)} to ${outwards(b.upper, b.upper > 0)}`
}

/** `834 B`, `12.3 kB`, `1.59 GB`: decimal units, three figures. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const
  let n = bytes
  let i = 0
  while (n >= 999.5 && i < units.length - 1) {
    n /= 1000
    i++
  }
  if (i === 0) return `${Math.round(n)} B`
  return `${n < 9.995 ? n.toFixed(2) : n < 99.95 ? n.toFixed(1) : n.toFixed(0)} ${units[i]}`
}

/** Whole per cent, never 100 before all is done nor 0 once something is. */
export function formatShare(done: number, total: number): string {
  if (total <= 0) return '0 %'
  const per = (done / total) * 100
  if (done < total && per > 99) return '99 %'
  if (done > 0 && per < 1) return '1 %'
  return `${Math.round(per)} %`
}

/** `1 event`, `2 345 events`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${formatCount(n)} ${n === 1 ? one : many}`

const two = (n: number): string => String(n).padStart(2, '0')

/** Age of a date: `today 14:03`, `3 days ago`, else the date. */
export function formatDate(then: number, now: number): string {
  const date = new Date(then)
  const days = Math.floor((startOfDay(now) - startOfDay(then)) / 86_400_000 + 0.5)
  if (days <= 0) return `today ${two(date.getHours())}:${two(date.getMinutes())}`
  if (days === 1) return 'yesterday'
  if (days < 7) return `${days} days ago`
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
const startOfDay = (t: number) => new Date(t).setHours(0, 0, 0, 0)

/**
 * Reads a length of time typed by the user: `-12.5 us`, `2498636.3us`, `1 000` (ns). Answers whole session units as a decimal
 * string, or null when it is not one. With ticks only whole numbers count.
 */
export function parseDelta(text: string, unit: 'ns' | 'ticks'): string | null {
  const clean = text.replace(/[\s\u202f_]/g, '').replace('\u2212', '-')
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(ns|us|µs|ms|s|ticks)?$/.exec(clean)
  if (!match) return null
  const [, sign, whole, fraction = '', suffix] = match
  if (unit === 'ticks') {
    if (fraction !== '' || (suffix !== undefined && suffix !== 'ticks')) return null
    return BigInt(`${sign === '-' ? '-' : ''}${whole}`).toString()
  }
  if (suffix === 'ticks') return null
  const digits = suffix === 's' ? 9 : suffix === 'ms' ? 6 : suffix === 'us' || suffix === 'µs' ? 3 : 0
  if (fraction.length > digits) return null
  const value = BigInt(`${whole}${fraction.padEnd(digits, '0')}`)
  return (sign === '-' ? -value : value).toString()
}

/** Order of names for people: case aside, `CPU 2` before `CPU 10`. */
export const byName = (a: { readonly label: string }, b: { readonly label: string }): number =>
  a.label.localeCompare(b.label, 'en', { numeric: true, sensitivity: 'base' })

const counted =
  /(?<![\w.:/\u202f-])\d{4,}(?= (?:of \d+ )?(?:network packets|compressed chunks|events|bytes|packets|pieces|rows|ticks)\b)/g
const partOf = /(?<= of | the other )\d{4,}(?= events| bytes| compressed|\.$|\. )/g

/** A sentence of the engine with what it counts written as all numbers are; names and ids stay as they are. */
export const readable = (sentence: string): string => sentence.replace(counted, groupLeft).replace(partOf, groupLeft)
