// Who took the CPU away: the preemption under the pointer, else the one that was chosen last, for the arrow from it to its culprit.

import { computed, effect, signal } from '@preact/signals'
import { FusedState, RunState, type HoverInfo, type Preemption } from '../../workers/thread/contract.js'
import { hasVcpus } from '../state/fused.js'
import { activeRow, engine, fusedTracks, hover, session } from '../state/session-state.js'
import { LatestOnly } from './latest.js'

/** Chosen from the table, with the version of the session that it belongs to. */
export const chosenPreemption = signal<{ readonly version: number; readonly of: Preemption } | null>(null)

/** A preemption, and the row on which it is to be seen. */
interface Blamed {
  readonly of: Preemption
  readonly row: string
}
const pointed = signal<Blamed | null>(null)

/** The one to draw: the one pointed at, else the chosen one while its row is the active one. */
export const blamed = computed<Blamed | null>(() => {
  if (pointed.value) return pointed.value
  const chosen = chosenPreemption.value
  if (!chosen || chosen.version !== session.value?.version) return null
  return activeRow.value === chosen.of.track ? { of: chosen.of, row: chosen.of.track } : null
})

/** Rows that stand for the culprit, the best first: the task may be folded away, then a vCPU of its, or the CPU stands for it. */
export function culpritRows(of: Pick<Preemption, 'kind' | 'victim' | 'cpu' | 'culprit' | 'culpritTrack'>): string[] {
  const { culprit, victim } = of
  const vcpu = (a: { readonly machine: number; readonly pid: number }) => `m${a.machine}/vcpu/${a.pid}`
  const last = culprit.through.at(-1)
  return [
    vcpu(culprit),
    ...(of.culpritTrack === null ? [] : [of.culpritTrack.replace('/task/', '/thread/'), of.culpritTrack]),
    ...(last ? [vcpu(last)] : []),
    of.kind === 'vcpu' ? `m${victim.machine}/pcpu${of.cpu}` : `m${victim.machine}/cpu${of.cpu}`,
  ]
}

interface Wait {
  readonly track: string
  readonly kind: Preemption['kind']
  readonly span: NonNullable<HoverInfo['span']>
}

/** Whether what is under the pointer may be a preemption: its span says so on fused rows, and waiting tasks may be it. */
export function waitOf(info: HoverInfo | null): Wait | null {
  const span = info?.span
  if (!info || !span || span.to <= span.from) return null
  if (span.fused === FusedState.Preempted) return { track: info.track, kind: 'vcpu', span }
  if (span.fused === FusedState.TaskPreempted) return { track: info.track, kind: 'task', span }
  if (span.fused !== undefined || span.state !== RunState.Runnable || !info.track.includes('/task/')) return null
  return { track: info.track, kind: 'task', span }
}

/** Whether a preemption is the one that a row shows: a guest's task stands still while its vCPU is preempted. */
export function isShownBy(p: Pick<Preemption, 'kind' | 'track' | 'stoodStill'>, row: string): boolean {
  if (p.track === row) return true
  const thread = /^m(\d+)\/thread\/(\d+)$/.exec(row)
  if (!thread) return false
  if (p.kind === 'task') return p.track === `m${thread[1]}/task/${thread[2]}`
  return p.stoodStill.machine === Number(thread[1]) && p.stoodStill.pid === Number(thread[2])
}

/** More vCPUs or tasks than this do not wait in one and the same span. */
const LIMIT = 200

/** Follows the pointer; answers a function that stops. */
export function followBlame(): () => void {
  const asking = new LatestOnly<Wait, Blamed | null>(
    async ({ track, kind, span }) => {
      const report = await engine.peek()?.preemptions({ from: span.from, to: span.to, limit: LIMIT, kind })
      const of = report?.rows.find((r) => isShownBy(r, track))
      return of ? { of, row: track } : null
    },
    (found) => (pointed.value = found),
  )
  let before: Wait | null = null
  const stop = effect(() => {
    void fusedTracks.value
    const wait = hasVcpus.value ? waitOf(hover.value) : null
    if (wait && before?.track === wait.track && before.span.from === wait.span.from) return
    before = wait
    if (wait) return asking.ask(wait)
    asking.cancel()
    pointed.value = null
  })
  return () => {
    stop()
    asking.cancel()
    pointed.value = null
  }
}
