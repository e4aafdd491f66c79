// Where the time of a chain went: its stretches cut along the states of the vCPU that they depend on.

import { eachSpan } from '../../../model/intervals.js'
import type { FusedModel } from '../../../model/fuse/build.js'
import { FusedState, SpanFlag, type LatencyLayer, type LatencySegment } from '../../../thread/contract.js'
import { sessionTime } from '../../../units.js'

/** A stretch of a chain: on the host all of one layer; in a guest what its vCPU was doing decides. */
export interface Stretch {
  readonly to: number
  /** Where the guest runs, or where there is no vCPU to ask. */
  readonly layer: LatencyLayer
  /** Row of the vCPU in the fused model; -1 = none. */
  readonly row: number
}

/** Segments from `from` on, without gaps; each stretch begins where the one before ended. */
export function segmentsOf(
  from: number,
  stretches: readonly Stretch[],
  model: FusedModel | null,
): { readonly segments: LatencySegment[]; readonly unsplit: boolean } {
  const segments: LatencySegment[] = []
  let unsplit = false
  let at = from
  const add = (to: number, layer: LatencyLayer): void => {
    const last = segments.at(-1)
    if (to <= at) return
    if (last?.layer === layer) segments[segments.length - 1] = { ...last, to: sessionTime(to) }
    else segments.push({ from: sessionTime(at), to: sessionTime(to), layer })
    at = to
  }
  for (const { to, layer, row } of stretches) {
    if (model && row >= 0 && to > at) {
      const x = model.intervals
      eachSpan(x, row, { from: at, to }, (i, a, b) => {
        if (a > at) add(a, 'unknown')
        if (x.flags[i]! & SpanFlag.Unsplit) unsplit = true
        add(b, layerOf(x.state[i]!, layer))
      })
      add(to, 'unknown')
    } else add(to, layer)
  }
  return { segments, unsplit }
}

function layerOf(state: number, running: LatencyLayer): LatencyLayer {
  switch (state) {
    case FusedState.Preempted:
    case FusedState.Ready:
      return 'host scheduling'
    case FusedState.VmmKernel:
    case FusedState.VmmUser:
    // Halted, with somebody to run: KVM has not brought the interrupt yet.
    case FusedState.Blocked:
      return 'hypervisor'
    case FusedState.GuestIrq:
    case FusedState.GuestSoftirq:
      return 'guest irq'
    case FusedState.Unknown:
      return 'unknown'
    default:
      return running
  }
}

const layers: readonly LatencyLayer[] = [
  'host irq',
  'host scheduling',
  'hypervisor',
  'guest irq',
  'guest scheduling',
  'running',
  'unknown',
]

/** Lengths by layer; they sum to the whole. */
export function splitOf(segments: readonly LatencySegment[]): Record<LatencyLayer, number> {
  const split = Object.fromEntries(layers.map((l) => [l, 0])) as Record<LatencyLayer, number>
  for (const s of segments) split[s.layer] += s.to - s.from
  return split
}
