// A coarse first offset where none is recorded. A guest that goes idle leaves the CPU, so long silences of the guest and long
// gaps between its brackets are the same silences seen from two sides: pairs of nearly equal length vote for an offset.

import type { Anchor, Evidence, VcpuEvidence } from './evidence.js'

export interface AnchorOptions {
  /** Length of the slices of guest time that vote each on its own, ns: within one, drift must not smear the votes. */
  readonly slice?: number
  /** Width of a vote's bin, ns. */
  readonly bin?: number
  /** How much longer than the host's gap the guest's silence may be, ns. */
  readonly tolerance?: number
  /** Only guest events in [from, to]. */
  readonly from?: number
  readonly to?: number
}

export interface AnchorVote extends Anchor {
  /** Votes of the winning bin, and of the best bin that is not its neighbour. */
  readonly votes: number
  readonly runnerUp: number
}

/** At most this many of the longest silences per vCPU vote. */
const VOTERS = 150

interface Silence {
  readonly end: number
  readonly length: number
}

function longest(silences: Silence[]): Silence[] {
  return silences.sort((a, b) => b.length - a.length).slice(0, VOTERS)
}

function guestSilences(v: VcpuEvidence, from: number, to: number): Silence[] {
  const found: Silence[] = []
  for (let i = 1; i < v.guest.length; i++) {
    const end = v.guest[i]!
    if (end < from || end > to) continue
    found.push({ end, length: end - v.guest[i - 1]! })
  }
  return longest(found)
}

function hostGaps(v: VcpuEvidence): Silence[] {
  const found: Silence[] = []
  for (let i = 1; i < v.entry.length; i++) {
    const length = v.entry[i]! - v.exit[i - 1]!
    if (Number.isFinite(length) && length > 0) found.push({ end: v.entry[i]!, length })
  }
  return found.sort((a, b) => a.length - b.length)
}

/** Slices tried before the clearest vote is taken. */
const SLICES = 5

/** The offset most silences agree on, from the slice with the clearest vote; null when there are too few to vote. */
export function findAnchor(evidence: Evidence, options: AnchorOptions = {}): AnchorVote | null {
  const slice = options.slice ?? 500_000_000
  const events = evidence.vcpus.filter((v) => v.guest.length > 0)
  if (events.length === 0) return null
  const first = Math.max(options.from ?? -Infinity, Math.min(...events.map((v) => v.guest[0]!)))
  const last = Math.min(options.to ?? Infinity, Math.max(...events.map((v) => v.guest[v.guest.length - 1]!)))
  const gaps = evidence.vcpus.map(hostGaps)
  let best: AnchorVote | null = null
  for (let k = 0; k < SLICES; k++) {
    const from = Math.max(first, first + ((last - first - slice) * k) / (SLICES - 1))
    const vote = voteIn(evidence, gaps, options, from, from + slice)
    if (vote && (!best || vote.votes / (vote.runnerUp + 1) > best.votes / (best.runnerUp + 1))) best = vote
    if (last - first <= slice) break
  }
  return best
}

function voteIn(
  evidence: Evidence,
  hostSilences: readonly (readonly Silence[])[],
  options: AnchorOptions,
  from: number,
  to: number,
): AnchorVote | null {
  const bin = options.bin ?? 50_000
  const tolerance = options.tolerance ?? (evidence.kind === 'kvm' ? 20_000 : 200_000)
  const votes = new Map<number, { n: number; offsets: number[] }>()
  let middle = 0
  let voters = 0
  evidence.vcpus.forEach((v, index) => {
    const gaps = hostSilences[index]!
    const lengths = Float64Array.from(gaps, (g) => g.length)
    for (const s of guestSilences(v, from, to)) {
      let lo = 0
      let hi = lengths.length
      while (lo < hi) {
        const mid = (lo + hi) >>> 1
        if (lengths[mid]! < s.length - tolerance) lo = mid + 1
        else hi = mid
      }
      for (let i = lo; i < lengths.length && lengths[i]! <= s.length; i++) {
        const offset = gaps[i]!.end - s.end
        const key = Math.floor(offset / bin)
        const box = votes.get(key) ?? { n: 0, offsets: [] }
        box.n++
        if (box.offsets.length < 101) box.offsets.push(offset)
        votes.set(key, box)
      }
      middle += s.end
      voters++
    }
  })
  if (voters === 0) return null
  let best = 0
  let bestKey = 0
  // Neighbouring bins count together, so that an offset near a bin's edge is not split.
  const sum = (k: number): number => (votes.get(k)?.n ?? 0) + (votes.get(k + 1)?.n ?? 0)
  for (const k of votes.keys()) {
    for (const start of [k - 1, k]) {
      if (sum(start) > best) {
        best = sum(start)
        bestKey = start
      }
    }
  }
  let runnerUp = 0
  for (const k of votes.keys()) if (Math.abs(k - bestKey) > 2) runnerUp = Math.max(runnerUp, sum(k))
  const offsets = [...(votes.get(bestKey)?.offsets ?? []), ...(votes.get(bestKey + 1)?.offsets ?? [])].sort(
    (a, b) => a - b,
  )
  if (best < 3) return null
  return { g: Math.round(middle / voters), offset: Math.round(offsets[offsets.length >> 1]!), votes: best, runnerUp }
}
