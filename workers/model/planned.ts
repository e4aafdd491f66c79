// The times of a session as the files' heads tell them.

import type { TickRange, TraceFile } from '../readers/types.js'
import type { TimeRange } from '../thread/contract.js'
import type { Layout } from './assemble.js'
import { ticksWithin } from './window.js'

/** Where the session will begin and end, as far as the files' heads tell. */
export function plannedEnds(files: readonly TraceFile[], layout: Layout): { from: number; to: number } {
  let from = Infinity
  let to = -Infinity
  for (const plan of layout.plans) {
    const file = files[plan.file]!
    const span = file.span(plan.inFile)
    if (!span) continue
    const t = Float64Array.of(Number(span.first - file.meta.epoch), Number(span.last - file.meta.epoch))
    plan.clock.apply(t, 2, t)
    from = Math.min(from, t[0]!)
    to = Math.max(to, t[1]!)
  }
  return from <= to ? { from, to } : { from: 0, to: 0 }
}

/** The part of these times that a window leaves. */
export function clippedEnds(
  ends: { readonly from: number; readonly to: number },
  window: TimeRange | undefined,
): typeof ends {
  if (!window) return ends
  const from = Math.max(ends.from, window.from)
  return { from, to: Math.max(from, Math.min(ends.to, window.to)) }
}

/** The ticks of a file's streams that may hold events of the window. */
export function streamsWithin(file: TraceFile, f: number, layout: Layout, window: TimeRange): TickRange[] {
  const nothing = { from: Infinity, to: -Infinity }
  return file.meta.streams.map((_, inFile) => {
    const plan = layout.plans.find((p) => p.file === f && p.inFile === inFile)
    const span = file.span(inFile)
    if (!plan || !span) return nothing
    const ticks = { from: Number(span.first - file.meta.epoch), to: Number(span.last - file.meta.epoch) }
    return ticksWithin(plan.clock, ticks, window)
  })
}
