// Where the time of a chain went, as a bar and as a list. Every part leads to where it is to be seen.

import type { LatencyLayer, WakeupChain } from '../../../workers/thread/contract.js'
import type { MachineIndex } from '../../../workers/units.js'
import { formatDelta, formatShort } from '../../state/format.js'
import { holdScope } from '../../state/scope.js'
import { rangeSelection, session, setRange } from '../../state/session-state.js'
import { machineCss } from '../../widgets/machine.js'
import { layerLook, layers, layerWords } from './words.js'

/** Colour of a layer: that of the machine it is a layer of. */
export function layerInk(layer: LatencyLayer, host: MachineIndex | undefined, guest: MachineIndex | undefined): string {
  if (layer === 'unknown') return 'var(--muted)'
  if (layer.endsWith('scheduling')) return 'var(--caution)'
  const machine = layer.startsWith('guest') || layer === 'running' ? guest : host
  return machine === undefined ? 'var(--muted)' : machineCss(machine)
}
const inkOf = (layer: LatencyLayer, { hops }: WakeupChain): string =>
  layerInk(layer, hops[0]?.machine, hops.at(-1)?.machine)

/** Share of the bar from which on a part has its name in it. */
const LABELLED = 0.16

export function LatencyBar({ chain }: { readonly chain: WakeupChain }) {
  const unit = session.value?.unit ?? 'ns'
  const whole = chain.to - chain.from
  if (!(whole > 0)) return <p class="muted">No time passed between the hops.</p>
  const share = (t: number) => `${((100 * t) / whole).toFixed(1)} %`
  const show = (from: number, to: number) => {
    const air = Math.max((to - from) * 0.75, 20)
    holdScope(() => {
      setRange(from - air, to + air, true)
      rangeSelection.value = { from: from as typeof chain.from, to: to as typeof chain.to }
    })
  }
  const longestOf = (layer: LatencyLayer) =>
    chain.segments.filter((s) => s.layer === layer).sort((a, b) => b.to - b.from - (a.to - a.from))[0]
  return (
    <div class="latency" role="group" aria-label="Where the time went">
      <div class="delta-bar">
        {chain.segments.map((s, i) => (
          <button
            key={i}
            type="button"
            class={`seg seg-${layerLook[s.layer]}`}
            style={{ flexGrow: s.to - s.from, '--c': inkOf(s.layer, chain) }}
            title={`${s.layer}, ${formatDelta(s.to - s.from, unit)}: ${layerWords[s.layer]}`}
            tabIndex={-1}
            onClick={() => show(s.from, s.to)}
          >
            {(s.to - s.from) / whole >= LABELLED && <span>{s.layer}</span>}
          </button>
        ))}
      </div>
      <ul class="latency-parts">
        {layers.map((layer) => {
          const longest = longestOf(layer)
          if (!longest) return null
          return (
            <li key={layer}>
              <span class={`seg seg-${layerLook[layer]}`} style={{ '--c': inkOf(layer, chain) }} />
              <button
                type="button"
                class="link"
                title={`${layerWords[layer]}. Click to see the longest part of it.`}
                onClick={() => show(longest.from, longest.to)}
              >
                {layer}
              </button>
              <span class="right">{formatShort(chain.split[layer], unit)}</span>
              <span class="right muted">{share(chain.split[layer])}</span>
            </li>
          )
        })}
      </ul>
      {chain.unsplit && (
        <p class="muted">Guest and hypervisor cannot be told apart: kvm_entry and kvm_exit are not recorded.</p>
      )}
    </div>
  )
}
