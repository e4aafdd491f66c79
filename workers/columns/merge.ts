// The merged order of several time-sorted lists. Ties go to the lower list: `trace-cmd report` compares the heads of all its
// streams with a strict `<`, the top buffers of all files first, CPU after CPU, then the other buffers. A list whose time runs
// backwards keeps its own order, as there.

export interface TimeList {
  readonly t: Float64Array
  readonly count: number
}

/** Ids number the entries list after list: entry i of list k has id count[0] + ... + count[k-1] + i. Returns all ids by time. */
export function mergeOrder(lists: readonly TimeList[]): Uint32Array {
  const total = lists.reduce((n, l) => n + l.count, 0)
  const order = new Uint32Array(total)
  const bases: number[] = []
  lists.reduce((base, l) => (bases.push(base), base + l.count), 0)
  const filled = lists.map((_, i) => i).filter((i) => lists[i]!.count > 0)
  if (filled.length === 0) return order
  const [a, b] = filled
  if (b === undefined) for (let i = 0; i < total; i++) order[i] = i
  else if (filled.length === 2) mergeTwo(lists[a!]!, bases[a!]!, lists[b]!, bases[b]!, order)
  else
    mergeMany(
      filled.map((i) => lists[i]!),
      filled.map((i) => bases[i]!),
      order,
    )
  return order
}

function mergeTwo(a: TimeList, baseA: number, b: TimeList, baseB: number, order: Uint32Array): void {
  const ta = a.t
  const tb = b.t
  const na = a.count
  const nb = b.count
  let i = 0
  let j = 0
  let out = 0
  let x = ta[0]!
  let y = tb[0]!
  while (true) {
    if (y < x) {
      order[out++] = baseB + j++
      if (j === nb) break
      y = tb[j]!
    } else {
      order[out++] = baseA + i++
      if (i === na) break
      x = ta[i]!
    }
  }
  while (i < na) order[out++] = baseA + i++
  while (j < nb) order[out++] = baseB + j++
}

/** Tournament of losers: every inner node keeps the loser of its match, so that the next winner costs log2(k) comparisons. */
function mergeMany(lists: readonly TimeList[], bases: readonly number[], order: Uint32Array): void {
  let k = 1
  while (k < lists.length) k *= 2
  const head = new Float64Array(k).fill(Infinity)
  const at = new Uint32Array(k)
  const left = new Uint32Array(k)
  const base = new Float64Array(k)
  lists.forEach((l, i) => {
    head[i] = l.t[0]!
    left[i] = l.count
    base[i] = bases[i]!
  })
  // An exhausted list loses against all others; it is never picked, since every pick has an event left.
  const beats = (x: number, y: number): boolean => {
    const hx = head[x]!
    const hy = head[y]!
    return hx < hy || (hx === hy && x < y)
  }
  const loser = new Uint32Array(k)
  const play = (node: number): number => {
    if (node >= k) return node - k
    const x = play(node * 2)
    const y = play(node * 2 + 1)
    const won = beats(x, y)
    loser[node] = won ? y : x
    return won ? x : y
  }
  let winner = play(1)
  for (let out = 0; out < order.length; out++) {
    const i = at[winner]!
    order[out] = base[winner]! + i
    at[winner] = i + 1
    head[winner] = --left[winner]! > 0 ? lists[winner]!.t[i + 1]! : Infinity
    for (let node = (winner + k) >> 1; node > 0; node >>= 1) {
      const other = loser[node]!
      if (beats(other, winner)) {
        loser[node] = winner
        winner = other
      }
    }
  }
}

/** Earliest and latest time (Infinity, -Infinity of an empty list), and how many entries are earlier than the one before them. */
export function surveyTimes(list: TimeList): {
  readonly from: number
  readonly to: number
  readonly backwards: number
} {
  const { t, count } = list
  let from = Infinity
  let to = -Infinity
  let backwards = 0
  let before = -Infinity
  for (let i = 0; i < count; i++) {
    const x = t[i]!
    if (x < from) from = x
    if (x > to) to = x
    if (x < before) backwards++
    before = x
  }
  return { from, to, backwards }
}
