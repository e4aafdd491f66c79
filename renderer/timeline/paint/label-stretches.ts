// Where a row can carry labels: spans, and stretches of spans of one owner that only slivers of others interrupt. A task that is
// interrupted every few milliseconds is one task to the eye, and gets one label instead of none, or many.

import { RunState, SpanFlag, type LodFrame } from '../../../workers/thread/contract.js'
import { LABEL_MIN } from '../geometry.js'
import { xOf, type Scale } from '../scale.js'
import { firstSpanAfter } from './columns.js'
import { isFilled, isHatched } from './looks.js'

/** Slivers of others and gaps up to this width do not interrupt, CSS pixels. */
const SLIVER = 4
/** Busy share of a merged span that looks like one piece of its owner, and how much of it others may have, of 255. */
const FULL = 230
const HARDLY = 40

export interface Stretch {
  /** Visible part, CSS pixels. */
  readonly x0: number
  readonly x1: number
  /** The widest span of it. */
  readonly span: number
  /** Something lies below the label that is not the span's own: it needs a ground. */
  readonly broken: boolean
}

type Open = { -readonly [K in keyof Stretch]: Stretch[K] } & { widest: number }

const ownersByFrame = new WeakMap<LodFrame, Int32Array>()
/** The same number for labels of the same owner, be it in a system call or not. */
function ownersOf(frame: LodFrame): Int32Array {
  let owners = ownersByFrame.get(frame)
  if (!owners) {
    const known = new Map<string, number>()
    owners = Int32Array.from(frame.labels ?? [], ({ machine, text, behind }) => {
      const key = `${machine} ${text} ${behind ? `${behind.machine} ${behind.pid}` : ''}`
      const owner = known.get(key) ?? known.size
      known.set(key, owner)
      return owner
    })
    ownersByFrame.set(frame, owners)
  }
  return owners
}

/** Stretches of a row that are wide enough for a label. `scale` in CSS pixels; `layered`: the values are the frame's labels. */
export function labelStretches(frame: LodFrame, row: number, scale: Scale, layered: boolean): Stretch[] {
  const { t0, t1, value, state, flags, busy, taken, waits } = frame
  const owners = layered ? ownersOf(frame) : null
  const ownerOf = (i: number): number => (owners ? (owners[value[i]!] ?? -1) : value[i]!)
  /** Stretches are of one look: a task's own time is not that in which it kept another from running. */
  const lookOf = (i: number): number => (isHatched(state[i]!) ? state[i]! : 0)
  const found: Stretch[] = []
  let open: Open | null = null
  const close = (): void => {
    if (open && open.x1 - open.x0 >= LABEL_MIN) found.push(open)
    open = null
  }
  const end = frame.spanStart[row + 1]!
  for (let i = firstSpanAfter(frame, frame.spanStart[row]!, end, scale.from); i < end && t0[i]! <= scale.to; i++) {
    const carries = state[i] === RunState.Running || isFilled(state[i]!) || isHatched(state[i]!)
    if (!carries) continue
    const mixed = (flags[i]! & SpanFlag.Mixed) !== 0
    if (mixed && (busy[i]! < FULL || taken[i]! + waits[i]! > HARDLY)) continue
    const x0 = Math.max(0, xOf(scale, t0[i]!))
    const x1 = Math.min(scale.width, xOf(scale, t1[i]!))
    const on: Open | null = open
    if (on !== null) {
      const near = x0 - on.x1 <= SLIVER
      // What is wide enough for a label of its own keeps it, where it says more than whose it is.
      const own = x1 - x0 >= LABEL_MIN && on.widest >= LABEL_MIN && value[i] !== value[on.span]
      if (near && !own && ownerOf(i) === ownerOf(on.span) && lookOf(i) === lookOf(on.span)) {
        on.x1 = x1
        on.broken = true
        if (x1 - x0 > on.widest) [on.widest, on.span] = [x1 - x0, i]
        continue
      }
      if (x1 - on.x1 <= SLIVER) continue
    }
    close()
    open = { x0, x1, span: i, widest: x1 - x0, broken: mixed }
  }
  close()
  return found
}
