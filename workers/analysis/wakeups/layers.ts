// Where the latencies of a selection went, layer by layer.

import type { FusedModel } from '../../model/fuse/build.js'
import type { Runs } from '../../model/runs.js'
import type { LatencyLayer, WakeupLayers } from '../../thread/contract.js'
import { segmentsOf, splitOf } from './chain/segments.js'
import { latencyOf, type Wakeups } from './columns.js'

/**
 * @param isGuest by machine
 * @param model null where no thread is a vCPU
 */
export function latencyLayers(
  w: Wakeups,
  runs: Runs,
  selected: Uint32Array,
  isGuest: readonly boolean[],
  model: FusedModel | null,
  version: number,
): WakeupLayers {
  const rows = new Map<number, number>()
  for (const v of model?.vcpus ?? []) if (v.guest !== null) rows.set(v.guest * 65_536 + v.vcpu, v.row)
  const split = splitOf([])
  let count = 0
  let unsplit = false
  for (const i of selected) {
    const latency = latencyOf(w, i)
    if (latency !== latency) continue
    count++
    const machine = w.machine[i]!
    if (!isGuest[machine]) {
      split['host scheduling'] += latency
      continue
    }
    const row = rows.get(machine * 65_536 + runs.cpus[w.runCpu[i]!]!.cpu) ?? -1
    const own = segmentsOf(w.wakingT[i]!, [{ to: w.runT[i]!, layer: 'guest scheduling', row }], model)
    for (const s of own.segments) split[s.layer as LatencyLayer] += s.to - s.from
    unsplit ||= own.unsplit
  }
  return { version, count, split, unsplit }
}
