// Mouse, wheel and touchpad on the canvas. Exact: nothing glides on after the hand has stopped.

import { batch, effect, untracked } from '@preact/signals'
import type { ClockChoice, ClockPlaces, HoverInfo } from '../../workers/thread/contract.js'
import { sessionTime, type MachineIndex, type SessionTime } from '../../workers/units.js'
import { canvasMenu } from '../panels/menus.js'
import { isMovable, movedBy, moveMachine } from '../state/clock-choices.js'
import { handle } from '../state/messages.js'
import type { Row } from '../state/rows.js'
import * as state from '../state/session-state.js'
import type { FrameHeld } from './frames.js'
import { SNAP_PIXELS } from './geometry.js'
import { LatestOnly } from './latest.js'
import { hitAt } from './overlays/list.js'
import type { Grip, Hit, OverlayView, Spot } from './overlays/overlay.js'
import { rowAt } from './row-at.js'
import { lengthOf, timeAt, zoomAt } from './scale.js'
import { alignPlaces, drag, pointed, pointer } from './signals.js'
import { snapInFrame } from './snap.js'
import { wheelFactor } from './wheel.js'

/** What the gestures need to know of the canvas. */
export interface GestureSurface extends Pick<OverlayView, 'scale' | 'height' | 'scroll'> {
  readonly held: FrameHeld | null
}

/** Less than this is a click with an unsteady hand, CSS pixels. */
const DRAG_MIN = 4
/** A click takes the nearest event within this, CSS pixels. */
const CLICK_REACH = 24
/** Pause between two questions where a guest's events would lie, ms. */
const PLACES_EVERY = 120
/** Wheel turns closer together than this are one step of the zoom history, ms. */
const BURST = 500

type Hand =
  | { readonly kind: 'undecided' | 'select'; readonly x: number; readonly y: number; readonly t: SessionTime }
  | { readonly kind: 'pan'; readonly x: number; readonly y: number; readonly from: number; readonly scroll: number }
  | { readonly kind: 'align'; readonly x: number; readonly row: Row }
  | { readonly kind: 'overlay'; readonly x: number; readonly y: number; readonly hit: Hit; readonly grip: Grip | null }

/** Attaches the gestures; returns what detaches them. */
export function attachGestures(el: HTMLElement, surface: GestureSurface): () => void {
  let hand: Hand | null = null
  let lastWheel = -Infinity
  const off = new AbortController()
  const { signal } = off

  const hovering = new LatestOnly<{ track: string; t: SessionTime; tolerance: number }, HoverInfo | null>(
    ({ track, t, tolerance }) =>
      state.engine.peek()?.hover(track, t, tolerance, state.timelineView.peek()) ?? Promise.resolve(null),
    (info) => (state.hover.value = info),
  )

  const placing = new LatestOnly<{ machine: MachineIndex; choice: ClockChoice }, ClockPlaces | null>(
    ({ machine, choice }) => state.engine.peek()?.clockPlaces(machine, choice) ?? Promise.resolve(null),
    (places) => (alignPlaces.value = places),
  )
  let placeTimer = 0
  /** Asks where the guest's events would lie, a few times a second. */
  const askPlaces = () => {
    placeTimer ||= window.setTimeout(() => {
      placeTimer = 0
      const d = drag.peek()
      const info = state.session.peek()
      if (d?.kind !== 'align' || !info || info.machines[d.machine]?.parent == null) return
      const choice = movedBy(info, d.machine, d.by)
      if (choice) placing.ask({ machine: d.machine, choice })
    }, PLACES_EVERY)
  }

  const place = (e: MouseEvent) => {
    const box = el.getBoundingClientRect()
    return { x: e.clientX - box.left, y: e.clientY - box.top }
  }
  const timeOf = (x: number) => timeAt(surface.scale, x)

  /** The boundary or event of the row under the pointer that lies within reach, else the place itself. */
  const caught = (x: number, row: Row | null, free: boolean): SessionTime => {
    const t = timeOf(x)
    const { held } = surface
    const index = row?.track && held ? held.rowOf.get(row.track.id) : undefined
    if (free || !held || index === undefined) return sessionTime(Math.round(t))
    const reach = lengthOf(surface.scale, SNAP_PIXELS)
    return snapInFrame(held.frame, index, t, reach) ?? sessionTime(Math.round(t))
  }

  const spotAt = (x: number, y: number, free: boolean): Spot => ({
    x,
    y,
    t: timeOf(x),
    caught: caught(x, rowAt(y), free),
  })

  const hoverAt = (x: number, y: number) => {
    const row = rowAt(y)
    const hit = hand ? null : hitAt(spotAt(x, y, true), surface)
    batch(() => {
      pointer.value = { x, y }
      pointed.value = hit
      state.hoverTime.value = timeOf(x)
      state.hoverRow.value = row?.id ?? null
    })
    if (row?.track && row.kind !== 'machine' && !hand && hit?.tip === undefined) {
      hovering.ask({ track: row.track.id, t: timeOf(x), tolerance: lengthOf(surface.scale, SNAP_PIXELS) })
    } else {
      hovering.cancel()
      state.hover.value = null
    }
  }

  const leave = () => {
    hovering.cancel()
    batch(() => {
      pointer.value = null
      pointed.value = null
      state.hoverTime.value = null
      state.hoverRow.value = null
      state.hover.value = null
    })
  }

  const letGo = () => {
    if (hand?.kind === 'overlay') hand.grip?.cancel?.()
    hand = null
    drag.value = null
    placing.cancel()
    alignPlaces.value = null
  }

  const click = async (x: number, y: number) => {
    const row = rowAt(y)
    if (!row) return
    batch(() => {
      state.rangeSelection.value = null
      state.activeRow.value = row.id
    })
    const engine = state.engine.peek()
    if (!row.track || row.kind === 'machine' || !engine) return
    const reach = lengthOf(surface.scale, CLICK_REACH)
    const { event } = await engine.hover(row.track.id, timeOf(x), reach, state.timelineView.peek())
    if (event) state.select(event.position, event.t, row.track.id, 'timeline')
    else state.choosePlace(row.track.id, sessionTime(Math.round(timeOf(x))))
  }

  el.addEventListener(
    'pointerdown',
    (e) => {
      if (e.button === 2 || hand) return
      const { x, y } = place(e)
      const row = rowAt(y)
      const info = state.session.peek()
      const movable = row !== null && info !== null && isMovable(info, row.machine)
      const spot = spotAt(x, y, e.altKey)
      const hit = e.button === 0 ? hitAt(spot, surface) : null
      if (e.button === 1) {
        e.preventDefault()
        state.markRange()
        hand = { kind: 'pan', x, y, from: state.range.peek().from, scroll: state.rowScroll.peek() }
        drag.value = { kind: 'pan' }
      } else if (hit?.grab || hit?.click) {
        hand = { kind: 'overlay', x, y, hit, grip: hit.grab?.(spot) ?? null }
      } else if (e.altKey && row && movable) {
        alignPlaces.value = null
        hand = { kind: 'align', x, row }
      } else hand = { kind: 'undecided', x, y, t: caught(x, row, e.altKey) }
      state.hover.value = null
      el.setPointerCapture(e.pointerId)
    },
    { signal },
  )

  el.addEventListener(
    'pointermove',
    (e) => {
      const { x, y } = place(e)
      if (hand?.kind === 'undecided' && Math.abs(x - hand.x) >= DRAG_MIN) hand = { ...hand, kind: 'select' }
      if (hand?.kind === 'select') {
        const t = caught(x, rowAt(y), e.altKey)
        const [from, to] = t < hand.t ? [t, hand.t] : [hand.t, t]
        drag.value = { kind: 'select', range: { from, to }, zooms: state.mousePreset.peek() === 'kernelshark' }
      } else if (hand?.kind === 'overlay') {
        hand.grip?.move(spotAt(x, y, e.altKey))
      } else if (hand?.kind === 'pan') {
        const length = state.range.peek().to - state.range.peek().from
        const from = hand.from - lengthOf(surface.scale, x - hand.x)
        const scroll = hand.scroll - (y - hand.y)
        batch(() => {
          state.setRange(from, from + length)
          state.setRowScroll(scroll)
        })
      } else if (hand?.kind === 'align') {
        const by = Math.round(lengthOf(surface.scale, x - hand.x))
        const version = state.session.peek()?.version ?? 0
        drag.value = { kind: 'align', machine: hand.row.machine, by, version, x, y }
        askPlaces()
      }
      hoverAt(x, y)
    },
    { signal },
  )

  el.addEventListener(
    'pointerup',
    (e) => {
      const { x, y } = place(e)
      const was = hand
      const d = drag.peek()
      if (was?.kind === 'align' && d?.kind === 'align') {
        // The rows stay where the hand left them until a frame with the new times has come (the surface lets go then).
        hand = null
        handle(
          moveMachine(d.machine, d.by).then(
            (moved) => moved || letGo(),
            (error: unknown) => {
              letGo()
              throw error
            },
          ),
        )
        return
      }
      if (was?.kind === 'overlay') {
        hand = null
        was.grip?.drop?.()
        if (Math.abs(x - was.x) < DRAG_MIN && Math.abs(y - was.y) < DRAG_MIN) was.hit.click?.()
      }
      letGo()
      if (was?.kind === 'undecided') handle(click(x, y))
      if (d?.kind !== 'select' || d.range.to <= d.range.from) return
      if (d.zooms) state.setRange(d.range.from, d.range.to, true)
      else state.rangeSelection.value = d.range
    },
    { signal },
  )
  el.addEventListener('pointercancel', letGo, { signal })
  el.addEventListener('pointerleave', () => hand ?? leave(), { signal })

  // A press that Escape takes back must not reach the commands behind it.
  el.addEventListener(
    'keydown',
    (e) => {
      if (e.key !== 'Escape' || !hand) return
      e.stopPropagation()
      letGo()
    },
    { signal },
  )

  el.addEventListener(
    'dblclick',
    (e) => {
      const { x, y } = place(e)
      state.setMarker(state.activeMarker.peek(), caught(x, rowAt(y), e.altKey))
    },
    { signal },
  )

  el.addEventListener(
    'contextmenu',
    (e) => {
      e.preventDefault()
      const { x, y } = place(e)
      const row = rowAt(y)
      const hover = state.hover.peek()
      const here = hover && hover.track === row?.track?.id ? hover : null
      const over = hitAt(spotAt(x, y, true), surface)?.menu ?? []
      leave()
      canvasMenu(e.clientX, e.clientY, here?.event?.t ?? timeOf(x), row, here, over)
    },
    { signal },
  )

  el.addEventListener(
    'wheel',
    (e) => {
      e.preventDefault()
      const { x } = place(e)
      const { scale } = surface
      const sideways = e.shiftKey ? e.deltaY || e.deltaX : e.deltaX
      const turned = (delta: number) => (e.deltaMode === 0 ? delta : delta * 33)
      if (e.ctrlKey || e.metaKey || sideways !== 0) {
        if (e.timeStamp - lastWheel > BURST) state.markRange()
        lastWheel = e.timeStamp
      }
      if (e.ctrlKey || e.metaKey) {
        const next = zoomAt(scale, timeOf(x), wheelFactor(e.deltaY, e.deltaMode))
        state.setRange(next.from, next.to)
      } else {
        const by = lengthOf(scale, turned(sideways))
        if (by !== 0) state.setRange(scale.from + by, scale.to + by)
        if (!e.shiftKey && e.deltaY !== 0) state.setRowScroll(state.rowScroll.peek() + turned(e.deltaY))
      }
    },
    { signal, passive: false },
  )

  // Keys and other screens move the data under a pointer that rests.
  const stop = effect(() => {
    void [state.range.value, state.rowScroll.value, state.rowLayout.value]
    const at = pointer.peek()
    if (at && !hand) untracked(() => hoverAt(at.x, at.y))
  })

  return () => {
    off.abort()
    stop()
    leave()
  }
}
