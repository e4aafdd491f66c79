// The field in which a note's text is written, where the note stands.

import { useLayoutEffect, useRef } from 'preact/hooks'
import { range, rowLayout, rowScroll, rowViewport } from '../state/session-state.js'
import { AXIS_HEIGHT } from '../timeline/geometry.js'
import { finishText, nearestRow, textBoxOf } from '../timeline/overlays/annotations.js'
import { xOf } from '../timeline/scale.js'
import { canvasWidth } from '../timeline/signals.js'
import { annotations, editing, timeOf } from './notes.js'
import './annotate.css'

const WIDTH = 232
const HEIGHT = 64

export function NoteEditor() {
  const id = editing.value
  const of = annotations.value.find((a) => a.id === id)
  const field = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [id])
  if (!of) return null
  void [range.value, rowScroll.value, rowLayout.value]
  const width = canvasWidth.value
  const box = textBoxOf(of.id)
  const row = of.from.row === null ? null : nearestRow(of.from.row)
  const x = box?.x ?? xOf({ ...range.value, width }, timeOf(of.from)) + of.dx
  const y = box?.y ?? AXIS_HEIGHT + (row ? row.y - rowScroll.value : 0) + of.dy
  const left = Math.max(4, Math.min(x, width - WIDTH - 4))
  const top = Math.max(AXIS_HEIGHT + 2, Math.min(y, rowViewport.value + AXIS_HEIGHT - HEIGHT - 4))
  return (
    <textarea
      key={of.id}
      ref={field}
      class={`note-editor ink-${of.ink}`}
      style={{ left: `${left}px`, top: `${top}px`, width: `${WIDTH}px`, height: `${HEIGHT}px` }}
      defaultValue={of.text}
      maxLength={4000}
      placeholder="Text; Enter keeps it, Shift+Enter breaks the line"
      aria-label="Text of the note"
      onPointerDown={(e) => e.stopPropagation()}
      onDblClick={(e) => e.stopPropagation()}
      onKeyDown={(e) => {
        e.stopPropagation()
        if (e.key === 'Escape') finishText(of.id, of.text)
        else if (e.key === 'Enter' && !e.shiftKey) {
          e.preventDefault()
          finishText(of.id, e.currentTarget.value)
        }
      }}
      onBlur={(e) => editing.peek() === of.id && finishText(of.id, e.currentTarget.value)}
    />
  )
}
