// A part of the session as trace.dat: which time, which machines, which of their CPUs.

import { signal, useSignal } from '@preact/signals'
import { formatDelta } from '../state/format.js'
import { handle } from '../state/messages.js'
import { range, rangeSelection, session } from '../state/session-state.js'
import { Dialog } from '../widgets/dialog.js'
import { Band } from '../widgets/machine.js'
import { cpusOf, saveTrimmed } from './trim.js'
import './export.css'

export const trimOpen = signal(false)

export function TrimDialog() {
  const info = session.value
  const time = useSignal<'chosen' | 'view'>(rangeSelection.peek() ? 'chosen' : 'view')
  /** By machine: CPUs as they were typed; absent = not kept. */
  const cpus = useSignal<Readonly<Record<number, string>>>(
    Object.fromEntries((info?.machines ?? []).map((m) => [m.machine, ''])),
  )
  if (!info) return null
  const close = () => (trimOpen.value = false)
  const part = rangeSelection.value
  const length = (r: { readonly from: number; readonly to: number }) => formatDelta(r.to - r.from, info.unit)
  const times = [
    ['chosen', part ? `The chosen range, ${length(part)}` : 'The chosen range', part !== null],
    ['view', `What is in view, ${length(range.value)}`, true],
  ] as const
  const kept = info.machines.filter((m) => cpus.value[m.machine] !== undefined)
  const lists = kept.map((m) => cpusOf(cpus.value[m.machine]!, m.cpus))
  const save = () => {
    const { from, to } = (time.value === 'chosen' && part) || range.peek()
    close()
    handle(
      saveTrimmed({
        from,
        to,
        machines: kept.map((m) => m.machine),
        tracks: kept.flatMap((m, i) => lists[i]!.map((cpu) => `m${m.machine}/cpu${cpu}`)),
      }),
    )
  }
  return (
    <Dialog title="Save a part as trace.dat" class="bundle" onClose={close}>
      <header class="dialog-head">
        <h2>Save a part as trace.dat</h2>
      </header>
      <form class="bundle-body" onSubmit={(e) => e.preventDefault()}>
        <p class="muted">Records untouched, for trace-cmd, KernelShark and Remora; several files come in a zip.</p>
        {times.map(([value, words, can]) => (
          <label key={value} class="check">
            <input
              type="radio"
              name="trim-time"
              value={value}
              checked={time.value === value}
              disabled={!can}
              onChange={() => (time.value = value)}
            />
            {words}
          </label>
        ))}
        <h3>Machines and CPUs</h3>
        {info.machines.map(({ machine, name, cpus: all }) => {
          const text = cpus.value[machine]
          return (
            <div key={machine} class="trim-machine">
              <label class="check">
                <input
                  type="checkbox"
                  checked={text !== undefined}
                  onChange={(e) => {
                    const { [machine]: _left, ...others } = cpus.peek()
                    cpus.value = e.currentTarget.checked ? { ...others, [machine]: '' } : others
                  }}
                />
                <Band machine={machine} />
                {name}
              </label>
              <input
                class="field"
                aria-label={`CPUs of ${name}`}
                aria-invalid={text !== undefined && cpusOf(text, all) === null}
                placeholder={all.length > 1 ? `all ${all.length} CPUs, or 0,2-3` : 'its only CPU'}
                disabled={text === undefined}
                value={text ?? ''}
                onInput={(e) => (cpus.value = { ...cpus.peek(), [machine]: e.currentTarget.value })}
              />
            </div>
          )
        })}
        {lists.includes(null) && (
          <p class="warning" role="alert">
            A list of CPUs is numbers and ranges of those that there are, such as 0,2-3.
          </p>
        )}
      </form>
      <footer class="dialog-foot">
        <span class="fill" />
        <button type="button" class="button" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          class="button primary"
          autofocus
          disabled={kept.length === 0 || lists.includes(null)}
          onClick={save}
        >
          Save
        </button>
      </footer>
    </Dialog>
  )
}
