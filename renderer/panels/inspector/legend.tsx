// What the colours and patterns of the fused rows mean.

import { fusedTracks } from '../../state/session-state.js'
import { showLegend } from '../../state/settings.js'

const legend: readonly (readonly [look: string, words: string])[] = [
  ['solid', 'a task, in its own colour; in the machine’s where the task is not known'],
  ['unsplit', 'guest or hypervisor: without kvm_entry and kvm_exit they cannot be told apart'],
  ['hatch', 'hypervisor, in the kernel: the guest was left for this reason'],
  ['back', 'hypervisor, in user space'],
  ['cross', 'preempted: could run and did not; the label says who did'],
  ['cross-own', 'preempted by a task of its own machine'],
  ['line', 'ready: woken, waits for a CPU'],
  ['interrupt', 'interrupt or softirq'],
  ['idle', 'idle'],
  ['none', 'blocked or not known: the pointer says which'],
]

/** Below everything else: what is selected matters more than what colours mean. */
export function Legend() {
  if (!fusedTracks.value?.tracks.some((f) => f.kind === 'vcpu')) return null
  return (
    <details class="legend" open={showLegend.value} onToggle={(e) => (showLegend.value = e.currentTarget.open)}>
      <summary>Legend</summary>
      <ul>
        {legend.map(([look, words]) => (
          <li key={look}>
            <span class={`swatch swatch-${look}`} />
            {words}
          </li>
        ))}
      </ul>
      <p class="muted">
        The band along the top is in the colour of the machine whose code ran. Where many share a pixel, the bar is as
        tall as they were busy, in the colour of who ran the most; on top of it is the share that was preempted or
        waited.
      </p>
    </details>
  )
}
