// Many tests at once: p-values adjusted so that they can be held against one level.

/** Ranks ascending by p; equal p in the order given. */
const ascending = (p: readonly number[]): number[] => p.map((_, i) => i).sort((i, j) => p[i]! - p[j]! || i - j)

/** Benjamini and Hochberg 1995: bounds the share of false ones among what is called different. */
export function benjaminiHochberg(p: readonly number[]): number[] {
  const order = ascending(p)
  const adjusted = p.map(() => 1)
  let least = 1
  for (let k = order.length - 1; k >= 0; k--) {
    least = Math.min(least, (p[order[k]!]! * p.length) / (k + 1))
    adjusted[order[k]!] = least
  }
  return adjusted
}

/** Holm 1979: bounds the chance that anything is called different wrongly. */
export function holm(p: readonly number[]): number[] {
  const order = ascending(p)
  const adjusted = p.map(() => 1)
  let most = 0
  order.forEach((i, k) => {
    most = Math.max(most, Math.min(1, p[i]! * (p.length - k)))
    adjusted[i] = most
  })
  return adjusted
}
