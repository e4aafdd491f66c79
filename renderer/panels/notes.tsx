// All notes of the session: a list to go to them, recolour, rename and delete them, and their file form.

import { annotationsJson, inks, readAnnotations, type Annotation, type AnnotationKind } from '../annotate/model.js'
import {
  annotations,
  chosen,
  editing,
  ink,
  merge,
  remove,
  setAnnotations,
  timeOf,
  tool,
  update,
} from '../annotate/notes.js'
import { formatDelta, formatTime, plural } from '../state/format.js'
import { handle, say } from '../state/messages.js'
import { range, revealTime, session, setRange, timeFormat } from '../state/session-state.js'
import { nearestRow } from '../timeline/overlays/annotations.js'
import { saveFile } from '../widgets/save-file.js'
import { goToRow } from './menus.js'

const kindNames: Readonly<Record<AnnotationKind, string>> = {
  note: 'Text',
  arrow: 'Arrow',
  box: 'Box',
  range: 'Range',
  highlight: 'Row',
  callout: 'Number',
}
const kinds = Object.keys(kindNames) as AnnotationKind[]

export const noteCount = (): number => annotations.value.length

/** Brings a note into view. */
export function goToNote(a: Annotation): void {
  chosen.value = a.id
  const from = timeOf(a.from)
  const to = a.to ? timeOf(a.to) : from
  const shown = range.peek()
  if (Math.abs(to - from) > shown.to - shown.from) {
    const air = Math.abs(to - from) * 0.1
    setRange(Math.min(from, to) - air, Math.max(from, to) + air, true)
  } else revealTime((from + to) / 2)
  if (a.from.row !== null && !nearestRow(a.from.row)) return
  if (a.from.row !== null) goToRow(a.from.row)
}

export function Notes() {
  const info = session.value
  if (!info) return null
  const all = annotations.value.toSorted((a, b) => timeOf(a.from) - timeOf(b.from))
  return (
    <div class="panel-fill">
      <div class="panel-bar">
        {kinds.map((kind) => (
          <button
            key={kind}
            type="button"
            class={`quiet ${tool.value === kind ? 'on' : ''}`}
            aria-pressed={tool.value === kind}
            onClick={() => (tool.value = tool.peek() === kind ? null : kind)}
          >
            {kindNames[kind]}
          </button>
        ))}
        <span class="bar-gap" />
        {inks.map((name) => (
          <button
            key={name}
            type="button"
            class={`ink-choice ${ink.value === name ? 'on' : ''}`}
            title={name}
            aria-label={`Colour ${name}`}
            aria-pressed={ink.value === name}
            onClick={() => {
              ink.value = name
              if (chosen.peek() !== null) update(chosen.peek()!, { ink: name })
            }}
          >
            <span class={`ink-dot ink-${name}`} />
          </button>
        ))}
        <span class="fill" />
        <span class="muted">{plural(all.length, 'note')}</span>
        <button type="button" class="quiet" onClick={() => document.getElementById('import-notes')?.click()}>
          Import
        </button>
        <button
          type="button"
          class="quiet"
          disabled={all.length === 0}
          onClick={() => saveFile(`${info.name}.notes.json`, annotationsJson(all), 'application/json')}
        >
          Export
        </button>
        <input
          id="import-notes"
          type="file"
          accept=".json"
          hidden
          onChange={(e) => {
            const [file] = e.currentTarget.files ?? []
            e.currentTarget.value = ''
            if (file) handle(importNotes(file))
          }}
        />
      </div>
      {all.length === 0 ? (
        <p class="empty">
          Texts, arrows, boxes and ranges upon the timeline, kept with the session. M writes a note at the pointer,
          Shift+M brackets the chosen range; or choose a kind above and press on the timeline.
        </p>
      ) : (
        <ul class="notes scroll" tabIndex={0} aria-label="Notes">
          {all.map((a) => (
            <li key={a.id} class={`note-row ${chosen.value === a.id ? 'on' : ''}`} onClick={() => goToNote(a)}>
              <span class={`ink-dot ink-${a.ink}`} />
              <span>{a.kind === 'callout' ? `Number ${a.number}` : kindNames[a.kind]}</span>
              <span class="note-time">
                {formatTime(timeOf(a.from), info, timeFormat.value)}
                {a.to && a.kind !== 'arrow'
                  ? `, ${formatDelta(Math.abs(timeOf(a.to) - timeOf(a.from)), info.unit)}`
                  : ''}
              </span>
              <span class="note-text" title={a.text}>
                {a.text || <span class="muted">no text</span>}
              </span>
              <span>
                <button
                  type="button"
                  class="quiet"
                  onClick={(e) => {
                    e.stopPropagation()
                    goToNote(a)
                    editing.value = a.id
                  }}
                >
                  Edit
                </button>
                <button
                  type="button"
                  class="quiet"
                  onClick={(e) => {
                    e.stopPropagation()
                    remove(a.id)
                  }}
                >
                  Delete
                </button>
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

async function importNotes(file: File): Promise<void> {
  const read = readAnnotations(await file.text())
  if (annotations.peek().length === 0) setAnnotations(read)
  else merge(read)
  say('note', `${plural(read.length, 'note')} taken from ${file.name}.`)
}
