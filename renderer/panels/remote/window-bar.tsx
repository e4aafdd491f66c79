// What part of a recording is loaded, and another part of it.

import { useSignal } from '@preact/signals'
import type { TimeRange } from '../../../workers/thread/contract.js'
import { handle } from '../../state/messages.js'
import { loadWindow } from '../../state/opening.js'
import { session } from '../../state/session-state.js'
import { movedWindow, sinceStart, windowOf } from '../../state/window.js'
import { useFocus } from '../../widgets/focus.js'
import { Icon } from '../../widgets/icons.js'

export function WindowBar() {
  const info = session.value
  const window = info?.window
  const editing = useSignal(false)
  if (!info || !window) return null
  const { recorded } = window
  const whole = Math.max(1, recorded.to - recorded.from)
  const left = Math.max(0, (window.from - recorded.from) / whole)
  const width = Math.min(1 - left, (window.to - window.from) / whole)
  const move = (direction: 1 | -1) => {
    const { from, to } = movedWindow(window, recorded, direction)
    handle(loadWindow(sinceStart(from, to)))
  }
  return (
    <span class="window-bar" role="group" aria-label="Loaded window">
      <span class="window-strip" title="Where the window lies in the recording">
        <i style={{ left: `${left * 100}%`, width: `max(2px, ${width * 100}%)` }} />
      </span>
      <button
        type="button"
        class="quiet"
        disabled={left <= 0}
        title="Load the window before"
        aria-label="Earlier"
        onClick={() => move(-1)}
      >
        <Icon name="left" />
      </button>
      <button
        type="button"
        class="quiet"
        disabled={left + width >= 1}
        title="Load the window after"
        aria-label="Later"
        onClick={() => move(1)}
      >
        <Icon name="right" />
      </button>
      {editing.value ? (
        <Edit window={window} recorded={recorded} unit={info.unit} done={() => (editing.value = false)} />
      ) : (
        <>
          <button type="button" class="link" onClick={() => (editing.value = true)}>
            Other window
          </button>
          <button type="button" class="link" onClick={() => handle(loadWindow(null))}>
            Load all
          </button>
        </>
      )}
    </span>
  )
}

interface EditProps {
  readonly window: TimeRange
  readonly recorded: TimeRange
  readonly unit: 'ns' | 'ticks'
  readonly done: () => void
}

function Edit({ window, recorded, unit, done }: EditProps) {
  const scale = unit === 'ns' ? 1e9 : 1
  const text = (n: number) => String(Number((n / scale).toFixed(unit === 'ns' ? 6 : 0)))
  const from = useSignal(text(window.from - recorded.from))
  const length = useSignal(text(window.to - window.from))
  const field = useFocus<HTMLInputElement>()
  const found = windowOf(from.value, length.value, scale)
  const name = unit === 'ns' ? 's' : 'ticks'
  return (
    <form
      class="window-edit"
      onSubmit={(e) => {
        e.preventDefault()
        if (!found) return
        done()
        handle(loadWindow(found))
      }}
    >
      <label>
        from
        <input
          ref={field}
          class="field"
          value={from.value}
          aria-label="Beginning of the window"
          onInput={(e) => (from.value = e.currentTarget.value)}
        />
        {name}
      </label>
      <label>
        for
        <input
          class={`field ${found ? '' : 'wrong'}`}
          value={length.value}
          aria-label="Length of the window"
          onInput={(e) => (length.value = e.currentTarget.value)}
        />
        {name}
      </label>
      <button type="submit" class="button" disabled={!found}>
        Load
      </button>
    </form>
  )
}
