export interface Agreement {
  readonly agree: number
  /** Lines of the longer side. */
  readonly total: number
  /** The first few lines that differ. */
  readonly differences: readonly { readonly ours: string; readonly theirs: string }[]
}

/** How far ahead a missing or an extra line is looked for. */
const WINDOW = 64

/** Counts lines that are the same, in order; a line that one side lacks costs that line only. */
export function compareLines(ours: readonly string[], theirs: readonly string[]): Agreement {
  const differences: { ours: string; theirs: string }[] = []
  let agree = 0
  let i = 0
  let j = 0
  while (i < ours.length || j < theirs.length) {
    if (ours[i] === theirs[j]) {
      agree++
      i++
      j++
      continue
    }
    if (differences.length < 5) differences.push({ ours: ours[i] ?? '(end)', theirs: theirs[j] ?? '(end)' })
    const step = resume(ours, i, theirs, j)
    i += step.ours
    j += step.theirs
  }
  return { agree, total: Math.max(ours.length, theirs.length), differences }
}

function resume(
  ours: readonly string[],
  i: number,
  theirs: readonly string[],
  j: number,
): { readonly ours: number; readonly theirs: number } {
  for (let d = 1; d <= WINDOW; d++) {
    if (i + d < ours.length && j + d < theirs.length && ours[i + d] === theirs[j + d]) return { ours: d, theirs: d }
    if (i + d < ours.length && ours[i + d] === theirs[j]) return { ours: d, theirs: 0 }
    if (j + d < theirs.length && ours[i] === theirs[j + d]) return { ours: 0, theirs: d }
  }
  return { ours: 1, theirs: 1 }
}
