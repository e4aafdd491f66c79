// How numbers and tables read on a terminal.

/** 1,234,567 */
export const grouped = (n: number): string => n.toLocaleString('en-US')

/** `512 B`, `2.6 MB`, in powers of 1000. */
export function bytesText(n: number): string {
  if (n < 1000) return `${n} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = n
  let unit = -1
  do {
    value /= 1000
    unit++
  } while (value >= 999.95 && unit < units.length - 1)
  return `${value.toFixed(1)} ${units[unit]}`
}

export const plural = (n: number, one: string, many = `${one}s`): string => `${grouped(n)} ${n === 1 ? one : many}`

/** CPU lists as the kernel writes them: `0-3,6`. */
export function cpuList(cpus: readonly number[]): string {
  const sorted = [...cpus].sort((a, b) => a - b)
  const ranges: [number, number][] = []
  for (const cpu of sorted) {
    const last = ranges.at(-1)
    if (last && cpu <= last[1] + 1) last[1] = cpu
    else ranges.push([cpu, cpu])
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',')
}

/** Rows of cells as aligned columns, two blanks between; the columns named in `right` are right-aligned. */
export function aligned(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
  return rows.map((row) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}

/** Seconds of a span of ns, as few digits as tell it: `12.345678901 s`, `1.2 ms`; or ticks. */
export function spanText(from: number, to: number, unit: 'ns' | 'ticks'): string {
  const span = to - from
  if (unit === 'ticks') return `${grouped(span)} ticks`
  if (span >= 1e9) return `${(span / 1e9).toFixed(3)} s`
  if (span >= 1e6) return `${(span / 1e6).toFixed(3)} ms`
  if (span >= 1e3) return `${(span / 1e3).toFixed(3)} us`
  return `${span} ns`
}
