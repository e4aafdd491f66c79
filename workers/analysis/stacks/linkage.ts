// Agglomerative clustering by average linkage (UPGMA) of weighted points, by nearest-neighbour chains: O(n^2) time and memory.

interface Merge {
  /** Points or merges (n + index of the merge), the smaller first. */
  readonly a: number
  readonly b: number
  readonly height: number
  /** Sum of the weights below. */
  readonly weight: number
}

/**
 * The merges of n points in ascending height. A point of weight w stands for w equal ones. Among equal distances the pair of the
 * lowest indices is taken, so that the result depends on the order of the points alone.
 */
export function averageLinkage(
  n: number,
  weight: ArrayLike<number>,
  distance: (i: number, j: number) => number,
): Merge[] {
  const d = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) d[i * n + j] = d[j * n + i] = distance(i, j)
  const size = Float64Array.from({ length: n }, (_, i) => weight[i]!)
  const alive = new Uint8Array(n).fill(1)
  const found: { readonly a: number; readonly b: number; readonly height: number }[] = []
  const chain: number[] = []
  for (let left = n; left > 1;) {
    if (chain.length === 0) chain.push(alive.indexOf(1))
    const top = chain.at(-1)!
    const before = chain.at(-2) ?? -1
    let best = before
    let least = before < 0 ? Infinity : d[top * n + before]!
    for (let j = 0; j < n; j++) {
      if (alive[j] === 0 || j === top) continue
      const dj = d[top * n + j]!
      // The chain must turn round where the way back is as short as any.
      if (dj < least || (best < 0 && dj === least)) {
        least = dj
        best = j
      }
    }
    if (best !== before) {
      chain.push(best)
      continue
    }
    chain.length -= 2
    const a = Math.min(top, before)
    const b = Math.max(top, before)
    found.push({ a, b, height: least })
    const [wa, wb] = [size[a]!, size[b]!]
    for (let k = 0; k < n; k++) {
      if (alive[k] === 0 || k === a || k === b) continue
      d[a * n + k] = d[k * n + a] = (wa * d[a * n + k]! + wb * d[b * n + k]!) / (wa + wb)
    }
    size[a] = wa + wb
    alive[b] = 0
    left--
  }
  return numbered(n, weight, found)
}

/** The merges in ascending height, numbered as they follow each other. */
function numbered(
  n: number,
  weight: ArrayLike<number>,
  found: readonly { readonly a: number; readonly b: number; readonly height: number }[],
): Merge[] {
  const order = found.map((_, i) => i).sort((i, j) => found[i]!.height - found[j]!.height || i - j)
  const root = Int32Array.from({ length: n }, (_, i) => i)
  const label = Int32Array.from({ length: n }, (_, i) => i)
  const size = Float64Array.from({ length: n }, (_, i) => weight[i]!)
  const find = (x: number): number => {
    let r = x
    while (root[r] !== r) r = root[r]!
    while (root[x] !== r) [root[x], x] = [r, root[x]!]
    return r
  }
  return order.map((i, k) => {
    const { a, b, height } = found[i]!
    const [ra, rb] = [find(a), find(b)]
    const [la, lb] = [label[ra]!, label[rb]!]
    root[rb] = ra
    label[ra] = n + k
    size[ra] = size[ra]! + size[rb]!
    return { a: Math.min(la, lb), b: Math.max(la, lb), height, weight: size[ra]! }
  })
}

/** Cluster of each point after all merges up to `cut`, numbered by the first point in each. */
export function cutAt(n: number, merges: readonly Merge[], cut: number): Int32Array {
  const parent = Int32Array.from({ length: n + merges.length }, (_, i) => i)
  merges.forEach((m, k) => {
    if (m.height <= cut) parent[m.a] = parent[m.b] = n + k
  })
  const names = new Map<number, number>()
  return Int32Array.from({ length: n }, (_, i) => {
    let at = i
    while (parent[at] !== at) at = parent[at]!
    const name = names.get(at) ?? names.size
    names.set(at, name)
    return name
  })
}
