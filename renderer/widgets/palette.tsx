// Command palette and shortcut sheet, both made from the list of commands.

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { paletteOpen, shortcutsOpen } from '../commands/help.js'
import { commands } from '../commands.js'
import type { CommandGroup } from '../commands/command.js'
import { showKey } from '../keys.js'
import { Dialog } from './dialog.js'

/** Every word of the query begins a word of the title, or stands somewhere in it. */
export function fits(title: string, query: string): boolean {
  const t = title.toLowerCase()
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((w) => t.includes(w))
}

const closePalette = () => (paletteOpen.value = false)
const closeShortcuts = () => (shortcutsOpen.value = false)

export function Palette() {
  const text = useSignal('')
  const at = useSignal(0)
  const list = useRef<HTMLUListElement>(null)
  const found = commands.filter((c) => c.id !== 'palette' && (c.when?.() ?? true) && fits(c.title, text.value))
  const index = Math.min(at.value, found.length - 1)
  useEffect(() => {
    list.current?.children[index]?.scrollIntoView({ block: 'nearest' })
  }, [index])
  const run = (i: number) => {
    const c = found[i]
    closePalette()
    // After the dialog has given the focus back: some commands move it.
    if (c) requestAnimationFrame(() => c.run())
  }
  return (
    <Dialog title="Command palette" class="palette" onClose={closePalette}>
      <input
        class="field"
        autofocus
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found[index] ? `palette-${found[index].id}` : undefined}
        placeholder="What to do"
        aria-label="Command"
        value={text.value}
        onInput={(e) => {
          text.value = e.currentTarget.value
          at.value = 0
        }}
        onKeyDown={(e) => {
          if (e.key === 'ArrowDown') at.value = Math.min(found.length - 1, index + 1)
          else if (e.key === 'ArrowUp') at.value = Math.max(0, index - 1)
          else if (e.key === 'Enter') run(index)
          else return
          e.preventDefault()
        }}
      />
      <ul id="palette-list" role="listbox" ref={list}>
        {found.map((c, i) => (
          <li
            key={c.id}
            id={`palette-${c.id}`}
            role="option"
            aria-selected={i === index}
            onPointerMove={() => (at.value = i)}
            onClick={() => run(i)}
          >
            <span class="muted">{c.group}</span>
            <span>{c.title}</span>
            {c.keys[0] && <kbd>{showKey(c.keys[0])}</kbd>}
          </li>
        ))}
      </ul>
      {found.length === 0 && <p class="empty">No command has these words.</p>}
    </Dialog>
  )
}

/** Mouse actions have no command of their own. */
const mouse: readonly (readonly [string, string])[] = [
  ['Zoom at the pointer', 'Ctrl+wheel, pinch'],
  ['Pan', 'Shift+wheel, middle drag'],
  ['Scroll rows', 'wheel'],
  ['Select a range', 'left drag'],
  ['Select an event', 'click'],
  ['Set the active marker', 'double click'],
  ['No snapping', 'Alt while dragging'],
  ['Move a machine’s clock', 'Alt+drag on its row'],
  ['Menu', 'right click'],
]

export function Shortcuts() {
  const groups = [...new Set(commands.map((c) => c.group))]
  return (
    <Dialog title="Keyboard and mouse" class="shortcuts" onClose={closeShortcuts}>
      <header class="dialog-head">
        <h2>Keyboard and mouse</h2>
        <button type="button" class="quiet end" autofocus onClick={closeShortcuts}>
          Close
        </button>
      </header>
      <div class="shortcut-groups">
        {groups.map((g) => (
          <ShortcutGroup key={g} group={g} />
        ))}
        <section>
          <h3>Mouse</h3>
          <dl>
            {mouse.map(([title, how]) => (
              <div key={title}>
                <dt>{title}</dt>
                <dd>{how}</dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Dialog>
  )
}

function ShortcutGroup({ group }: { readonly group: CommandGroup }) {
  const all = commands.filter((c) => c.group === group && c.keys.length > 0)
  if (all.length === 0) return null
  return (
    <section>
      <h3>{group}</h3>
      <dl>
        {all.map((c) => (
          <div key={c.id}>
            <dt>{c.title}</dt>
            <dd>
              {c.keys.map((k) => (
                <kbd key={k}>{showKey(k)}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
