// The timeline as a picture for a report: what goes into it, what it looks like, and where it goes.

import { useSignal, useSignalEffect } from '@preact/signals'
import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { annotations } from '../annotate/notes.js'
import { formatBytes, plural } from '../state/format.js'
import { handle, say, sentence } from '../state/messages.js'
import { engine, rangeSelection, session } from '../state/session-state.js'
import { Dialog } from '../widgets/dialog.js'
import { saveFile } from '../widgets/save-file.js'
import {
  MOST_ROWS,
  pictureFile,
  picturedRows,
  panelIsThere,
  screenPicture,
  type PictureFormat,
  type ScreenPanel,
  type ScreenPicture,
} from './screen.js'
import './export.css'

export const exportOpen = signal(false)

const formats: readonly PictureFormat[] = ['png', 'svg', 'pdf']
const scales = [1, 2, 3, 4] as const
const widths = {
  1200: 'Slide, 1200 px',
  960: 'A4 upright, 960 px',
  1400: 'A4 across, 1400 px',
  1800: 'Wide, 1800 px',
} as const

const panelWords: Readonly<Record<ScreenPanel, string>> = {
  notes: 'Notes, as a list',
  chain: 'Chain that is lit',
  delta: 'A to B',
  clocks: 'Clocks',
  cpus: 'What the CPUs ran',
  tasks: 'Guest tasks by layer',
  preemptions: 'Preemptions',
  wakeups: 'Wake-ups',
  runs: 'Run comparison',
  faults: 'Faults',
}
const allPanels = Object.keys(panelWords) as ScreenPanel[]

/** The choices of the last picture are those of the next. */
const choices = signal<Omit<ScreenPicture, 'title' | 'hashes'>>({
  time: 'view',
  rows: 'screen',
  look: 'print',
  legend: true,
  notes: true,
  annotations: true,
  panels: [],
  width: 1200,
})
const format = signal<PictureFormat>('png')
const scale = signal<(typeof scales)[number]>(2)

export function ExportDialog() {
  const info = session.value
  const title = useSignal(info?.name ?? '')
  const hashes = useSignal<readonly string[] | null>(null)
  const preview = useSignal<string | null>(null)
  const problem = useSignal<string | null>(null)
  const busy = useSignal(false)
  const close = () => (exportOpen.value = false)

  useEffect(() => {
    if (!rangeSelection.peek() && choices.peek().time === 'range') choices.value = { ...choices.peek(), time: 'view' }
    const stop = new AbortController()
    // Large files take a while: the picture is shown without their digests meanwhile.
    engine
      .peek()
      ?.fileHashes(undefined, stop.signal)
      .then(
        (all) => (hashes.value = all),
        (e: unknown) => stop.signal.aborted || say('error', `The files’ digests are not known: ${sentence(e)}`),
      )
    return () => stop.abort()
  }, [])

  useSignalEffect(() => {
    const p = { ...choices.value, title: title.value, ...(hashes.value ? { hashes: hashes.value } : {}) }
    const stop = new AbortController()
    const timer = setTimeout(() => {
      screenPicture(p, stop.signal)
        .then((picture) => pictureFile(picture, 'svg', 1, stop.signal))
        .then((blob) => {
          if (preview.peek()) URL.revokeObjectURL(preview.peek()!)
          preview.value = URL.createObjectURL(blob)
          problem.value = null
        })
        .catch((e: unknown) => {
          if (!stop.signal.aborted) problem.value = sentence(e)
        })
    }, 150)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  })
  useEffect(() => () => void (preview.peek() && URL.revokeObjectURL(preview.peek()!)), [])

  if (!info) return null
  const made = async (kind: PictureFormat): Promise<Blob> => {
    busy.value = true
    try {
      const all = choices.peek().notes ? (hashes.peek() ?? (await engine.peek()!.fileHashes())) : undefined
      const picture = await screenPicture({ ...choices.peek(), title: title.peek(), ...(all ? { hashes: all } : {}) })
      return await pictureFile(picture, kind, scale.peek())
    } finally {
      busy.value = false
    }
  }
  const save = async () => {
    const blob = await made(format.peek())
    const name = `${(title.peek() || info.name).replace(/[^\p{L}\p{N} ._+-]+/gu, '-').slice(0, 80)}.${format.peek()}`
    saveFile(name, blob, blob.type)
    say('note', `${name}, ${formatBytes(blob.size)}, went to your downloads.`)
    close()
  }
  const copy = async () => {
    // The clipboard takes a promise, so that the permission of the click still holds when the picture is made.
    const kind = format.peek() === 'svg' ? 'svg' : 'png'
    if (kind === 'svg') await navigator.clipboard.writeText(await (await made('svg')).text())
    else await navigator.clipboard.write([new ClipboardItem({ 'image/png': made('png') })])
    say('note', kind === 'svg' ? 'The SVG is on the clipboard, as text.' : 'The picture is on the clipboard.')
  }
  const set = (some: Partial<ScreenPicture>) => (choices.value = { ...choices.peek(), ...some })
  const { time, rows, look, legend, notes, annotations: drawn, panels, width } = choices.value
  const all = picturedRows('all').length
  const pinned = picturedRows('pinned').length

  return (
    <Dialog title="Export a picture" class="export" onClose={close}>
      <header class="dialog-head">
        <h2>Export a picture</h2>
      </header>
      <div class="export-body">
        <form class="export-choices" onSubmit={(e) => e.preventDefault()}>
          <label>
            Title
            <input class="field" value={title.value} onInput={(e) => (title.value = e.currentTarget.value)} />
          </label>
          <label>
            Time
            <select
              class="field"
              value={time}
              onChange={(e) => set({ time: e.currentTarget.value as 'view' | 'range' })}
            >
              <option value="view">What is in view</option>
              <option value="range" disabled={!rangeSelection.value}>
                The chosen range
              </option>
            </select>
          </label>
          <label>
            Rows
            <select
              class="field"
              value={rows}
              onChange={(e) => set({ rows: e.currentTarget.value as ScreenPicture['rows'] })}
            >
              <option value="screen">Those on screen ({picturedRows('screen').length})</option>
              <option value="pinned" disabled={pinned === 0}>
                The pinned ones ({pinned})
              </option>
              <option value="all" disabled={all > MOST_ROWS}>
                All that are unfolded ({all})
              </option>
            </select>
          </label>
          <label>
            Size
            <select class="field" value={String(width)} onChange={(e) => set({ width: Number(e.currentTarget.value) })}>
              {Object.entries(widths).map(([w, words]) => (
                <option key={w} value={w}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <label>
            Look
            <select
              class="field"
              value={look}
              onChange={(e) => set({ look: e.currentTarget.value as 'print' | 'screen' })}
            >
              <option value="print">Light, for print</option>
              <option value="screen">As on screen</option>
            </select>
          </label>
          <label class="check">
            <input type="checkbox" checked={legend} onChange={(e) => set({ legend: e.currentTarget.checked })} />
            Legend
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={drawn}
              disabled={annotations.value.length === 0}
              onChange={(e) => set({ annotations: e.currentTarget.checked })}
            />
            {plural(annotations.value.length, 'note')}
          </label>
          <label class="check">
            <input type="checkbox" checked={notes} onChange={(e) => set({ notes: e.currentTarget.checked })} />
            Clocks, files and their digests
          </label>
          <fieldset class="export-panels">
            <legend>Panels below</legend>
            {allPanels.filter(panelIsThere).map((panel) => (
              <label key={panel} class="check">
                <input
                  type="checkbox"
                  checked={panels.includes(panel)}
                  onChange={(e) => {
                    const on = e.currentTarget.checked
                    set({ panels: allPanels.filter((p) => (p === panel ? on : panels.includes(p))) })
                  }}
                />
                {panelWords[panel]}
              </label>
            ))}
          </fieldset>
          <label>
            Format
            <select
              class="field"
              value={format.value}
              onChange={(e) => (format.value = e.currentTarget.value as PictureFormat)}
            >
              {formats.map((f) => (
                <option key={f} value={f}>
                  {f.toUpperCase()}
                </option>
              ))}
            </select>
          </label>
          {format.value === 'png' && (
            <label>
              Sharpness
              <select
                class="field"
                value={String(scale.value)}
                onChange={(e) => (scale.value = Number(e.currentTarget.value) as (typeof scales)[number])}
              >
                {scales.map((s) => (
                  <option key={s} value={s}>
                    {s}×
                  </option>
                ))}
              </select>
            </label>
          )}
        </form>
        <div class="export-preview">
          {preview.value && <img src={preview.value} alt="Preview of the picture" />}
          {!preview.value && !problem.value && <p class="muted">The picture is being drawn.</p>}
          {problem.value && (
            <p class="banner banner-error" role="alert">
              {problem.value}
            </p>
          )}
        </div>
      </div>
      <footer class="dialog-foot">
        {!hashes.value && notes && <span class="muted">The files’ digests are being computed.</span>}
        <span class="fill" />
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="button"
          disabled={busy.value || format.value === 'pdf'}
          onClick={() => handle(copy())}
        >
          Copy
        </button>
        <button type="button" class="button primary" autofocus disabled={busy.value} onClick={() => handle(save())}>
          Save
        </button>
      </footer>
    </Dialog>
  )
}
