import type { Signal } from '@preact/signals'

interface Props {
  /** Size in CSS pixels that the splitter changes. */
  readonly size: Signal<number>
  readonly min: number
  readonly max: () => number
  /** `right`: the sized panel is right of (or below) the splitter, so dragging away makes it smaller. */
  readonly side: 'left' | 'right' | 'below'
  readonly label: string
  readonly initial: number
}

/** The seam between two panels: drag, or arrow keys (Shift for larger steps); double click = the initial size. */
export function Splitter({ size, min, max, side, label, initial }: Props) {
  const vertical = side !== 'below'
  const set = (n: number) => (size.value = Math.round(Math.min(Math.max(n, min), Math.max(min, max()))))
  const sign = side === 'left' ? 1 : -1
  const onPointerDown = (e: PointerEvent) => {
    if (e.button !== 0) return
    e.preventDefault()
    const handle = e.currentTarget as HTMLElement
    handle.setPointerCapture(e.pointerId)
    const start = vertical ? e.clientX : e.clientY
    const before = size.peek()
    const move = (m: PointerEvent) => set(before + sign * ((vertical ? m.clientX : m.clientY) - start))
    const up = () => {
      handle.removeEventListener('pointermove', move)
      handle.removeEventListener('lostpointercapture', up)
    }
    handle.addEventListener('pointermove', move)
    handle.addEventListener('lostpointercapture', up)
  }
  const onKeyDown = (e: KeyboardEvent) => {
    const step = e.shiftKey ? 64 : 16
    const grow = vertical ? ['ArrowRight', 'ArrowLeft'] : ['ArrowDown', 'ArrowUp']
    const at = grow.indexOf(e.key)
    if (at < 0) return
    e.preventDefault()
    e.stopPropagation()
    set(size.peek() + sign * (at === 0 ? step : -step))
  }
  return (
    <div
      class={`splitter ${vertical ? 'splitter-x' : 'splitter-y'}`}
      role="separator"
      aria-orientation={vertical ? 'vertical' : 'horizontal'}
      aria-label={label}
      aria-valuenow={size.value}
      aria-valuemin={min}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKeyDown}
      onDblClick={() => set(initial)}
    />
  )
}
