// Building filters out of choices. Pure.

import type { EventRow, FilterSpec } from '../../workers/thread/contract.js'

/** A spec without empty parts: two filters that mean the same look the same. */
export function tidyFilter(spec: FilterSpec): FilterSpec {
  const expression = spec.expression?.trim()
  return {
    ...(spec.events?.length ? { events: spec.events } : {}),
    ...(spec.notEvents?.length ? { notEvents: spec.notEvents } : {}),
    ...(spec.machines?.length ? { machines: spec.machines } : {}),
    ...(spec.tracks?.length ? { tracks: spec.tracks } : {}),
    ...(spec.pids?.length ? { pids: spec.pids } : {}),
    ...(expression ? { expression } : {}),
    ...(spec.from !== undefined ? { from: spec.from } : {}),
    ...(spec.to !== undefined ? { to: spec.to } : {}),
  }
}

export const isEmptyFilter = (spec: FilterSpec): boolean => Object.keys(tidyFilter(spec)).length === 0

export const eventName = (e: Pick<EventRow, 'system' | 'event'>): string => `${e.system}:${e.event}`

/** Without the events of this name. */
export function hideEvent(spec: FilterSpec, name: string): FilterSpec {
  const events = spec.events?.filter((e) => e !== name)
  const alreadyChosen = spec.events !== undefined && events?.length !== spec.events.length && events!.length > 0
  if (alreadyChosen) return tidyFilter({ ...spec, events })
  return tidyFilter({ ...spec, events, notEvents: [...new Set([...(spec.notEvents ?? []), name])] })
}

/** Nothing but the events of this name. */
export const onlyEvent = (spec: FilterSpec, name: string): FilterSpec =>
  tidyFilter({ ...spec, events: [name], notEvents: spec.notEvents?.filter((e) => e !== name) })

/** Nothing but these rows (CPU or task tracks). */
export const onlyTracks = (spec: FilterSpec, tracks: readonly string[]): FilterSpec =>
  tidyFilter({ ...spec, tracks, pids: undefined })

const few = (all: readonly string[], word: string) => (all.length <= 2 ? all.join(', ') : `${all.length} ${word}`)
const short = (name: string) => name.replace(/^[^:]*:(?!\*)/, '')

/** `sched_switch only`, `3 event types hidden`: the parts of a filter in words, each with what is left without it. */
export function describeFilter(
  spec: FilterSpec,
  names: { readonly machine: (m: number) => string; readonly track: (id: string) => string },
): readonly { readonly text: string; readonly without: FilterSpec }[] {
  const parts: { text: string; without: FilterSpec }[] = []
  const part = (text: string, key: keyof FilterSpec) =>
    parts.push({ text, without: tidyFilter({ ...spec, [key]: undefined }) })
  if (spec.events?.length) part(`only ${few(spec.events.map(short), 'event types')}`, 'events')
  if (spec.notEvents?.length) part(`without ${few(spec.notEvents.map(short), 'event types')}`, 'notEvents')
  if (spec.machines?.length) part(`only ${few(spec.machines.map(names.machine), 'machines')}`, 'machines')
  if (spec.tracks?.length) part(`only ${few(spec.tracks.map(names.track), 'rows')}`, 'tracks')
  if (spec.pids?.length) part(`only pid ${few(spec.pids.map(String), 'pids')}`, 'pids')
  if (spec.expression) part(spec.expression, 'expression')
  if (spec.from !== undefined || spec.to !== undefined) {
    parts.push({ text: 'only a time range', without: tidyFilter({ ...spec, from: undefined, to: undefined }) })
  }
  return parts
}
