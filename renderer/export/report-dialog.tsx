// A report of the session: its saved views with captions, and the tables chosen, as one document.

import { signal, useSignal } from '@preact/signals'
import { reportParts, type ReportPart } from '../../workers/thread/contract.js'
import { formatBytes, formatDelta, formatTime } from '../state/format.js'
import { say, sentence } from '../state/messages.js'
import {
  changeView,
  removeView,
  savedViews,
  saveThisView,
  shiftView,
  showSavedView,
  timesOf,
} from '../state/saved-views.js'
import { answeredQuery, runsReport } from '../state/runs.js'
import { rangeSelection, session, timeFormat } from '../state/session-state.js'
import { Dialog } from '../widgets/dialog.js'
import { saveFile } from '../widgets/save-file.js'
import { makeReport, reportFile } from './report.js'
import './export.css'

export const reportOpen = signal(false)

const partNames: Readonly<Record<ReportPart, string>> = {
  clocks: 'Clocks',
  cpus: 'What the CPUs ran',
  tasks: 'Guest tasks by layer',
  preemptions: 'Preemptions',
  wakeups: 'Wake-ups',
  runs: 'Run comparison',
  faults: 'Faults of the recordings',
}

/** The choices of the last report are those of the next. */
const parts = signal<ReadonlySet<ReportPart>>(new Set(reportParts))
const format = signal<'html' | 'markdown'>('html')
const text = signal('')

export function ReportDialog() {
  const info = session.value
  const title = useSignal(info?.name ?? '')
  const name = useSignal('')
  const caption = useSignal('')
  const doing = useSignal<string | null>(null)
  const problem = useSignal<string | null>(null)
  const stop = useSignal<AbortController | null>(null)
  if (!info) return null
  const close = () => {
    stop.peek()?.abort()
    reportOpen.value = false
  }
  const views = savedViews.value
  const part = rangeSelection.value
  const add = () => {
    saveThisView(name.peek(), caption.peek())
    name.value = ''
    caption.value = ''
  }
  const make = async () => {
    const mine = new AbortController()
    stop.value = mine
    problem.value = null
    doing.value = 'Beginning'
    try {
      const chosen = reportParts.filter((p) => parts.peek().has(p) && (p !== 'runs' || runsReport.peek()))
      const report = await makeReport(
        {
          title: title.peek(),
          text: text.peek(),
          views: savedViews.peek(),
          parts: chosen,
          runs: chosen.includes('runs') ? answeredQuery() : null,
          range: rangeSelection.peek(),
        },
        (what) => (doing.value = what),
        mine.signal,
      )
      doing.value = 'Writing the document'
      const blob = await reportFile(report, format.peek(), mine.signal)
      const base = (title.peek() || info.name).replace(/[^\p{L}\p{N} ._+-]+/gu, '-').slice(0, 80)
      const file = format.peek() === 'html' ? `${base}.html` : `${base}.report.zip`
      saveFile(file, blob, blob.type)
      say('note', `${file}, ${formatBytes(blob.size)}, went to your downloads.`)
      reportOpen.value = false
    } catch (e) {
      if (!mine.signal.aborted) problem.value = sentence(e)
    } finally {
      doing.value = null
    }
  }
  return (
    <Dialog title="Write a report" class="report" onClose={close}>
      <header class="dialog-head">
        <h2>Write a report</h2>
      </header>
      <div class="report-body">
        <section class="report-views" aria-label="Views">
          <h3>Views, in this order</h3>
          {views.length === 0 && (
            <p class="muted">
              None yet. Add what is in view now; go elsewhere on the timeline and add that. Views stay with the session.
            </p>
          )}
          <ol>
            {views.map((view, i) => {
              const { from, to } = timesOf(view, info.epoch)
              return (
                <li key={view.id}>
                  <div class="report-view-head">
                    <input
                      class="field"
                      aria-label="Name of the view"
                      value={view.name}
                      maxLength={200}
                      onChange={(e) => changeView(view.id, { name: e.currentTarget.value.trim() || view.name })}
                    />
                    <button type="button" class="quiet" onClick={() => (showSavedView(view), close())}>
                      Show
                    </button>
                    <button
                      type="button"
                      class="quiet"
                      aria-label={`Move ${view.name} up`}
                      disabled={i === 0}
                      onClick={() => shiftView(view.id, -1)}
                    >
                      ↑
                    </button>
                    <button
                      type="button"
                      class="quiet"
                      aria-label={`Move ${view.name} down`}
                      disabled={i === views.length - 1}
                      onClick={() => shiftView(view.id, 1)}
                    >
                      ↓
                    </button>
                    <button
                      type="button"
                      class="quiet"
                      aria-label={`Remove ${view.name}`}
                      onClick={() => removeView(view.id)}
                    >
                      ×
                    </button>
                  </div>
                  <span class="muted">
                    {formatTime(from, info, timeFormat.value)}, {formatDelta(to - from, info.unit)}, {view.rows.length}{' '}
                    rows
                  </span>
                  <textarea
                    class="field"
                    rows={2}
                    placeholder="Caption"
                    aria-label={`Caption of ${view.name}`}
                    defaultValue={view.caption}
                    onChange={(e) => changeView(view.id, { caption: e.currentTarget.value })}
                  />
                </li>
              )
            })}
          </ol>
          <form
            class="report-add"
            onSubmit={(e) => {
              e.preventDefault()
              add()
            }}
          >
            <input
              class="field"
              placeholder={`Name, else View ${views.length + 1}`}
              aria-label="Name of the new view"
              value={name.value}
              maxLength={200}
              onInput={(e) => (name.value = e.currentTarget.value)}
            />
            <input
              class="field"
              placeholder="Caption"
              aria-label="Caption of the new view"
              value={caption.value}
              onInput={(e) => (caption.value = e.currentTarget.value)}
            />
            <button type="submit" class="button">
              Add what is in view
            </button>
          </form>
        </section>
        <form class="export-choices" onSubmit={(e) => e.preventDefault()}>
          <label>
            Title
            <input class="field" value={title.value} onInput={(e) => (title.value = e.currentTarget.value)} />
          </label>
          <label>
            Text at the top
            <textarea class="field" rows={3} value={text.value} onInput={(e) => (text.value = e.currentTarget.value)} />
          </label>
          <h3>Tables{part ? `, of the chosen ${formatDelta(part.to - part.from, info.unit)}` : ''}</h3>
          {reportParts.map((p) => (
            <label key={p} class="check">
              <input
                type="checkbox"
                checked={parts.value.has(p) && (p !== 'runs' || runsReport.value !== null)}
                disabled={p === 'runs' && runsReport.value === null}
                title={p === 'runs' && runsReport.value === null ? 'Analyse runs in the tab Runs first' : undefined}
                onChange={(e) => {
                  const next = new Set(parts.peek())
                  if (e.currentTarget.checked) next.add(p)
                  else next.delete(p)
                  parts.value = next
                }}
              />
              {partNames[p]}
            </label>
          ))}
          <label>
            Format
            <select
              class="field"
              value={format.value}
              onChange={(e) => (format.value = e.currentTarget.value as 'html' | 'markdown')}
            >
              <option value="html">HTML, one file</option>
              <option value="markdown">Markdown with pictures, zip</option>
            </select>
          </label>
        </form>
      </div>
      {problem.value && (
        <p class="banner banner-error" role="alert">
          {problem.value}
        </p>
      )}
      <footer class="dialog-foot">
        {doing.value && (
          <span class="muted" role="status">
            {doing.value} …
          </span>
        )}
        <span class="fill" />
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="button primary"
          disabled={doing.value !== null || (views.length === 0 && parts.value.size === 0)}
          onClick={() => void make()}
        >
          Save the report
        </button>
      </footer>
    </Dialog>
  )
}
