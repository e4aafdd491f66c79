/** Middle value; of an even number of values the mean of the two. NaN for none. */
export function median(values: readonly number[]): number {
  const s = values.toSorted((a, b) => a - b)
  const mid = s.length >> 1
  return s.length % 2 ? s[mid]! : (s[mid - 1]! + s[mid]!) / 2
}

/** Smallest value that at least a share `q` of the values do not exceed. NaN for none. */
export function quantile(values: readonly number[], q: number): number {
  const s = values.toSorted((a, b) => a - b)
  return s[Math.max(0, Math.ceil(q * s.length) - 1)] ?? Number.NaN
}

const group = (n: number): string =>
  Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ')

export const write = {
  count: (n: number): string => group(n),
  seconds: (ms: number): string => `${(ms / 1000).toFixed(2)} s`,
  ms: (ms: number): string => `${ms.toFixed(2)} ms`,
  /** `median / p95`. */
  spread: (ms: readonly number[]): string =>
    ms.length ? `${median(ms).toFixed(2)} / ${quantile(ms, 0.95).toFixed(2)} ms` : '-',
  megabytes: (bytes: number): string => `${group(bytes / 1e6)} MB`,
  bytes: (n: number): string => `${n.toFixed(1)} B`,
  ratio: (n: number): string => `x ${n.toFixed(2)}`,
}

/** Columns of text under each other, the first to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((w, row) => row.map((cell, i) => Math.max(w[i] ?? 0, cell.length)), [])
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}
