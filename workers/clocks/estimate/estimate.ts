// From evidence to a relation with bounds and a verdict that is true. Source of the idea: S. De Venuto's thesis (assess the
// synchronisation of a merged trace from sequences of its own events); the bounds are those of hull.ts.

import type { ClockVerdict } from '../../thread/contract.js'
import { feasibleRegion } from '../hull.js'
import { findAnchor as findSilences, type AnchorOptions } from './anchor.js'
import { closeBrackets, countOpen, leastBrackets, matchBrackets, type ClosedBrackets } from './brackets.js'
import { checkModel, midline } from './check.js'
import { boundsOf, contract, CONTRACT_DEFAULTS, firmWithin, meet, type Stretch } from './contract.js'
import { coverCuts, type Cut } from './cuts.js'
import type { Anchor, Evidence } from './evidence.js'
import { NO_PACKETS, packetAnchor, type PacketMatching } from './packets.js'
import { breaksOf, coverage, lineAt, offsetAt, oneSided, widest, type Break, type EstimatePiece } from './pieces.js'
import { placesOf, type Places } from './places.js'

export interface Estimate {
  readonly verdict: ClockVerdict
  readonly kind: Evidence['kind']
  readonly anchor: Anchor | null
  readonly pieces: readonly EstimatePiece[]
  readonly breaks: readonly Break[]
  /** Largest error the statement allows, ns; null where nothing can be stated. */
  readonly accuracy: number | null
  /** Largest half-width of the bounds, ns. */
  readonly halfWidth: number | null
  readonly brackets: {
    readonly used: number
    readonly ambiguous: number
    readonly open: number
    readonly outside: number
  }
  readonly packets: PacketMatching
  /** Guest time from which on the guest ran no more on this host though its events go on: nothing relates them. */
  readonly leftAt: number | null
  /** Least common slack that makes contradictory constraints agree, ns; 0 where there is no contradiction. */
  readonly slack: number
  /** Share of the guest's events within the pieces, 0..1; events before the first or after the last bracket do not count. */
  readonly covered: number
  /** Where the guest's events lie after the relation. */
  readonly after: Places | null
}

export interface EstimateOptions {
  /** A first guess, e.g. the recorded offset; found from the events where absent. */
  readonly anchor?: Anchor
  /** How far the anchor may be off, ns. */
  readonly reach?: number
}

/** How far an anchor may be off, ns: tried one after the other, since too wide a reach leaves every event ambiguous. */
const REACHES = [20_000, CONTRACT_DEFAULTS.reach, 1_000_000, 10_000_000]

/** Most events have one bracket only: the anchor was near enough to say something. */
const isClear = ({ matching, region }: Stretch): boolean =>
  region.status === 'bounded' &&
  (matching.used > matching.ambiguous || (matching.used + matching.ambiguous === 0 && matching.packets.used > 0))

/** It explains more than chance would; packets that fit one another are no chance. */
const isTelling = ({ matching }: Stretch, all: readonly ClosedBrackets[]): boolean =>
  matching.packets.used > 0 || matching.brackets >= leastBrackets(all)

/** How much a stretch explains. */
const weight = ({ matching }: Stretch): number => matching.used + matching.packets.used

const hasBrackets = (evidence: Evidence): boolean => evidence.vcpus.some((v) => v.entry.length > 0)

const findAnchor = (evidence: Evidence, options: AnchorOptions = {}): Anchor | null =>
  findSilences(evidence, options) ?? (hasBrackets(evidence) ? null : packetAnchor(evidence.ways ?? []))

/** Estimates the relation of one guest's clock to its host's. */
export function estimate(evidence: Evidence, options: EstimateOptions = {}): Estimate {
  const range = guestRange(evidence)
  const open = countOpen(evidence)
  const nothing = {
    kind: evidence.kind,
    anchor: null,
    pieces: [],
    breaks: [],
    accuracy: null,
    halfWidth: null,
    brackets: { used: 0, ambiguous: 0, open, outside: 0 },
    packets: NO_PACKETS,
    leftAt: null,
    slack: 0,
    covered: 0,
    after: null,
  }
  if (!range || (!hasBrackets(evidence) && (evidence.ways ?? []).length === 0)) return { ...nothing, verdict: 'NONE' }
  const all = evidence.vcpus.map((v) => closeBrackets(v, evidence.kind))
  const start = firstStretch(evidence, all, range, options)
  const cuts = cutsOf(evidence)
  const parts: { readonly s: Stretch; readonly segment: number }[] = !start
    ? []
    : cuts.length === 0
      ? cover(evidence, all, start.stretch, range).map((s) => ({ s, segment: 0 }))
      : coverCuts(
          start.stretch,
          range,
          cuts,
          (anchor, [from, to]) => nearest(evidence, all, anchor, from, to),
          (s, limits) => cover(evidence, all, s, limits),
        )
  let stretches = parts.map((p) => ({ ...p, vcpu: null as number | null }))
  const anchor = start?.anchor ?? options.anchor ?? findAnchor(evidence)
  const whole = stretches.length === 1 && stretches[0]!.s.from === range[0] && stretches[0]!.s.to === range[1]
  if (!whole && all.length > 1 && anchor && cuts.length === 0) {
    const apart = eachVcpu(evidence, all, anchor, range)
    if (apart) stretches = apart.map((s, vcpu) => ({ s, vcpu, segment: 0 }))
  }
  if (stretches.length === 0 || !anchor) {
    return {
      ...nothing,
      anchor,
      verdict: anchor && !anchor.vague && hasBrackets(evidence) ? 'INFEASIBLE' : 'NONE',
      slack: anchor && !anchor.vague && hasBrackets(evidence) ? slackAt(all, anchor, range) : 0,
    }
  }
  // A stretch in which hardly an event has one bracket only says nothing; its neighbours' lines are continued through it.
  const clear = stretches.filter(({ s }) => isClear(s))
  const kept = clear.length > 0 ? clear : stretches
  const pieces = kept.map(({ s, vcpu, segment }): EstimatePiece => {
    const { centre, base, region } = s
    const [from, to] = firmWithin(all, s, evidenceIn(s))
    const line = midline(s)
    return {
      vcpu,
      from,
      to,
      centre,
      base,
      ...line,
      deltaRange: region.delta,
      stretch: s,
      check: checkModel(s, evidence.kind, kept.filter((o) => o.vcpu === vcpu).length > 1),
      segment,
    }
  })
  return conclude(evidence, all, anchor, pieces, open, options)
}

/** Host times beyond which no line of the clocks is continued. */
function cutsOf({ writes, goneAt }: Evidence): readonly Cut[] {
  const cuts: Cut[] = (writes ?? []).map((w) => ({ ...w, ends: false }))
  return typeof goneAt === 'number' ? [...cuts, { from: goneAt, to: goneAt, by: null, ends: true }] : cuts
}

/** A stretch within [from, to] from an anchor nearby, with the least reach that is clear. */
function nearest(
  evidence: Evidence,
  all: readonly ClosedBrackets[],
  anchor: Anchor,
  from: number,
  to: number,
): Stretch | null {
  const tries: Stretch[] = []
  for (const reach of hasBrackets(evidence) ? REACHES.slice(0, 3) : REACHES.slice(2)) {
    const s = contract(all, anchor, from, to, { ...CONTRACT_DEFAULTS, reach }, evidence.ways)
    if (!s || weight(s) === 0) continue
    tries.push(s)
    if (isClear(s)) break
  }
  return tries.reduce<Stretch | null>((a, b) => (a && weight(a) >= weight(b) ? a : b), null)
}

/** Guest times between which a stretch has constraints: beyond them nothing confirms its line. */
function evidenceIn({ from, to, matching }: Stretch): readonly [number, number] {
  let first = to
  let last = from
  for (const { g, n } of [matching.lower, matching.upper]) {
    for (let i = 0; i < n; i++) {
      first = Math.min(first, g[i]!)
      last = Math.max(last, g[i]!)
    }
  }
  return first <= last ? [first, last] : [from, to]
}

/** First and last guest time over all vCPUs. */
function guestRange(evidence: Evidence): readonly [number, number] | null {
  let first = Infinity
  let last = -Infinity
  for (const v of evidence.vcpus) {
    if (v.guest.length === 0) continue
    first = Math.min(first, v.guest[0]!)
    last = Math.max(last, v.guest[v.guest.length - 1]!)
  }
  return first <= last ? [first, last] : null
}

/** A quarter of the range each. */
const partsOf = ([from, to]: readonly [number, number]): (readonly [number, number])[] =>
  [0, 1, 2, 3].map((k) => [from + ((to - from) * k) / 4, from + ((to - from) * (k + 1)) / 4] as const)

interface Start {
  readonly anchor: Anchor
  readonly stretch: Stretch
}

/** The given anchor within growing reach, then one found from the events. */
function firstStretch(
  evidence: Evidence,
  all: readonly ClosedBrackets[],
  range: readonly [number, number],
  options: EstimateOptions,
): Start | null {
  const tries: Start[] = []
  /** True when the whole range is explained: then nothing else need be tried. */
  const attempt = (anchor: Anchor, reach: number): boolean => {
    const s = contract(all, anchor, range[0], range[1], { ...CONTRACT_DEFAULTS, reach }, evidence.ways)
    if (!s || weight(s) === 0) return false
    tries.push({ anchor, stretch: s })
    return isClear(s) && s.from === range[0] && s.to === range[1]
  }
  const given = options.anchor
  const able = hasBrackets(evidence) ? REACHES : REACHES.slice(2)
  const reaches = options.reach === undefined ? able : [options.reach]
  if (given && reaches.some((reach) => attempt(given, reach))) return tries[tries.length - 1]!
  const found = findAnchor(evidence)
  if (found && (hasBrackets(evidence) ? REACHES.slice(0, 3) : able).some((reach) => attempt(found, reach)))
    return tries[tries.length - 1]!
  // A vote across a change of the clock may lie between the two: those of parts do not.
  if (tries.length === 0 && hasBrackets(evidence)) {
    for (const part of partsOf(range)) {
      const vote = findSilences(evidence, { from: part[0], to: part[1] })
      if (vote) REACHES.slice(0, 3).some((reach) => attempt(vote, reach))
    }
  }
  // None covers everything: the one that explains most events.
  return tries.reduce<Start | null>((a, b) => (a && weight(a.stretch) >= weight(b.stretch) ? a : b), null)
}

/** So many of the longest stretches beside the first one are tried as the first one. */
const GROWN = 3

/**
 * Stretches that cover the whole range, outwards from the one that explains most. The first one may have begun right where the
 * clock changed: a line across the change fits for a while, and its neighbours would end where it does.
 */
function cover(
  evidence: Evidence,
  all: readonly ClosedBrackets[],
  first: Stretch,
  range: readonly [number, number],
): Stretch[] {
  let done = outwards(evidence, all, first, range)
  const others = done.filter((s) => s !== first).sort((a, b) => weight(b) - weight(a))
  const grown = others.slice(0, GROWN).flatMap((s) => {
    const g = Math.round((s.from + s.to) / 2)
    const [lo, hi] = s.region.status === 'bounded' ? boundsOf(s)(g) : [s.base, s.base]
    return nearest(evidence, all, { g, offset: Math.round((lo + hi) / 2) }, range[0], range[1]) ?? []
  })
  const longest = grown.reduce((a, b) => (weight(b) > weight(a) ? b : a), first)
  if (longest !== first) done = outwards(evidence, all, longest, range)
  for (let i = 1; i < done.length; i++) [done[i - 1], done[i]] = meet(all, done[i - 1]!, done[i]!)
  return done
}

function outwards(
  evidence: Evidence,
  all: readonly ClosedBrackets[],
  first: Stretch,
  [from, to]: readonly [number, number],
): Stretch[] {
  const done = [first]
  for (const side of [1, -1] as const) {
    let last = first
    for (let guard = 0; guard < 64; guard++) {
      const edge = side > 0 ? last.to : last.from
      if (side > 0 ? edge >= to : edge <= from) break
      const next = stretchBehind(evidence, all, last, edge, side, from, to)
      if (!next) break
      if (side > 0) done.push(next)
      else done.unshift(next)
      last = next
    }
  }
  return done
}

/** The stretch behind a break: near the old line if the step is small, from a new vote otherwise. */
function stretchBehind(
  evidence: Evidence,
  all: readonly ClosedBrackets[],
  last: Stretch,
  edge: number,
  side: 1 | -1,
  from: number,
  to: number,
): Stretch | null {
  const limits = side > 0 ? ([edge + 1, to] as const) : ([from, edge - 1] as const)
  const [lo, hi] = boundsOf(last)(edge)
  const at = edge + side * CONTRACT_DEFAULTS.window
  const vote = findAnchor(evidence, { from: limits[0], to: limits[1] })
  const near = { g: Math.min(Math.max(at, limits[0]), limits[1]), offset: Math.round((lo + hi) / 2) }
  const adjacent = (s: Stretch): boolean =>
    isClear(s) && (side > 0 ? s.from - edge : edge - s.to) <= 2 * CONTRACT_DEFAULTS.window
  const best = (anchors: readonly Anchor[]): Stretch | null => {
    const able = anchors
      .flatMap((anchor) => nearest(evidence, all, anchor, limits[0], limits[1]) ?? [])
      .filter((s) => isTelling(s, all))
      .sort((a, b) => weight(b) - weight(a))
    // One that follows at once, or what lies before a longer one would belong to none.
    return able.find(adjacent) ?? able[0] ?? null
  }
  const found = best(vote ? [near, vote] : [near])
  if (found || !hasBrackets(evidence)) return found
  // Nothing agrees right behind the break: from further away it may.
  return best(partsOf(limits).flatMap((part) => findSilences(evidence, { from: part[0], to: part[1] }) ?? []))
}

/** Every vCPU alone, under one common drift; null where that does not explain more than all together do. */
function eachVcpu(
  evidence: Evidence,
  all: readonly ClosedBrackets[],
  anchor: Anchor,
  [from, to]: readonly [number, number],
): Stretch[] | null {
  const own: Stretch[] = []
  for (const [i, one] of all.entries()) {
    const alone = { kind: evidence.kind, vcpus: [evidence.vcpus[i]!] }
    const start = firstStretch(alone, [one], [from, to], { anchor })
    if (!start || start.stretch.from > from || start.stretch.to < to) return null
    own.push(start.stretch)
  }
  const lo = Math.max(...own.map((s) => s.region.delta[0]))
  const hi = Math.min(...own.map((s) => s.region.delta[1]))
  return lo <= hi ? own : null
}

function slackAt(all: readonly ClosedBrackets[], anchor: Anchor, [from, to]: readonly [number, number]): number {
  const spread = (g: number): readonly [number, number] => {
    const s = CONTRACT_DEFAULTS.reach + CONTRACT_DEFAULTS.maxDrift * Math.abs(g - anchor.g)
    return [anchor.offset - s, anchor.offset + s]
  }
  const m = matchBrackets(all, spread, from, to)
  const points = (c: typeof m.lower) => ({
    x: c.g.subarray(0, c.n).map((g) => g - anchor.g),
    y: c.d.subarray(0, c.n).map((d) => d - anchor.offset),
    n: c.n,
  })
  return feasibleRegion(points(m.lower), points(m.upper), CONTRACT_DEFAULTS.maxDrift).slack
}

function conclude(
  evidence: Evidence,
  all: readonly ClosedBrackets[],
  anchor: Anchor,
  pieces: readonly EstimatePiece[],
  open: number,
  options: EstimateOptions,
): Estimate {
  const sum = (f: (p: EstimatePiece) => number): number => pieces.reduce((n, p) => n + f(p), 0)
  const brackets = {
    used: sum((p) => p.stretch.matching.brackets),
    ambiguous: sum((p) => p.stretch.matching.ambiguous),
    open,
    outside: sum((p) => p.stretch.matching.outside),
  }
  const after = placesOf(all, (g, vcpu) => offsetAt(pieces, g, vcpu))
  // What lies in a bracket that did not end is an event of the recording's time, and is not proven.
  const covered = coverage(evidence, pieces, hasBrackets(evidence) ? after.beyond - after.endless : 0)
  const packets = {
    used: sum((p) => p.stretch.matching.packets.used),
    ambiguous: sum((p) => p.stretch.matching.packets.ambiguous),
    unmatched: sum((p) => p.stretch.matching.packets.unmatched),
  }
  const leftAt = leftAfter(evidence, pieces)
  const base = { kind: evidence.kind, anchor, pieces, brackets, packets, leftAt, after, covered, slack: 0 }
  const bounded = pieces.every((p) => p.stretch.region.status === 'bounded')
  if (!bounded) {
    return { ...base, verdict: oneSided(pieces) ? 'ONE-SIDED' : 'NONE', breaks: [], accuracy: null, halfWidth: null }
  }
  const halfWidth = Math.max(...pieces.map(widest))
  const excursion = Math.max(...pieces.map((p) => p.check.excursion))
  const corridor = Math.max(...pieces.map((p) => p.check.corridor / 2))
  const broken = pieces.some((p, i) => i > 0 && p.vcpu === pieces[i - 1]!.vcpu)
  // Too short to see the corridor move: what bounds each part by itself bounds the whole.
  const unchecked = pieces.every((p) => !p.check.checked)
  const failed =
    broken ||
    (unchecked && !pieces.some(restsOnPackets)) ||
    after.outside > 0 ||
    (hasBrackets(evidence) && covered < 0.999) ||
    pieces.some((p) => p.check.failed)
  const contradicted = after.outside > 0.05 * (after.inside + after.outside)
  const verdict: ClockVerdict = contradicted
    ? anchor.vague
      ? 'NONE'
      : 'INFEASIBLE'
    : failed
      ? 'CONDITIONAL'
      : evidence.kind === 'sched' || pieces.some(restsOnPackets)
        ? 'LOOSE'
        : 'GUARANTEED'
  // The corridor between threads is wide enough for a clock to bend in it unseen.
  const wanders = failed || evidence.kind === 'sched' || pieces.some((p) => p.check.short)
  const wandered = Math.max(halfWidth, corridor) + (wanders ? excursion : 0)
  const room = Math.max(wandered, ...(unchecked ? pieces.map((p) => p.check.reach) : []))
  return {
    ...base,
    verdict,
    breaks: breaksOf(evidence, pieces),
    accuracy: contradicted || room === Infinity ? null : room + nearMiss(after.misses, room),
    halfWidth,
    slack: contradicted ? slackAt(all, options.anchor ?? anchor, [pieces[0]!.from, pieces[pieces.length - 1]!.to]) : 0,
  }
}

/** Events that miss their bracket by little are the clock's error; those that miss it by much had one that was not recorded. */
const nearMiss = (misses: readonly number[], room: number): number =>
  misses.reduce((most, by) => (by <= 2 * room && by > most ? by : most), 0)

/** One side is bounded by packets alone. */
const restsOnPackets = ({ stretch }: EstimatePiece): boolean =>
  [stretch.matching.lower, stretch.matching.upper].some((c) => c.n === 0 || c.bracket[0]! < 0)

/** Where the last piece ends, if guest events go on after the guest was last seen on the host. */
function leftAfter({ goneAt, vcpus }: Evidence, pieces: readonly EstimatePiece[]): number | null {
  const last = pieces[pieces.length - 1]
  if (typeof goneAt !== 'number' || !last) return null
  const lo = last.stretch.region.status === 'bounded' ? boundsOf(last.stretch)(last.to)[0] : lineAt(last, last.to)
  const goesOn = vcpus.some((v) => v.guest.length > 0 && v.guest[v.guest.length - 1]! + lo > goneAt)
  return goesOn ? last.to : null
}
