// The annotations of the open session, what is being done to them, and the way back.

import { batch, computed, signal } from '@preact/signals'
import { sessionTime, type SessionTime } from '../../workers/units.js'
import { session } from '../state/session-state.js'
import { changed } from '../state/undo.js'
import type { Annotation, AnnotationKind, Ink, Place } from './model.js'

export const annotations = signal<readonly Annotation[]>([])
/** The one that is chosen: its handles are shown, keys act on it. */
export const chosen = signal<string | null>(null)
/** The one whose text is being written. */
export const editing = signal<string | null>(null)
/** What the next press on the canvas begins; null = nothing. */
export const tool = signal<AnnotationKind | null>(null)
export const ink = signal<Ink>('blue')

/** Steps kept. */
const STEPS = 200
const past = signal<readonly (readonly Annotation[])[]>([])
const future = signal<readonly (readonly Annotation[])[]>([])
export const canUndo = computed(() => past.value.length > 0)
export const canRedo = computed(() => future.value.length > 0)

/** The one that was begun and whose first text is not written yet: that is part of the same step. */
let begun: string | null = null

function change(next: readonly Annotation[], before = annotations.peek()): void {
  begun = null
  batch(() => {
    past.value = [...past.peek(), before].slice(-STEPS)
    future.value = []
    annotations.value = next
    changed('notes')
  })
}

function travel(from: typeof past, to: typeof past): void {
  const then = from.peek().at(-1)
  if (!then) return
  batch(() => {
    from.value = from.peek().slice(0, -1)
    to.value = [...to.peek(), annotations.peek()]
    begun = null
    annotations.value = then
    editing.value = null
    if (!then.some((a) => a.id === chosen.peek())) chosen.value = null
  })
}
export const undo = (): void => travel(past, future)
export const redo = (): void => travel(future, past)

/** Other notes, without a way back to those before: another session. */
export function setAnnotations(all: readonly Annotation[]): void {
  batch(() => {
    annotations.value = all
    past.value = []
    future.value = []
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
  if (begun === id) annotations.value = next
  else change(next)
  begun = null
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
  const ids = new Set(others.map((o) => o.id))
  if (others.length > 0) change([...annotations.peek().filter((a) => !ids.has(a.id)), ...others])
}

// ---- places --------------------------------------------------------------------------------------------------------------

/** Session time of a place. */
export const timeOf = (p: Place): SessionTime => sessionTime(Number(BigInt(p.t) - BigInt(session.peek()?.epoch ?? '0')))
/** The place of a session time. */
export const placeOf = (t: number, row: string | null): Place => ({
  t: String(BigInt(session.peek()?.epoch ?? '0') + BigInt(Math.round(t))),
  row,
})
