import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

interface Props {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
  readonly class?: string
}

/** A modal dialog of the browser's own: it keeps the focus and closes on Esc or a click beside it. */
export function Dialog({ title, onClose, children, class: name = '' }: Props) {
  const box = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    const dialog = box.current
    const before = document.activeElement
    dialog?.showModal()
    return () => {
      dialog?.close()
      // The browser gives the focus back only to dialogs that are still in the page when they close.
      if (before instanceof HTMLElement) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <dialog
      ref={box}
      class={`dialog ${name}`}
      aria-label={title}
      onCancel={(e) => {
        e.preventDefault()
        onClose()
      }}
      onPointerDown={(e) => {
        if (e.target === box.current) onClose()
      }}
      onKeyDown={(e) => e.stopPropagation()}
    >
      <div class="dialog-body">{children}</div>
    </dialog>
  )
}
