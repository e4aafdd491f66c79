// All notes of the session: a list to go to them, recolour, rename and delete them, and their file form.

import {
  annotationsJson,
  hookWords,
  inks,
  readAnnotations,
  type Annotation,
  type AnnotationKind,
} from '../annotate/model.js'
import { annotations, chosen, editing, ink, merge, remove, timeOf, tool, update } from '../annotate/notes.js'
import { followHook, noteOnChain } from '../annotate/hooks.js'
import { chainWith } from '../annotate/chains.js'
import { lit } from '../state/chain.js'
import { formatDelta, formatTime, plural } from '../state/format.js'
import { handle, say } from '../state/messages.js'
import { range, revealTime, session, setRange, timeFormat } from '../state/session-state.js'
import { nearestRow } from '../timeline/overlays/annotations.js'
import { goWakeup } from '../timeline/hops.js'
import { rowName } from '../widgets/machine.js'
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

const nameOf = (a: Annotation): string => {
  if (a.kind === 'callout') return `Number ${a.number}`
  if (a.kind === 'highlight' && a.on) return a.on.kind === 'chain' ? 'Chain' : 'Interval'
  return kindNames[a.kind]
}

export const noteCount = (): number => annotations.value.length

/** What a note hangs on: its chain, event or interval, else its row. */
function whereWords(a: Annotation): string {
  const { row } = a.from
  const own = row === null ? 'time alone' : rowName(row)
  const hook = hookWords(a)
  if (hook === null) return own
  if (a.on?.kind === 'chain') return chainWith(a.on.id) === null ? `${hook}: not in these files` : hook
  return `${hook}, ${own}`
}

/** Brings a note into view, and what it hangs on to light. */
function goToNote(a: Annotation): void {
  chosen.value = a.id
  if (a.kind === 'highlight' && a.on?.kind === 'chain' && chainWith(a.on.id)) {
    return handle(goWakeup({ id: a.on.id }))
  }
  followHook(a)
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
        <button
          type="button"
          class="quiet"
          disabled={lit.value === null}
          title="Highlight the chain of wake-ups that is lit"
          onClick={() => noteOnChain('highlight')}
        >
          Chain
        </button>
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
              <span>{nameOf(a)}</span>
              <span class="note-time">
                {formatTime(timeOf(a.from), info, timeFormat.value)}
                {a.to && a.kind !== 'arrow'
                  ? `, ${formatDelta(Math.abs(timeOf(a.to) - timeOf(a.from)), info.unit)}`
                  : ''}
              </span>
              <span class="note-on" title={whereWords(a)}>
                {whereWords(a)}
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
  merge(read)
  say('note', `${plural(read.length, 'note')} taken from ${file.name}.`)
}
