// The form in which a session is stored, in the window's database and in bundles alike, and what is done with one that was stored
// by another version or came to harm.

import * as v from 'valibot'
import type { FilterSpec } from '../../workers/thread/contract.js'
import { annotation } from '../annotate/model.js'
import { step } from '../annotate/steps.js'
import { undoables } from '../state/undo.js'

/** Raised whenever what is stored changes its meaning. 1: before saved views and content keys. */
export const SCHEMA = 2

const number = v.pipe(v.number(), v.finite())
const time = v.nullable(number)
const ids = v.array(v.string())
/** Value of the session's trace clock, decimal. */
const clockValue = v.pipe(v.string(), v.regex(/^-?\d{1,20}$/, 'a whole number'))
const strings = v.optional(v.array(v.string()))
const filter = v.pipe(
  v.object({
    events: strings,
    notEvents: strings,
    machines: v.optional(v.array(number)),
    tracks: strings,
    pids: v.optional(v.array(number)),
    expression: v.optional(v.string()),
    from: v.optional(number),
    to: v.optional(number),
  }),
  v.transform((f) => f as FilterSpec),
)
const clock = v.object({
  method: v.picklist(['recorded', 'compat', 'events', 'none', 'from-start', 'user']),
  offset: v.optional(clockValue),
})

const list = <T extends v.GenericSchema>(of: T) => v.pipe(v.array(of), v.readonly())
const choices = list(v.object({ method: clock.entries.method, offset: clockValue }))
const order = list(v.picklist(undoables))
/** The way back from what was done, and forward again: bounded, latest last (clocks taken back: next first). */
const history = v.object({
  notes: v.object({ past: list(step), future: list(step) }),
  clocks: v.object({ past: list(choices), future: list(choices) }),
  order: v.object({ done: order, undone: order }),
})

const view = v.object({
  range: v.object({ from: number, to: number }),
  markers: v.object({ a: time, b: time }),
  pinned: ids,
  hidden: ids,
  toggled: ids,
  filter,
  /** Clock choices that differ from the engine's own, by machine index. */
  clocks: v.record(v.string(), clock),
  /** Position of the selected event. */
  selected: v.nullable(number),
  /** Absent: the session was stored before there were any. */
  notes: v.optional(v.array(annotation)),
  /** Trace-clock value that the session times here count from; absent = that of the session. */
  epoch: v.optional(clockValue),
  /** First row in view, CSS pixels. */
  scroll: v.optional(number),
  /** Chosen range. */
  chosen: v.optional(v.nullable(v.object({ from: number, to: number }))),
  /** Tab of the drawer, null = closed. */
  drawer: v.optional(v.nullable(v.string())),
  inspector: v.optional(v.boolean()),
  /** One that came to harm is forgotten, and nothing else with it. */
  history: v.fallback(v.optional(history), undefined),
})
/** How a session looks. Times are session times. */
export type SavedView = v.InferOutput<typeof view>

const namedView = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  /** Below its picture in a report. */
  caption: v.pipe(v.string(), v.maxLength(4000)),
  from: clockValue,
  to: clockValue,
  /** Rows that were in sight, from above. */
  rows: ids,
  pinned: ids,
  hidden: ids,
  toggled: ids,
  filter,
  scroll: number,
})
/** A view that was given a name, to come back to and for reports. */
export type NamedView = v.InferOutput<typeof namedView>

const content = v.object({ view: v.nullable(view), views: v.array(namedView) })
/** What a person did to a set of files. */
export type SessionContent = v.InferOutput<typeof content>

/** Something stored that cannot be used: `newer` tells whether a later version will. */
export class StoredProblem extends Error {
  constructor(
    message: string,
    readonly newer: boolean,
  ) {
    super(message)
  }
}

/** Brings content of an earlier schema to the present one. */
function raised(value: unknown, schema: number): unknown {
  if (schema >= 2 || typeof value !== 'object' || value === null) return value
  return { view: null, ...value, views: [] }
}

/** Throws StoredProblem, whose message says what is wrong in one clause. */
export function readContent(value: unknown, schema: unknown): SessionContent {
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema < 1) {
    throw new StoredProblem('it does not say of which version it is', false)
  }
  if (schema > SCHEMA) {
    throw new StoredProblem(`it was written by a newer Remora (schema ${schema}; this one reads ${SCHEMA})`, true)
  }
  const read = v.safeParse(content, raised(value, schema))
  if (read.success) return read.output
  const [issue] = read.issues
  throw new StoredProblem(`${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`, false)
}
