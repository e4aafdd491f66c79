// The session as one file for a colleague: what goes into it.

import { signal, useSignal } from '@preact/signals'
import { annotations } from '../annotate/notes.js'
import { bundleNow, type TracesIn } from '../state/bundles.js'
import { formatBytes, formatDelta, plural } from '../state/format.js'
import { handle, say } from '../state/messages.js'
import { loaded, version } from '../state/opening.js'
import { savedViews } from '../state/saved-views.js'
import { range, rangeSelection, session } from '../state/session-state.js'
import { Dialog } from '../widgets/dialog.js'
import { saveFile } from '../widgets/save-file.js'
import './export.css'

export const bundleOpen = signal(false)

/** Traces up to this size go along unasked, bytes. */
const LIGHT = 64e6

export function BundleDialog() {
  const info = session.value
  const heads = loaded.value
  const size = heads?.files.reduce((n, f) => n + f.source.size, 0) ?? 0
  const which = useSignal<'none' | 'whole' | 'chosen' | 'view'>(size <= LIGHT ? 'whole' : 'none')
  if (!info || !heads) return null
  const close = () => (bundleOpen.value = false)
  const part = rangeSelection.value
  const length = (r: { readonly from: number; readonly to: number }) => formatDelta(r.to - r.from, info.unit)
  const ways = [
    ['whole', `The traces as they are, ${formatBytes(size)} before packing`, true],
    [
      'chosen',
      part ? `The traces of the chosen range, ${length(part)}` : 'The traces of the chosen range',
      part !== null,
    ],
    ['view', `The traces of what is in view, ${length(range.value)}`, true],
    ['none', 'No traces: for those who have the same files', true],
  ] as const
  const save = async () => {
    const traces: TracesIn =
      which.value === 'chosen' ? (part ?? 'none') : which.value === 'view' ? range.peek() : which.value
    close()
    const sources = heads.files.map((f) => f.source)
    const bytes = await bundleNow(sources, heads.pairs, traces, version.peek())
    if (!bytes) return
    const name = `${info.name.replace(/[^\p{L}\p{N} ._+-]+/gu, '-').slice(0, 80)}.remora`
    saveFile(name, bytes, 'application/zip')
    say('note', `${name}, ${formatBytes(bytes.length)}, went to your downloads. Open or drop it in Remora.`)
  }
  return (
    <Dialog title="Save the session as a file" class="bundle" onClose={close}>
      <header class="dialog-head">
        <h2>Save the session as a file</h2>
      </header>
      <form class="bundle-body" onSubmit={(e) => e.preventDefault()}>
        <p class="muted">
          {plural(annotations.value.length, 'note')}, {plural(savedViews.value.length, 'saved view')}, and rows, filter,
          markers and clocks as they are now. Whoever opens the file sees what you see.
        </p>
        {ways.map(([value, words, can]) => (
          <label key={value} class="check">
            <input
              type="radio"
              name="traces"
              value={value}
              checked={which.value === value}
              disabled={!can}
              onChange={() => (which.value = value)}
            />
            {words}
          </label>
        ))}
      </form>
      <footer class="dialog-foot">
        <span class="fill" />
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
        <button type="button" class="button primary" autofocus onClick={() => handle(save())}>
          Save
        </button>
      </footer>
    </Dialog>
  )
}
