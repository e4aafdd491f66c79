// How lengths, differences and names are written in reports on runs.

export type Unit = 'ns' | 'ticks'

/** A length with its sign: `7.02 us`, `-340 ns`; four significant digits, trailing zeros dropped. */
export function lengthOf(x: number, unit: Unit): string {
  if (!Number.isFinite(x)) return 'not known'
  const size = Math.abs(x)
  const scales: readonly (readonly [number, string])[] =
    unit === 'ticks'
      ? [[1, 'ticks']]
      : [
          [1e9, 's'],
          [1e6, 'ms'],
          [1e3, 'us'],
          [1, 'ns'],
        ]
  const [scale, name] = scales.find(([s]) => size >= s * 0.99995) ?? scales.at(-1)!
  return `${digits(x / scale)} ${name}`
}

/** Four significant digits. */
export function digits(x: number): string {
  if (!Number.isFinite(x)) return 'not known'
  if (x === 0) return '0'
  const text = Math.abs(x) >= 1000 ? x.toFixed(0) : x.toPrecision(4)
  return text.includes('e') ? text : text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
}

/** `4 .. 9 us`, both ends in the unit of the larger. */
export function intervalOf({ low, high }: { readonly low: number; readonly high: number }, unit: Unit): string {
  const largest = Math.max(Math.abs(low), Math.abs(high))
  const [scale, name] =
    unit === 'ticks'
      ? [1, 'ticks']
      : largest >= 1e9
        ? [1e9, 's']
        : largest >= 1e6
          ? [1e6, 'ms']
          : largest >= 1e3
            ? [1e3, 'us']
            : [1, 'ns']
  return `${digits(low / scale)} .. ${digits(high / scale)} ${name}`
}

/** `0.023`, `< 0.0001`, `1`. */
export const pText = (p: number): string => (p < 0.0001 ? '< 0.0001' : p >= 0.9995 ? '1' : p.toPrecision(2))

export const percentOf = (share: number): string => `${Number((100 * share).toPrecision(3))} %`

/** `host`, `VM`: environments as people write them. */
export const environmentName = (environment: string): string => (environment === 'vm' ? 'VM' : environment)

/** Host first, then VM, then the others. */
export const byEnvironment = (a: string, b: string): number => {
  const rank = (e: string): number => (e === 'host' ? 0 : e === 'vm' ? 1 : 2)
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0)
}

export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${n.toString().replace(/\B(?=(\d{3})+$)/g, ' ')} ${n === 1 ? one : many}`
