// Keeps annotations on the rows of a machine where that machine's own clock has them, whatever its relation to the session's time.

import { effect } from '@preact/signals'
import type { EngineApi, OwnMoment, SessionInfo } from '../../workers/thread/contract.js'
import { machineIndex, sessionTime } from '../../workers/units.js'
import { handle } from '../state/messages.js'
import { engine, loading, session } from '../state/session-state.js'
import type { Annotation, Place } from './model.js'
import { annotations, settle } from './notes.js'

/** Machine and CPU of a row by its id; null for rows of the session's own time. */
export function clockOfRow(row: string): { readonly machine: number; readonly cpu: number | null } | null {
  const of = /^m(\d+)(?:\/(?:cpu(\d+))?|$)/.exec(row)
  // What a vCPU or a physical CPU did is told by the host.
  if (!of || /^m\d+\/(pcpu|vcpu\/)\d+$/.test(row)) return null
  return { machine: Number(of[1]), cpu: of[2] === undefined ? null : Number(of[2]) }
}

const momentOf = (p: Place, info: SessionInfo): OwnMoment | null => {
  const of = p.row === null ? null : clockOfRow(p.row)
  if (!of || !info.machines[of.machine]) return null
  const t = sessionTime(Number(BigInt(p.t) - BigInt(info.epoch)))
  return { machine: machineIndex(of.machine), cpu: of.cpu, t, raw: p.raw ?? null }
}

const placesOf = (a: Annotation): readonly Place[] => (a.to ? [a.from, a.to] : [a.from])

/**
 * The annotations with places of both clocks; those that need no change are the same objects.
 * @param known places that are right as they are
 */
export async function anchored(
  api: Pick<EngineApi, 'ownMoments'>,
  info: SessionInfo,
  all: readonly Annotation[],
  known: { readonly has: (place: Place) => boolean } = new Set(),
): Promise<readonly Annotation[]> {
  const due: { readonly place: Place; readonly moment: OwnMoment }[] = []
  for (const place of all.flatMap(placesOf)) {
    const moment = known.has(place) ? null : momentOf(place, info)
    if (moment) due.push({ place, moment })
  }
  if (due.length === 0) return all
  const found = await api.ownMoments(due.map((d) => d.moment))
  const settled = new Map<Place, Place>()
  found.forEach(({ t, raw }, i) => {
    const { place } = due[i]!
    const at = String(BigInt(info.epoch) + BigInt(Math.round(t)))
    if (at !== place.t || raw !== place.raw)
      settled.set(place, { ...place, t: place.raw === undefined ? place.t : at, raw })
  })
  return all.map((a) => {
    const from = settled.get(a.from) ?? a.from
    const to = a.to && (settled.get(a.to) ?? a.to)
    return from === a.from && to === a.to ? a : { ...a, from, to }
  })
}

/** Starts keeping them. */
export function startAnchors(): void {
  let version: number | null = null
  let known = new WeakSet<Place>()
  effect(() => {
    const all = annotations.value
    const info = session.value
    const api = engine.peek()
    // While it loads, the engine cannot say yet.
    if (!info || !api || all.length === 0 || loading.value) return
    if (version !== info.version) known = new WeakSet()
    version = info.version
    const settled = known
    const go = async () => {
      const next = await anchored(api, info, all, settled)
      for (const place of next.flatMap(placesOf)) settled.add(place)
      // Another session, or clocks chosen anew meanwhile: this effect has run again for them.
      if (session.peek() === info) settle(all, next)
    }
    handle(go())
  })
}
