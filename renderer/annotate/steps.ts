// What a step did to the annotations, small enough to be stored with the session: the way back from it, and forward again. Pure.

import * as v from 'valibot'
import { annotation, type Annotation } from './model.js'

const change = v.variant('what', [
  /** It came (or, `gone`, went), at this place of the list. */
  v.object({ what: v.literal('came'), at: v.pipe(v.number(), v.integer(), v.minValue(0)), whole: annotation }),
  v.object({ what: v.literal('gone'), at: v.pipe(v.number(), v.integer(), v.minValue(0)), whole: annotation }),
  /** Fields that differ; a field that is absent in one of them was absent then. */
  v.object({ what: v.literal('other'), id: v.string(), before: v.partial(annotation), after: v.partial(annotation) }),
])
type Change = v.InferOutput<typeof change>

export const step = v.pipe(v.array(change), v.readonly())
export type Step = v.InferOutput<typeof step>

/** What leads from `before` to `after`; those that both have stand in the same order in both. */
export function stepBetween(before: readonly Annotation[], after: readonly Annotation[]): Step {
  const was = new Map(before.map((a) => [a.id, a]))
  const is = new Set(after.map((a) => a.id))
  return [
    ...before.flatMap((whole, at) => (is.has(whole.id) ? [] : [{ what: 'gone' as const, at, whole }])),
    ...after.flatMap((a, at): Change[] => {
      const old = was.get(a.id)
      if (!old) return [{ what: 'came', at, whole: a }]
      return old === a ? [] : [{ what: 'other', id: a.id, ...difference(old, a) }]
    }),
  ]
}

function difference(before: Annotation, after: Annotation) {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof Annotation)[]
  const differing = keys.filter((k) => before[k] !== after[k])
  const of = (a: Annotation): Partial<Annotation> => Object.fromEntries(differing.map((k) => [k, a[k]]))
  return { before: of(before), after: of(after) }
}

/**
 * The annotations after a step was taken back (-1) or made again (1), and the step as it is to be gone the other way: with what it
 * takes away as that was last. What it speaks of and is not there is passed over.
 */
export function taken(
  all: readonly Annotation[],
  made: Step,
  direction: 1 | -1,
): { readonly all: readonly Annotation[]; readonly made: Step } {
  const now = new Map(all.map((a) => [a.id, a]))
  const leaves = direction > 0 ? 'gone' : 'came'
  const gone = new Set<string>()
  const fields = new Map<string, Partial<Annotation>>()
  const back: Extract<Change, { readonly whole: Annotation }>[] = []
  const kept = made.map((c): Change => {
    if (c.what === 'other') {
      fields.set(c.id, direction > 0 ? c.after : c.before)
      const own = now.get(c.id)
      if (!own) return c
      const last: Partial<Annotation> = Object.fromEntries(
        Object.keys(direction > 0 ? c.before : c.after).map((k) => [k, own[k as keyof Annotation]]),
      )
      return direction > 0 ? { ...c, before: last } : { ...c, after: last }
    }
    if (c.what === leaves) gone.add(c.whole.id)
    else if (!now.has(c.whole.id)) back.push(c)
    return { ...c, whole: now.get(c.whole.id) ?? c.whole }
  })
  const out = all.filter((a) => !gone.has(a.id)).map((a) => (fields.has(a.id) ? { ...a, ...fields.get(a.id) } : a))
  for (const { at, whole } of back.toSorted((a, b) => a.at - b.at)) out.splice(at, 0, whole)
  return { all: out, made: kept }
}

/** Characters of stored steps, roughly, and steps at most. */
const MOST = 400_000
export const STEPS = 200

const sizeOf = (a: Partial<Annotation>): number => 300 + (a.text?.length ?? 0)

/** The latest of the steps that are worth keeping. */
export function bounded(steps: readonly Step[]): readonly Step[] {
  let size = 0
  let first = steps.length
  while (first > 0 && steps.length - first < STEPS) {
    for (const c of steps[first - 1]!) size += c.what === 'other' ? sizeOf(c.before) + sizeOf(c.after) : sizeOf(c.whole)
    if (size > MOST) break
    first--
  }
  return steps.slice(first)
}
