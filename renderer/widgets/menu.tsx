// One menu at a time: context menus and the toolbar's. Arrow keys, Enter, Esc; a click elsewhere closes it.

import { signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { showKey } from '../keys.js'

export interface MenuItem {
  readonly label: string
  readonly keys?: string | undefined
  readonly run: () => void
  readonly checked?: boolean
  readonly disabled?: boolean
}
/** null: a line between groups. */
export type MenuEntry = MenuItem | null

interface OpenMenu {
  readonly x: number
  readonly y: number
  readonly entries: readonly MenuEntry[]
  readonly returnTo: Element | null
}
const open = signal<OpenMenu | null>(null)

/** Opens at a point of the window; the focus returns to where it was. */
export function openMenu(x: number, y: number, entries: readonly MenuEntry[]): void {
  open.value = { x, y, entries, returnTo: document.activeElement }
}
/** Opens below an element. */
export function openMenuBelow(element: Element, entries: readonly MenuEntry[]): void {
  const box = element.getBoundingClientRect()
  openMenu(box.left, box.bottom + 2, entries)
}
function close(): void {
  const to = open.peek()?.returnTo
  open.value = null
  if (to instanceof HTMLElement) to.focus({ preventScroll: true })
}

export function Menu() {
  const menu = open.value
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = box.current
    if (!menu || !element) return
    const { width, height } = element.getBoundingClientRect()
    element.style.left = `${Math.max(4, Math.min(menu.x, innerWidth - width - 4))}px`
    element.style.top = `${Math.max(4, Math.min(menu.y, innerHeight - height - 4))}px`
    element.querySelector<HTMLElement>('[role^=menuitem]:not(:disabled)')?.focus({ preventScroll: true })
  }, [menu])
  useLayoutEffect(() => {
    if (!menu) return
    const outside = (e: Event) => {
      if (!box.current?.contains(e.target as Node)) open.value = null
    }
    addEventListener('pointerdown', outside, true)
    addEventListener('blur', close)
    addEventListener('wheel', outside, { capture: true, passive: true })
    return () => {
      removeEventListener('pointerdown', outside, true)
      removeEventListener('blur', close)
      removeEventListener('wheel', outside, true)
    }
  }, [menu])
  if (!menu) return null
  const onKeyDown = (e: KeyboardEvent) => {
    const items = [...box.current!.querySelectorAll<HTMLElement>('[role^=menuitem]:not(:disabled)')]
    const at = items.indexOf(document.activeElement as HTMLElement)
    const focus = (i: number) => items[(i + items.length) % items.length]?.focus()
    e.stopPropagation()
    if (e.key === 'Escape' || e.key === 'Tab') close()
    else if (e.key === 'ArrowDown') focus(at + 1)
    else if (e.key === 'ArrowUp') focus(at - 1)
    else if (e.key === 'Home') focus(0)
    else if (e.key === 'End') focus(-1)
    else return
    e.preventDefault()
  }
  return (
    <div class="menu" role="menu" ref={box} onKeyDown={onKeyDown} onContextMenu={(e) => e.preventDefault()}>
      {menu.entries.map((entry, i) =>
        entry === null ? (
          <hr key={i} />
        ) : (
          <button
            key={i}
            type="button"
            role={entry.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
            aria-checked={entry.checked}
            disabled={entry.disabled}
            onClick={() => {
              close()
              entry.run()
            }}
          >
            <span class="menu-check">{entry.checked ? '\u2713' : ''}</span>
            <span class="menu-label">{entry.label}</span>
            {entry.keys && <kbd>{showKey(entry.keys)}</kbd>}
          </button>
        ),
      )}
    </div>
  )
}
