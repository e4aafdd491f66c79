// What the labels of chains stand for: the definitions file, to be read, changed, kept and saved.

import { signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { pickFiles } from '../../host-api.js'
import { handle, sentence } from '../../state/messages.js'
import { definitionsNow, runsDefinitions } from '../../state/runs.js'
import { runsDefinitionsText } from '../../state/runs-kept.js'
import { engine } from '../../state/session-state.js'
import { Dialog } from '../../widgets/dialog.js'
import { saveText } from '../../widgets/save.js'

export const definitionsOpen = signal(false)

export function DefinitionsDialog() {
  const text = useSignal(runsDefinitionsText.peek())
  const wrong = useSignal<string | null>(null)
  const close = () => (definitionsOpen.value = false)
  const usual = async () => {
    const found = await engine.peek()!.runsDefaults()
    text.value = `${JSON.stringify(found, null, 2)}\n`
  }
  useEffect(() => {
    if (text.peek() === '') handle(usual())
  }, [])
  const load = async () => {
    const input = document.getElementById('open-files')
    if (!(input instanceof HTMLInputElement)) return
    const file = (await pickFiles(input))?.[0]?.source
    if (file?.kind === 'blob') text.value = await (file.blob as Blob).text()
    else if (file?.kind === 'url') text.value = await (await fetch(file.url)).text()
  }
  const keep = async () => {
    try {
      await engine.peek()!.runsDefinitions(text.peek())
      runsDefinitionsText.value = text.peek()
      runsDefinitions.value = null
      await definitionsNow()
      close()
    } catch (e) {
      wrong.value = sentence(e)
    }
  }
  return (
    <Dialog title="What the labels of chains stand for" class="runs-definitions" onClose={close}>
      <div class="dialog-head">
        <h2>What the labels of chains stand for</h2>
        <button type="button" class="quiet end" aria-label="Close" onClick={close}>
          ×
        </button>
      </div>
      <p class="muted">
        A label means functions (<code>ktime_get</code>) and tracepoints (<code>sched:sched_switch</code>); the first
        that a recording holds is taken. <code>EVENT@FIELD</code> names the field with the task that the chain follows.
      </p>
      <textarea
        class="field mono"
        aria-label="Definitions"
        spellcheck={false}
        rows={22}
        value={text.value}
        onInput={(e) => {
          text.value = e.currentTarget.value
          wrong.value = null
        }}
      />
      {wrong.value !== null && (
        <p class="warning" role="alert">
          {wrong.value}
        </p>
      )}
      <div class="dialog-foot">
        <button type="button" class="button" onClick={() => handle(load())}>
          Load a file
        </button>
        <button type="button" class="button" onClick={() => saveText('runs-definitions.json', text.peek())}>
          Save as file
        </button>
        <button type="button" class="button" onClick={() => handle(usual())}>
          Usual ones
        </button>
        <span class="fill" />
        <button type="button" class="button primary" onClick={() => handle(keep())}>
          Use these
        </button>
      </div>
    </Dialog>
  )
}
