// The wake-ups of the session, for everybody who shows them: found once per version of the session.

import { computed, effect, signal } from '@preact/signals'
import type { SessionInfo, WakeupFilter, WakeupSurvey } from '../../workers/thread/contract.js'
import { isAbort, say, sentence } from './messages.js'
import { engine, loading, session } from './session-state.js'
import type { Work } from './session-state.js'

/** What there is to be told of wake-ups; null before it is known. */
export const survey = signal<WakeupSurvey | null>(null)
/** They are being found; null = not now. */
export const surveying = signal<Work | null>(null)
/** Why they could not be found, with the version of the session that this is said of. */
export const surveyTrouble = signal<{ readonly version: number; readonly text: string } | null>(null)

/** Which of them the table, charts and stacks are about; the time is that of state/scope.ts. */
export const wakeFilter = signal<WakeupFilter>({})
/** Arrows from waker to woken task on the timeline. */
export const showArrows = signal(true)

/** Sessions of more events are searched for wake-ups only when somebody asks for these. */
const UNASKED = 5_000_000

/** Whether the survey is that of the session as it is now. */
export const surveyed = computed(() => survey.value !== null && survey.value.version === session.value?.version)

const tells = (info: Pick<SessionInfo, 'eventTypes'>): boolean =>
  info.eventTypes.some((t) => t.count > 0 && /^sched_(waking|wakeup|wakeup_new)$/.test(t.name))

/** Keeps the survey up to date; answers a function that stops. */
export function followWakeups(): () => void {
  let before: string | null = null
  return effect(() => {
    const info = session.value
    const files = info?.files.map((f) => `${f.name} ${f.size} ${f.traceId}`).join('\n') ?? null
    if (files !== before) {
      survey.value = null
      surveyTrouble.value = null
      wakeFilter.value = {}
    }
    before = files
    if (!engine.value || !info || loading.value) return
    if ((survey.peek() !== null || info.count <= UNASKED) && tells(info)) askWakeups()
  })
}

/** Finds the wake-ups unless they are known. */
export function askWakeups(): void {
  const api = engine.peek()
  const version = session.peek()?.version
  if (!api || version === undefined || loading.peek() || surveying.peek()) return
  if (survey.peek()?.version === version || surveyTrouble.peek()?.version === version) return
  const abort = new AbortController()
  surveying.value = { title: 'Finding the wake-ups', progress: null, cancel: () => abort.abort() }
  api
    .wakeupSurvey((progress) => {
      const now = surveying.peek()
      if (now) surveying.value = { ...now, progress }
    }, abort.signal)
    .then(
      (found) => {
        if (session.peek()?.version === found.version) survey.value = found
      },
      (e: unknown) => {
        if (session.peek()?.version !== version) return
        const text = isAbort(e) ? 'Finding the wake-ups was cancelled.' : sentence(e)
        surveyTrouble.value = { version, text }
        if (!isAbort(e)) say('error', `The wake-ups are not known: ${text}`)
      },
    )
    .finally(() => {
      surveying.value = null
      // Another clock was chosen meanwhile.
      if (session.peek() && session.peek()?.version !== version) askWakeups()
    })
}

/** Counts how often wake_flags got other names: what was answered before says them by the old ones. */
export const flagsNamed = signal(0)

/** Names the wake_flags of files of records as a kernel does; null = as is recorded. Rejects as the engine does. */
export async function nameWakeFlags(files: readonly number[], kernel: string | null): Promise<void> {
  const api = engine.peek()
  if (!api) return
  for (const file of files) await api.chooseWakeFlags(file, kernel)
  flagsNamed.value++
}

/** Asks again after it was cancelled or failed. */
export function askWakeupsAgain(): void {
  surveyTrouble.value = null
  askWakeups()
}
