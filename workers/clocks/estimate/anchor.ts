// A coarse first offset where none is recorded. A guest that goes idle leaves the CPU, so long silences of the guest and long
// gaps between its brackets are the same silences seen from two sides: pairs of nearly equal length vote for an offset.

import { lowerBound, upperBound } from '../../columns/event-table.js'
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

/** Silences tried per vCPU and slice, longest first. */
const TRIED = 1000
/** Silences that vote. */
const VOTERS = 150
/** A silence that so many gaps match (the period of a timer tick) tells nothing. */
const COMMON = 400

interface Silence {
  readonly end: number
  readonly length: number
}

function guestSilences(v: VcpuEvidence, from: number, to: number): Silence[] {
  const found: Silence[] = []
  for (let i = 1; i < v.guest.length; i++) {
    const end = v.guest[i]!
    if (end < from || end > to) continue
    found.push({ end, length: end - v.guest[i - 1]! })
  }
  return found.sort((a, b) => b.length - a.length).slice(0, TRIED)
}

/** Gaps between brackets, ascending in length. */
interface Gaps {
  readonly length: Float64Array
  readonly end: Float64Array
}

function hostGaps({ entry, exit }: VcpuEvidence): Gaps {
  const length = new Float64Array(entry.length)
  const order = new Uint32Array(entry.length)
  let n = 0
  for (let i = 1; i < entry.length; i++) {
    length[i] = entry[i]! - exit[i - 1]!
    if (Number.isFinite(length[i]) && length[i]! > 0) order[n++] = i
  }
  const sorted = order.subarray(0, n).sort((a, b) => length[a]! - length[b]!)
  return { length: Float64Array.from(sorted, (i) => length[i]!), end: Float64Array.from(sorted, (i) => entry[i]!) }
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
    const vote = voteIn(evidence, gaps, options, from, Math.min(last, from + slice))
    if (vote && (!best || vote.votes / (vote.runnerUp + 1) > best.votes / (best.runnerUp + 1))) best = vote
    if (last - first <= slice) break
  }
  return best
}

function voteIn(
  evidence: Evidence,
  hostSilences: readonly Gaps[],
  options: AnchorOptions,
  from: number,
  to: number,
): AnchorVote | null {
  const width = 2 * (options.bin ?? 50_000)
  const tolerance = options.tolerance ?? (evidence.kind === 'kvm' ? 20_000 : 200_000)
  const votes: number[] = []
  let middle = 0
  let voters = 0
  evidence.vcpus.forEach((v, index) => {
    const gaps = hostSilences[index]!
    const lengths = gaps.length
    let mine = 0
    for (const s of guestSilences(v, from, to)) {
      if (mine === VOTERS) break
      const lo = lowerBound(lengths, lengths.length, s.length - tolerance)
      const hi = upperBound(lengths, lengths.length, s.length)
      if (hi === lo || hi - lo > COMMON) continue
      for (let i = lo; i < hi; i++) votes.push(gaps.end[i]! - s.end)
      middle += s.end
      mine++
    }
    voters += mine
  })
  if (voters === 0) return null
  const sorted = Float64Array.from(votes).sort()
  const best = densest(sorted, width, NaN)
  if (best.votes < 3) return null
  const offset = sorted[best.first + (best.votes >> 1)]!
  const runnerUp = densest(sorted, width, offset).votes
  const vague = best.votes <= 2 * runnerUp
  return { g: Math.round(middle / voters), offset: Math.round(offset), votes: best.votes, runnerUp, vague }
}

/** Fullest window of `width` among ascending values, none of them within two widths of `not`. */
function densest(sorted: Float64Array, width: number, not: number): { first: number; votes: number } {
  let best = { first: 0, votes: 0 }
  let first = 0
  for (let last = 0; last < sorted.length; last++) {
    if (Math.abs(sorted[last]! - not) <= 2 * width) {
      first = last + 1
      continue
    }
    while (sorted[last]! - sorted[first]! > width) first++
    if (last - first + 1 > best.votes) best = { first, votes: last - first + 1 }
  }
  return best
}
