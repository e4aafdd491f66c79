// The rows of the fused views, for everybody who draws them: asked for once per version of the session.

import { computed, effect, signal } from '@preact/signals'
import type { SessionInfo } from '../../workers/thread/contract.js'
import { isAbort, say, sentence } from './messages.js'
import { engine, fusedAwaited, fusedTracks, loading, session } from './session-state.js'

/** Events that tell of virtual machines without naming them. */
const TELLING = /^kvm_/

/** Whether it is worth asking: the model of a recording without guests would take time and say nothing. */
export const mayHaveGuests = (info: Pick<SessionInfo, 'machines' | 'eventTypes'>): boolean =>
  info.machines.some((m) => m.parent !== null || m.vcpus.length > 0) ||
  info.eventTypes.some((t) => t.count > 0 && (t.system === 'kvm' || TELLING.test(t.name)))

/** What would tell more, if anything; null before it is known. */
export const lacking = computed(() => fusedTracks.value?.lacking ?? null)
/** Whether anything can be said about preemption here. */
export const hasVcpus = computed(() => fusedTracks.value?.tracks.some((t) => t.kind === 'vcpu') ?? false)
/** Version of the session whose model is being built. */
export const fusing = signal<number | null>(null)

/** Keeps the rows up to date; answers a function that stops. */
export function followFused(): () => void {
  return effect(() => {
    const api = engine.value
    const info = session.value
    if (!info) fusedTracks.value = null
    const expected = info !== null && mayHaveGuests(info)
    if (!api || !info || loading.value) {
      fusedAwaited.value = expected ? 'after loading' : null
      return
    }
    const { version } = info
    if (fusedTracks.peek()?.version === version) return
    fusedAwaited.value = expected ? 'working it out' : null
    if (expected) askFused()
    else fusedTracks.value = null
  })
}

/** Asks for the rows: for a session that says nothing of guests, only when somebody wants to know why there is nothing to see. */
export function askFused(): void {
  const api = engine.peek()
  const version = session.peek()?.version
  if (!api || version === undefined || loading.peek() || fusing.peek() === version) return
  fusing.value = version
  api
    .fusedTracks()
    .then(
      (found) => {
        if (session.peek()?.version === version) fusedTracks.value = found
      },
      (e: unknown) => {
        // Of a session that was closed meanwhile nobody asks any more.
        if (isAbort(e) || session.peek()?.version !== version) return
        say('error', `What the CPUs really ran is not known: ${sentence(e)}`)
      },
    )
    .finally(() => {
      if (fusing.peek() !== version) return
      fusing.value = null
      fusedAwaited.value = null
    })
}

/** Whether the engine may be asked about a time: pointers reach beyond the recording. */
export const isSessionTime = (t: number): boolean => {
  const info = session.peek()
  return info !== null && t >= info.from && t <= info.to
}
