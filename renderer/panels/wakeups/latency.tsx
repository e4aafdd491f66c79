// Latencies as a histogram and over time. What is brushed in them is what table, figures and timeline show.

import { batch } from '@preact/signals'
import { HeatMap } from '../../charts/latency/heat-map.js'
import { Histogram } from '../../charts/latency/histogram.js'
import { rangeSelection, session } from '../../state/session-state.js'
import { wakeFilter } from '../../state/wakeups.js'
import { limitLatency } from './filter-bar.js'
import { overVisible, unlimited, useAnswer } from './view.js'

/** Columns of the heat map. */
const COLUMNS = 400

export function Latency() {
  const info = session.value
  const query = unlimited.value
  const over = overVisible.value
  const histogram = useAnswer((api) => api.wakeupHistogram(query), [query]).value
  const heat = useAnswer((api) => api.wakeupHeat(over, COLUMNS), [over]).value
  if (!info) return null
  const trouble = histogram.trouble ?? heat.trouble
  if (trouble !== null) return <p class="warning">{trouble}</p>
  const { minLatency, maxLatency } = wakeFilter.value
  const chosen =
    minLatency === undefined && maxLatency === undefined
      ? null
      : ([minLatency ?? 0, maxLatency ?? Number.MAX_SAFE_INTEGER] as const)
  if (histogram.value && histogram.value.latency === null)
    return <p class="empty">No task ran after a wake-up in this time: there is no latency to show.</p>
  return (
    <div class="latency-charts">
      {histogram.value && (
        <Histogram
          of={histogram.value}
          unit={info.unit}
          chosen={chosen}
          choose={(limits) => limitLatency(limits?.[0] ?? null, limits?.[1] ?? null)}
        />
      )}
      {heat.value && (
        <HeatMap
          of={heat.value}
          info={info}
          chosenTime={rangeSelection.value}
          chosenLatency={chosen}
          choose={(time, limits) =>
            batch(() => {
              rangeSelection.value = time
              limitLatency(limits?.[0] ?? null, limits?.[1] ?? null)
            })
          }
        />
      )}
    </div>
  )
}
