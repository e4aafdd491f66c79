// Constraints from network packets that one machine sent and the other received: sending happened first. Nothing but lengths (and
// protocols) tells packets apart, so a pair counts only where it is the only one possible, and only for ways on which every packet
// received has a sender: where senders go unrecorded, being the only candidate proves nothing.

import { lowerBound, upperBound } from '../../columns/event-table.js'
import type { Bounds, Constraints } from './brackets.js'
import type { Anchor, PacketSide, PacketWay } from './evidence.js'

export interface PacketMatching {
  /** Packets received that gave a constraint, that fit several senders (or share theirs), and that no sender fits. */
  readonly used: number
  readonly ambiguous: number
  readonly unmatched: number
}

export const NO_PACKETS: PacketMatching = { used: 0, ambiguous: 0, unmatched: 0 }

/** Longest a packet may be on its way, ns: a vCPU that does not run for as long receives nothing either. */
const TRANSIT = 200_000_000
/** Fewest packets by which one of several host devices is taken for the guest's. */
const TELLING = 8

/** Constraints do not stem from a bracket. */
const NO_BRACKET = -1

/** Packets of one length and protocol. */
interface Alike {
  readonly sent: Float64Array
  readonly received: Float64Array
}

const classes = new WeakMap<PacketWay, readonly Alike[]>()

function alikeOf(way: PacketWay): readonly Alike[] {
  let known = classes.get(way)
  if (known) return known
  // Where one side does not know protocols, lengths alone must do.
  const both = [way.sent, way.received].every((s) => s.protocol.every((p) => p >= 0))
  const keyOf = (s: PacketSide, i: number): number => s.length[i]! * 65_536 + (both ? s.protocol[i]! : 0)
  const split = (s: PacketSide): Map<number, number[]> => {
    const found = new Map<number, number[]>()
    s.t.forEach((t, i) => {
      const key = keyOf(s, i)
      const list = found.get(key)
      if (list) list.push(t)
      else found.set(key, [t])
    })
    return found
  }
  const sent = split(way.sent)
  known = [...split(way.received)].map(([key, received]) => ({
    sent: Float64Array.from(sent.get(key) ?? []),
    received: Float64Array.from(received),
  }))
  classes.set(way, known)
  return known
}

/** Matches the packets of the ways whose guest time lies in [from, to], and adds the constraints. O(packets * log). */
export function matchPackets(
  ways: readonly PacketWay[],
  bounds: Bounds,
  from: number,
  to: number,
  lower: Pick<Constraints, 'add'>,
  upper: Pick<Constraints, 'add'>,
): PacketMatching {
  let used = 0
  let ambiguous = 0
  let unmatched = 0
  for (const way of ways) {
    const inbound = way.towards === 'guest'
    for (const alike of alikeOf(way)) {
      const { sent, received } = alike
      /** First and behind-last sender possible for each packet received. */
      const first = new Int32Array(received.length)
      const behind = new Int32Array(received.length)
      const claims = new Int32Array(sent.length + 1)
      const eligible = new Uint8Array(received.length)
      for (let i = 0; i < received.length; i++) {
        const r = received[i]!
        const window = inbound ? sentBefore(r, bounds) : guestBefore(r, bounds, from, to)
        const a = lowerBound(sent, sent.length, window[0])
        const b = upperBound(sent, sent.length, window[1])
        first[i] = a
        behind[i] = b
        claims[a]!++
        claims[Math.max(a, b)]!--
        const inside = inbound ? r >= from && r <= to : window[0] >= from && window[1] <= to
        if (inside && isWhole(way, window)) eligible[i] = 1
      }
      for (let k = 1; k < claims.length; k++) claims[k]! += claims[k - 1]!
      for (let i = 0; i < received.length; i++) {
        if (!eligible[i]) continue
        const a = first[i]!
        const n = behind[i]! - a
        if (n <= 0) unmatched++
        else if (n > 1 || claims[a]! > 1) ambiguous++
        else {
          used++
          if (inbound) lower.add(received[i]!, sent[a]! - received[i]!, NO_BRACKET, 0)
          else upper.add(sent[a]!, received[i]! - sent[a]!, NO_BRACKET, 0)
        }
      }
    }
  }
  return { used, ambiguous, unmatched }
}

/** Host times at which a packet that the guest received at `g` can have been sent. */
function sentBefore(g: number, bounds: Bounds): readonly [number, number] {
  const [lo, hi] = bounds(g)
  return [g + lo - TRANSIT, g + hi]
}

/** Guest times at which a packet that the host received at `h` can have been sent. */
function guestBefore(h: number, bounds: Bounds, from: number, to: number): readonly [number, number] {
  // Offsets are known at guest times; they change so little that two rounds find the guest time of a host time.
  const at = (host: number, side: 0 | 1): number => {
    let g = Math.min(to, Math.max(from, host - bounds(from)[side]))
    for (let k = 0; k < 3; k++) g = host - bounds(g)[side]
    return g
  }
  return [Math.floor(at(h - TRANSIT, 1)) - 1, Math.ceil(at(h, 0)) + 1]
}

/** Nothing sent in the window can have gone unrecorded. */
const isWhole = ({ span, gaps }: PacketWay, [from, to]: readonly [number, number]): boolean =>
  from >= span[0] && to <= span[1] && gaps.every(([a, b]) => b < from || a > to)

/**
 * The ways that can be trusted within guest time [from, to]: all that was received there has a sender. Of several devices of the
 * host only one can be told to be the guest's.
 * @param reach how far the anchor may be off, ns
 */
export function trustedWays(
  ways: readonly PacketWay[],
  anchor: Anchor,
  reach: number,
  maxDrift: number,
  from: number,
  to: number,
): readonly PacketWay[] {
  const wide: Bounds = (g) => {
    const spread = reach + maxDrift * Math.abs(g - anchor.g)
    return [anchor.offset - spread, anchor.offset + spread]
  }
  const none = { add: () => undefined }
  const trusted = ways.filter((way) => {
    const { used, ambiguous, unmatched } = matchPackets([way], wide, from, to, none, none)
    const few = way.towards === 'host' && way.rivals > 0 && used + ambiguous < TELLING
    return unmatched === 0 && used + ambiguous > 0 && !few
  })
  const outbound = trusted.filter((w) => w.towards === 'host')
  return outbound.length > 1 ? trusted.filter((w) => w.towards === 'guest') : trusted
}

/** A coarse offset from packets whose length occurs once on either side; null where there are none. */
export function packetAnchor(ways: readonly PacketWay[]): Anchor | null {
  const pairs = ways.map((way) =>
    alikeOf(way).flatMap(({ sent, received }) => {
      if (sent.length !== 1 || received.length !== 1) return []
      const [g, h] = way.towards === 'guest' ? [received[0]!, sent[0]!] : [sent[0]!, received[0]!]
      return [{ g, d: h - g, inbound: way.towards === 'guest' }]
    }),
  )
  const found = pairs.flat().sort((a, b) => a.d - b.d)
  // The tightest of either direction: the true offset lies between them.
  const low = found.findLast((p) => p.inbound)
  const high = found.find((p) => !p.inbound)
  if (low && high) return { g: Math.round((low.g + high.g) / 2), offset: Math.round((low.d + high.d) / 2) }
  const one = low ?? high
  return one ? { g: one.g, offset: one.d } : null
}
