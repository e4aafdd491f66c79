// The annotations of the open session, what is being done to them, and the way back.

import { batch, computed, signal } from '@preact/signals'
import { sessionTime, type SessionTime } from '../../workers/units.js'
import { session } from '../state/session-state.js'
import { changed } from '../state/undo.js'
import type { Annotation, AnnotationKind, Ink, Place } from './model.js'
import { bounded, stepBetween, STEPS, taken, type Step } from './steps.js'

export const annotations = signal<readonly Annotation[]>([])
/** The one that is chosen: its handles are shown, keys act on it. */
export const chosen = signal<string | null>(null)
/** The one whose text is being written. */
export const editing = signal<string | null>(null)
/** What the next press on the canvas begins; null = nothing. */
export const tool = signal<AnnotationKind | null>(null)
export const ink = signal<Ink>('blue')

/** Latest last. */
const past = signal<readonly Step[]>([])
const future = signal<readonly Step[]>([])
export const canUndo = computed(() => past.value.length > 0)
export const canRedo = computed(() => future.value.length > 0)
/** The steps taken and taken back, to be kept with the session. */
export const noteSteps = computed(() => ({ past: bounded(past.value), future: bounded(future.value) }))

/** The one that was begun and whose first text is not written yet: that is part of the same step. */
let begun: string | null = null

function change(next: readonly Annotation[], before = annotations.peek()): void {
  begun = null
  batch(() => {
    past.value = [...past.peek(), stepBetween(before, next)].slice(-STEPS)
    future.value = []
    annotations.value = next
    changed('notes')
  })
}

function travel(from: typeof past, to: typeof past, direction: 1 | -1): void {
  const made = from.peek().at(-1)
  if (!made) return
  const done = taken(annotations.peek(), made, direction)
  batch(() => {
    from.value = from.peek().slice(0, -1)
    to.value = [...to.peek(), done.made]
    begun = null
    annotations.value = done.all
    editing.value = null
    if (!find(chosen.peek())) chosen.value = null
  })
}
export const undo = (): void => travel(past, future, -1)
export const redo = (): void => travel(future, past, 1)

/** Other notes, without a way back to those before: another session, and the steps that were taken in it. */
export function setAnnotations(
  all: readonly Annotation[],
  steps: { readonly past: readonly Step[]; readonly future: readonly Step[] } = { past: [], future: [] },
): void {
  begun = null
  batch(() => {
    annotations.value = all
    past.value = steps.past
    future.value = steps.future
    chosen.value = null
    editing.value = null
    tool.value = null
  })
}

export function add(a: Omit<Annotation, 'id' | 'ink' | 'number'>): string {
  const id = crypto.randomUUID()
  const numbers = annotations.peek().flatMap((o) => o.number ?? [])
  const number = a.kind === 'callout' ? Math.max(0, ...numbers) + 1 : null
  batch(() => {
    change([...annotations.peek(), { ...a, id, ink: ink.peek(), number }])
    begun = id
    chosen.value = id
  })
  return id
}

export const find = (id: string | null): Annotation | undefined => annotations.peek().find((a) => a.id === id)

/** Changes one; no step of its own when nothing differs. */
export function update(id: string, with_: Partial<Omit<Annotation, 'id' | 'kind'>>): void {
  const before = find(id)
  if (!before || Object.entries(with_).every(([k, value]) => before[k as keyof Annotation] === value)) return
  const next = annotations.peek().map((a) => (a.id === id ? { ...a, ...with_ } : a))
  if (begun === id) {
    // What a new one says at first belongs to the step that began it.
    const whole = next.find((a) => a.id === id)!
    const began = past.peek().at(-1)!
    batch(() => {
      past.value = [...past.peek().slice(0, -1), began.map((c) => (c.what === 'came' ? { ...c, whole } : c))]
      annotations.value = next
      begun = null
    })
  } else change(next)
}

/** Moves one while the hand holds it: one step from where it was when the hand let go. */
export function holding(id: string): { readonly move: (to: Partial<Annotation>) => void; readonly done: () => void } {
  const before = annotations.peek()
  return {
    move: (to) => (annotations.value = annotations.peek().map((a) => (a.id === id ? { ...a, ...to } : a))),
    done: () => annotations.peek() !== before && change(annotations.peek(), before),
  }
}

export function remove(id: string): void {
  batch(() => {
    if (find(id)) change(annotations.peek().filter((a) => a.id !== id))
    if (chosen.peek() === id) chosen.value = null
    if (editing.peek() === id) editing.value = null
  })
}

/** Takes over where places turned out to lie: no change of the user's, so no step. What changed meanwhile is left as it is now. */
export function settle(before: readonly Annotation[], after: readonly Annotation[]): void {
  const moved = new Map(before.flatMap((a, i) => (a === after[i] ? [] : [[a, after[i]!] as const])))
  if (moved.size > 0) annotations.value = annotations.peek().map((a) => moved.get(a) ?? a)
}

/** Adds notes from elsewhere; those that are here already (by id) are replaced. */
export function merge(others: readonly Annotation[]): void {
  const theirs = new Map(others.map((o) => [o.id, o]))
  const all = annotations.peek()
  const here = new Set(all.map((a) => a.id))
  if (theirs.size > 0)
    change([...all.map((a) => theirs.get(a.id) ?? a), ...[...theirs.values()].filter((o) => !here.has(o.id))])
}

// ---- places --------------------------------------------------------------------------------------------------------------

/** Session time of a place. */
export function timeOf(p: Place): SessionTime {
  const epoch = session.peek()?.epoch ?? '0'
  const known = times.get(p)
  if (known?.epoch === epoch) return known.t
  const t = sessionTime(Number(BigInt(p.t) - BigInt(epoch)))
  times.set(p, { epoch, t })
  return t
}
/** Asked for with every frame. */
const times = new WeakMap<Place, { readonly epoch: string; readonly t: SessionTime }>()
/** The place of a session time. */
export const placeOf = (t: number, row: string | null): Place => ({
  t: String(BigInt(session.peek()?.epoch ?? '0') + BigInt(Math.round(t))),
  row,
})
