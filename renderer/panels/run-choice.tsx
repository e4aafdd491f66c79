// One of several runs that were recorded into a folder is open: which, and the way to the others.

import { chosenUrl } from '../host-api.js'
import { handle } from '../state/messages.js'
import { loaded, openFiles, recordedRuns } from '../state/opening.js'
import { loading } from '../state/session-state.js'
import { Icon } from '../widgets/icons.js'

export function RunChoice() {
  const all = recordedRuns.value
  const open = loaded.value?.files[0]?.anchor
  if (!all || open?.kind !== 'url') return null
  const at = all.runs.findIndex((r) => r.sources.some((s) => s.url === open.url))
  if (at < 0) return null
  const choose = (place: number) => {
    const run = all.runs[place]
    if (run) handle(openFiles(run.sources.map(chosenUrl), { ask: false }))
  }
  const busy = loading.value !== null
  return (
    <div class="banner banner-note run-choice" role="group" aria-label="Runs of the folder">
      <span class="banner-text">
        {all.folder} holds {all.runs.length} runs, each a recording of its own.
      </span>
      <button
        type="button"
        class="quiet"
        disabled={busy || at === 0}
        title="Previous run"
        aria-label="Previous run"
        onClick={() => choose(at - 1)}
      >
        <Icon name="left" />
      </button>
      <select
        class="field"
        aria-label="Run"
        disabled={busy}
        value={at}
        onChange={(e) => choose(Number(e.currentTarget.value))}
      >
        {all.runs.map((r, i) => (
          <option key={r.run} value={i}>
            Run {r.run}, {r.seconds.toFixed(1)} s
          </option>
        ))}
      </select>
      <button
        type="button"
        class="quiet"
        disabled={busy || at === all.runs.length - 1}
        title="Next run"
        aria-label="Next run"
        onClick={() => choose(at + 1)}
      >
        <Icon name="right" />
      </button>
    </div>
  )
}
