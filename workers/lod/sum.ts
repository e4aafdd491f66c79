// What a stretch of time holds, added up interval by interval, or from its two halves.

import type { Intervals } from '../model/intervals.js'
import { KINDS, kindOf, LOUD, RAN } from './kinds.js'

/** Owners of each kind that are handed on to a longer stretch. */
export const KEPT = 4
/** Owners of all kinds together that are no trouble. */
const MANY = 24
/** Owners that are told apart at a time, and places to find them by. */
const ROOM = 64
const PLACES = 128
const ALL = (1 << KINDS) - 1

/** Reused from one to the next. */
const stays = new Uint8Array(ROOM)

export class Sum {
  /** Time by kind. */
  readonly time = new Float64Array(KINDS)
  /** Kinds that occur, be it without length; bits. */
  kinds = 0
  /** SpanFlags of all intervals. */
  flags = 0
  /** Owners: whose it is and the kind as one number, the time, an entry that shows it. */
  #n = 0
  readonly #key = new Int32Array(ROOM)
  readonly #owned = new Float64Array(ROOM)
  readonly #entry = new Uint32Array(ROOM)
  /** By the key's lowest bits: `since` + number of the owner; what is less is from before. */
  readonly #place = new Uint32Array(PLACES)
  #since = ROOM

  clear(): void {
    for (let kind = 0; kind < KINDS; kind++) this.time[kind] = 0
    this.kinds = 0
    this.flags = 0
    this.#forget()
  }

  /**
   * Adds entries a..b-1 of a row between c0 and c1, which the first and the last of them may stick out of.
   * @param owners fused rows: whose each label is; null = the value is the owner
   */
  add(x: Intervals, owners: readonly number[] | null, a: number, b: number, c0: number, c1: number): void {
    this.addTime(x, a, b, c0, c1)
    this.addOwners(x, owners, a, b, c0, c1, ALL)
  }

  /** The same without owners. */
  addTime({ t, state, flags }: Intervals, a: number, b: number, c0: number, c1: number): void {
    const { time } = this
    let { kinds, flags: seen } = this
    let from = Math.max(c0, t[a]!)
    for (let i = a; i < b; i++) {
      const end = t[i + 1]!
      const to = end < c1 ? end : c1
      const kind = kindOf[state[i]!]!
      time[kind]! += to - from
      kinds |= 1 << kind
      seen |= flags[i]!
      from = to
    }
    this.kinds = kinds
    this.flags = seen
  }

  /** The owners alone, of some kinds (bits). */
  addOwners(
    { t, state, value }: Intervals,
    owners: readonly number[] | null,
    a: number,
    b: number,
    c0: number,
    c1: number,
    kinds: number,
  ): void {
    let from = Math.max(c0, t[a]!)
    for (let i = a; i < b; i++) {
      const end = t[i + 1]!
      const to = end < c1 ? end : c1
      const kind = kindOf[state[i]!]!
      if ((kinds >> kind) & 1) {
        const label = value[i]!
        // Owners are pids, CPUs or labels, far below 2^28.
        this.#give((owners === null || label < 0 ? label : owners[label]!) * 8 + kind, to - from, i)
      }
      from = to
    }
  }

  /** Adds what another holds. */
  merge(part: Sum): void {
    for (let kind = 0; kind < KINDS; kind++) this.time[kind]! += part.time[kind]!
    this.kinds |= part.kinds
    this.flags |= part.flags
    for (let i = 0; i < part.#n; i++) this.#give(part.#key[i]!, part.#owned[i]!, part.#entry[i]!)
  }

  #give(key: number, time: number, entry: number): void {
    const place = this.#place
    const since = this.#since
    let at = (key ^ (key >>> 5)) & (PLACES - 1)
    for (let here = place[at]!; here >= since; here = place[at]!) {
      const i = here - since
      if (this.#key[i] === key) {
        this.#owned[i]! += time
        return
      }
      at = (at + 1) & (PLACES - 1)
    }
    if (this.#n === ROOM) {
      this.prune()
      this.#give(key, time, entry)
      return
    }
    const n = this.#n++
    place[at] = since + n
    this.#key[n] = key
    this.#owned[n] = time
    this.#entry[n] = entry
  }

  /** Without owners. */
  #forget(): void {
    this.#n = 0
    this.#since += ROOM
    if (this.#since < 2 ** 32 - ROOM) return
    this.#since = ROOM
    this.#place.fill(0)
  }

  /** Forgets all but the owners of the most time of each kind, where there are many: their time stays in the sums. */
  prune(): void {
    if (this.#n <= MANY) return
    const n = this.#n
    for (let i = 0; i < n; i++) {
      const key = this.#key[i]!
      const mine = this.#owned[i]!
      let ahead = 0
      for (let j = 0; j < n && ahead < KEPT; j++) {
        if ((this.#key[j]! & 7) === (key & 7) && (this.#owned[j]! > mine || (this.#owned[j] === mine && j < i))) ahead++
      }
      stays[i] = ahead < KEPT ? 1 : 0
    }
    this.#forget()
    for (let i = 0; i < n; i++) if (stays[i] === 1) this.#give(this.#key[i]!, this.#owned[i]!, this.#entry[i]!)
  }

  /** The kind with the most time: of what ran, else of what is loud, else of the others, however short. -1 = nothing. */
  kind(): number {
    const among = this.kinds & RAN || this.kinds & LOUD || this.kinds
    let kind = -1
    for (let k = 0; k < KINDS; k++) {
      if (((among >> k) & 1) === 1 && (kind < 0 || this.time[k]! > this.time[kind]!)) kind = k
    }
    return kind
  }

  /** Entry of the owner with the most time of a kind, -1 = there is none. */
  best(kind: number): number {
    let best = -1
    let most = -1
    for (let i = 0; i < this.#n; i++) {
      if ((this.#key[i]! & 7) !== kind || this.#owned[i]! <= most) continue
      most = this.#owned[i]!
      best = this.#entry[i]!
    }
    return best
  }
}
