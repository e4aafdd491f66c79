// What a person writes upon a trace. Anchored to values of the trace clock and ids of rows: it stays where it belongs when the view
// moves, rows are reordered or a clock is chosen anew, and when the files are opened again.

import * as v from 'valibot'

export const annotationKinds = ['note', 'arrow', 'box', 'range', 'highlight', 'callout'] as const
export type AnnotationKind = (typeof annotationKinds)[number]

/** Safe for colour-blind eyes (Okabe and Ito); the theme says what they look like. */
export const inks = ['blue', 'orange', 'green', 'red', 'purple', 'grey'] as const
export type Ink = (typeof inks)[number]

const whole = v.pipe(v.string(), v.regex(/^-?\d{1,20}$/, 'a whole number'))
const words = v.pipe(v.string(), v.maxLength(200))
const index = v.pipe(v.number(), v.integer(), v.minValue(0))
const place = v.object({
  /** Value of the session's trace clock, decimal. */
  t: whole,
  /** Row id; null = the time alone (the axis). */
  row: v.nullable(v.pipe(v.string(), v.maxLength(200))),
  /** The same moment on the clock of the row's machine, decimal: `t` follows from it when that clock is chosen anew. */
  raw: v.optional(whole),
})
export type Place = v.InferOutput<typeof place>

/** What an annotation hangs on besides a time and a row; `of` names it for people. */
const hook = v.variant('kind', [
  /** A chain of wake-ups by the correlation id of one of them, the same in every session: 16 hex digits. */
  v.object({ kind: v.literal('chain'), id: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, '16 hex digits')), of: words }),
  /** The event at `from`: `system:name` on a CPU of a machine. */
  v.object({ kind: v.literal('event'), event: words, machine: index, cpu: index, of: words }),
  /** What the row showed from `from` to `to`. */
  v.object({ kind: v.literal('interval'), of: words }),
])
export type Hook = v.InferOutput<typeof hook>

export const annotation = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  kind: v.picklist(annotationKinds),
  text: v.pipe(v.string(), v.maxLength(4000)),
  ink: v.picklist(inks),
  from: place,
  /** The other end of arrows, boxes, ranges, and of highlights that do not span the whole row. */
  to: v.nullable(place),
  /** Where a note's text stands against its anchor, CSS pixels. */
  dx: v.pipe(v.number(), v.finite()),
  dy: v.pipe(v.number(), v.finite()),
  /** Callouts are numbered in their order. */
  number: v.nullable(v.pipe(v.number(), v.integer())),
  /** Absent: nothing but the time and the row. A highlight of a chain marks the chain wherever it passes. */
  on: v.optional(hook),
})
export type Annotation = v.InferOutput<typeof annotation>

/** What an annotation hangs on, in few words; null = a time, or a row. */
export function hookWords({ on }: Annotation): string | null {
  if (!on) return null
  if (on.kind === 'chain') return `chain of ${on.of}, ${on.id}`
  return on.kind === 'event' ? `${on.event.replace(/^.*:/, '')} of ${on.of}` : `interval of ${on.of}`
}

const VERSION = 1
const file = v.object({
  remora: v.literal('annotations'),
  version: v.literal(VERSION),
  annotations: v.array(annotation),
})

export const annotationsJson = (annotations: readonly Annotation[]): string =>
  `${JSON.stringify({ remora: 'annotations', version: VERSION, annotations }, null, 2)}\n`

/** Throws an Error whose message says what is wrong with the text. */
export function readAnnotations(text: string): Annotation[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error('The file is no JSON.')
  }
  const stated = (value as { readonly version?: unknown } | null)?.version
  if (typeof stated === 'number' && stated > VERSION) {
    throw new Error(
      `The notes were written by a newer Remora (version ${stated} of their form); this one reads ${VERSION}.`,
    )
  }
  const read = v.safeParse(file, value)
  if (read.success) return read.output.annotations
  const [issue] = read.issues
  throw new Error(`The file holds no notes of Remora: ${v.getDotPath(issue) ?? 'its form'}: ${issue.message}.`)
}
