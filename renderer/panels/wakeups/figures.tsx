// How many wake-ups there are in the view of the tab, and their latencies: what its bar says and its table is as long as.

import { batch, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { LatencySummary, SessionInfo } from '../../../workers/thread/contract.js'
import { formatShort, plural } from '../../state/format.js'
import { scope, scopeWords } from '../../state/scope.js'
import { session } from '../../state/session-state.js'
import { survey, surveyed } from '../../state/wakeups.js'
import { useAnswer, wakeQuery } from './view.js'

/** Wake-ups that pass the filter; null before it is known. */
export const total = signal<number | null>(null)
const latency = signal<LatencySummary | null>(null)

/** Asks for them; answers what went wrong. */
export function useFigures(): string | null {
  const query = wakeQuery.value
  const { value, trouble } = useAnswer(
    (api, _, signal) => api.wakeups({ ...query, start: 0, count: 0 }, signal),
    [query],
  ).value
  useEffect(
    () =>
      batch(() => {
        total.value = value?.total ?? null
        latency.value = value?.latency ?? null
      }),
    [value],
  )
  return trouble
}

/** `p50 1.3 us, p90 4.0 us, p99 551 us, p99.9 3.8 ms, max 4.2 ms`. */
function figuresText(s: LatencySummary | null, info: Pick<SessionInfo, 'unit'>): string {
  if (!s) return 'none of them ran'
  const of = (name: string, n: number) => `${name} ${formatShort(n, info.unit)}`
  return [of('p50', s.p50), of('p90', s.p90), of('p99', s.p99), of('p99.9', s.p999), of('max', s.max)].join(', ')
}

/** Stands at the end of the tab bar. */
export function WakeupsBar() {
  const info = session.value
  const n = total.value
  if (!info || n === null || !surveyed.value || survey.value?.count === 0) return null
  const { from, to } = scope.value
  return (
    <span class="muted one-line" role="status" aria-label="Wake-ups in view">
      {plural(n, 'wake-up')} in {scopeWords.value}
      {formatShort(to - from, info.unit)}: {figuresText(latency.value, info)}
    </span>
  )
}
