// A button that opens a list of things to tick, with a box to narrow a long list.

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { formatCount } from '../state/format.js'
import { Icon } from './icons.js'

export interface Choice {
  readonly id: string
  readonly label: string
  /** Written after the label, e.g. how many events it has. */
  readonly count: number
}
interface Props {
  readonly label: string
  readonly choices: readonly Choice[]
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
}

/** Entries drawn at once; the rest is reached by narrowing. */
const shownAtOnce = 200

export function Picker({ label, choices, chosen, onChange }: Props) {
  const open = useSignal(false)
  const text = useSignal('')
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!open.value) return
    box.current?.querySelector('input')?.focus()
    const outside = (e: PointerEvent) => {
      if (!box.current?.contains(e.target as Node)) open.value = false
    }
    addEventListener('pointerdown', outside, true)
    return () => removeEventListener('pointerdown', outside, true)
  }, [open.value])
  const set = new Set(chosen)
  const found = choices.filter((c) => c.label.toLowerCase().includes(text.value.toLowerCase()))
  const shown = [...found.filter((c) => set.has(c.id)), ...found.filter((c) => !set.has(c.id))].slice(0, shownAtOnce)
  const flip = (id: string) => onChange(set.has(id) ? chosen.filter((c) => c !== id) : [...chosen, id])
  const close = () => {
    open.value = false
    box.current?.querySelector('button')?.focus()
  }
  return (
    <div
      class="picker"
      ref={box}
      onKeyDown={(e) => {
        if (e.key !== 'Escape' || !open.peek()) return
        e.stopPropagation()
        close()
      }}
    >
      <button
        type="button"
        class={`button ${chosen.length > 0 ? 'on' : ''}`}
        aria-expanded={open.value}
        disabled={choices.length === 0}
        onClick={() => (open.value = !open.peek())}
      >
        {label}
        {chosen.length > 0 && ` (${chosen.length})`}
        <Icon name="down" />
      </button>
      {open.value && (
        <div class="popover" role="dialog" aria-label={label}>
          <input
            class="field"
            type="search"
            placeholder={`Find in ${formatCount(choices.length)}`}
            aria-label={`Find in ${label}`}
            value={text.value}
            onInput={(e) => (text.value = e.currentTarget.value)}
          />
          <ul>
            {shown.map((c) => (
              <li key={c.id}>
                <label class="check">
                  <input type="checkbox" checked={set.has(c.id)} onChange={() => flip(c.id)} />
                  <span class="picker-label">{c.label}</span>
                  <span class="muted">{formatCount(c.count)}</span>
                </label>
              </li>
            ))}
          </ul>
          {found.length > shown.length && (
            <p class="muted">{formatCount(found.length - shown.length)} more: type to narrow the list.</p>
          )}
          {found.length === 0 && <p class="muted">Nothing has this in its name.</p>}
          <footer>
            <button type="button" class="quiet" disabled={chosen.length === 0} onClick={() => onChange([])}>
              Clear
            </button>
            <button type="button" class="quiet" onClick={close}>
              Done
            </button>
          </footer>
        </div>
      )}
    </div>
  )
}
