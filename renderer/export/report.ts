// The report of the open session: its saved views as pictures, and the tables that were chosen.

import type { ReportPart, RunsQuery } from '../../workers/thread/contract.js'
import type { Report, ReportSection } from '../../workers/thread/report.js'
import { sessionTime } from '../../workers/units.js'
import { annotations } from '../annotate/notes.js'
import { version } from '../state/opening.js'
import { timesOf } from '../state/saved-views.js'
import { engine, session } from '../state/session-state.js'
import type { NamedView } from '../store/session.js'
import { renderPicture } from './headless.js'
import { notesOf } from './notes.js'
import { pictureFonts } from './screen.js'

export interface ReportChoices {
  readonly title: string
  readonly text: string
  readonly views: readonly NamedView[]
  readonly parts: readonly ReportPart[]
  /** The comparison of runs that is on the screen; null = none. */
  readonly runs: RunsQuery | null
  /** Session time of the tables; absent = all of it. */
  readonly range: { readonly from: number; readonly to: number } | null
}

/** Rows of a table at most. */
const LIMIT = 20

/** Rejects with the engine's errors and with sentences. */
export async function makeReport(c: ReportChoices, said: (what: string) => void, signal: AbortSignal): Promise<Report> {
  const info = session.peek()
  const api = engine.peek()
  if (!info || !api) throw new Error('No session is open.')
  const fonts = await pictureFonts()
  const sections: ReportSection[] = []
  for (const [i, view] of c.views.entries()) {
    said(`Drawing view ${i + 1} of ${c.views.length}`)
    signal.throwIfAborted()
    const look = { ...view, ...timesOf(view, info.epoch), notes: annotations.peek() }
    const picture = await renderPicture(api, info, fonts, { title: view.name, notes: false }, look)
    sections.push({ heading: view.name, picture: { picture, caption: view.caption } })
  }
  if (c.parts.length > 0) {
    said('Computing the tables')
    const tables = await api.reportSections({
      parts: c.parts,
      limit: LIMIT,
      ...(c.runs ? { runs: c.runs } : {}),
      ...(c.range ? timeRange(c.range) : {}),
    })
    sections.push(...tables)
  }
  signal.throwIfAborted()
  said('Computing the files’ digests')
  const hashes = await api.fileHashes(undefined, signal)
  return {
    title: c.title,
    summary: c.text.split('\n').filter((line) => line.trim() !== ''),
    sections,
    notes: notesOf(info, { hashes, version: version.peek() }),
  }
}

const timeRange = (r: { readonly from: number; readonly to: number }) => ({
  from: sessionTime(r.from),
  to: sessionTime(r.to),
})

/** Rejects with the server's sentence. */
export async function reportFile(report: Report, format: 'html' | 'markdown', signal: AbortSignal): Promise<Blob> {
  const answer = await fetch(`/api/report?format=${format}`, { method: 'POST', body: JSON.stringify(report), signal })
  if (answer.ok) return answer.blob()
  const said = (await answer.json().catch(() => null)) as { readonly error?: { readonly message?: string } } | null
  throw new Error(said?.error?.message ?? `The local server answered ${answer.status}.`)
}
