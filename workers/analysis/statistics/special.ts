// Distribution functions, to about 1e-12: tails are computed as such, never as one minus the rest.

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** ln Γ(x), x > 0 (Lanczos, g = 7). */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const z = x - 1
  let sum = LANCZOS[0]!
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (z + i)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

const TINY = 1e-300

/** Upper regularised incomplete gamma function Q(a, x). */
function gammaUpper(a: number, x: number): number {
  if (x <= 0) return 1
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let n = 1; n < 2000 && Math.abs(term) > 1e-17 * sum; n++) sum += term *= x / (a + n)
    return 1 - scale * sum
  }
  // Continued fraction, modified Lentz.
  let b = x + 1 - a
  let c = 1 / TINY
  let d = 1 / b
  let h = d
  for (let i = 1; i < 2000; i++) {
    const an = -i * (i - a)
    b += 2
    d = an * d + b
    if (Math.abs(d) < TINY) d = TINY
    c = b + an / c
    if (Math.abs(c) < TINY) c = TINY
    d = 1 / d
    const step = d * c
    h *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return scale * h
}

/** Regularised incomplete beta function I_x(a, b). */
function betaLower(a: number, b: number, x: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - betaTail(b, a, 1 - x)
  return betaTail(a, b, x)
}

/** I_x(a, b) where its continued fraction converges fast: x below (a+1)/(a+b+2). */
function betaTail(a: number, b: number, x: number): number {
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  let c = 1
  let d = 1 - ((a + b) * x) / (a + 1)
  if (Math.abs(d) < TINY) d = TINY
  d = 1 / d
  let h = d
  for (let m = 1; m < 5000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 + even * d
    c = 1 + even / c
    if (Math.abs(d) < TINY) d = TINY
    if (Math.abs(c) < TINY) c = TINY
    d = 1 / d
    h *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 + odd * d
    c = 1 + odd / c
    if (Math.abs(d) < TINY) d = TINY
    if (Math.abs(c) < TINY) c = TINY
    d = 1 / d
    const step = d * c
    h *= step
    if (Math.abs(step - 1) < 1e-16) break
  }
  return front * h
}

/** P(Z > z) of the standard normal. */
export const normalTail = (z: number): number =>
  z >= 0 ? 0.5 * gammaUpper(0.5, (z * z) / 2) : 1 - 0.5 * gammaUpper(0.5, (z * z) / 2)

/** P(X > x), chi-square with `df` degrees of freedom. */
export const chiSquareTail = (x: number, df: number): number => gammaUpper(df / 2, x / 2)

/** P(T > t), Student with `df` degrees of freedom. */
export function studentTail(t: number, df: number): number {
  const tail = 0.5 * betaLower(df / 2, 0.5, df / (df + t * t))
  return t >= 0 ? tail : 1 - tail
}

/** P(X > f), Fisher's F with `d1` and `d2` degrees of freedom. */
export const fTail = (f: number, d1: number, d2: number): number =>
  f <= 0 ? 1 : betaLower(d2 / 2, d1 / 2, d2 / (d2 + d1 * f))

/** P(X <= k), binomial of n draws with probability p. */
export const binomialUpTo = (k: number, n: number, p: number): number =>
  k < 0 ? 0 : k >= n ? 1 : betaLower(n - k, k + 1, 1 - p)

/** P(K > x), Kolmogorov's limit distribution of sqrt(n)·D. */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1
  if (x < 1) {
    // The other series converges fast here.
    let sum = 0
    for (let k = 1; k < 20; k += 2) sum += Math.exp((-k * k * Math.PI * Math.PI) / (8 * x * x))
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum
  }
  let sum = 0
  for (let k = 1; k < 20; k++) sum += (k % 2 ? 2 : -2) * Math.exp(-2 * k * k * x * x)
  return Math.min(1, sum)
}
