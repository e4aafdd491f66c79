// The same picture without a screen: what `remora render` loads. Whoever has an engine gets a Picture.

import { RunState, type EngineApi, type LodFrame, type SessionInfo } from '../../workers/thread/contract.js'
import type { Picture, PictureOptions } from '../../workers/thread/picture.js'
import type { ReportSection } from '../../workers/thread/report.js'
import { sessionTime } from '../../workers/units.js'
import { busiestThatFit, isLayered, layoutRows, type Row, type RowHeight } from '../state/rows.js'
import { TaskNames } from '../timeline/paint/palette.js'
import { paintTheme } from '../timeline/paint/theme.js'
import { anchored } from '../annotate/anchors.js'
import { noteChain } from '../annotate/chain-shape.js'
import { chainsOf } from '../annotate/chains.js'
import { drawAnnotations, numbersOf } from '../annotate/draw.js'
import { headersAbove } from '../annotate/fold.js'
import type { Annotation } from '../annotate/model.js'
import { fitView } from '../state/view-fit.js'
import { readBundle } from '../store/bundle.js'
import type { SessionContent } from '../store/session.js'
import { AXIS_HEIGHT } from '../timeline/geometry.js'
import { notesSection } from './panels.js'
import { makePicture } from './picture.js'
import { notesOf } from './notes.js'
import type { Fonts } from './recorder.js'

export { notesOf, readBundle }

/** Rows beyond this make a picture that nobody looks at. */
const MOST_ROWS = 400
const CAPTIONS = 168

/** How somebody left a session, or a view of it: what `renderPicture` draws it by. */
export interface Look {
  readonly from: number
  readonly to: number
  /** In sight, from above; absent = all that are unfolded. */
  readonly rows?: readonly string[]
  readonly pinned: readonly string[]
  readonly hidden: readonly string[]
  readonly toggled: readonly string[]
  readonly notes: readonly Annotation[]
  readonly name: string | null
  readonly caption: string
}

/** The saved views of a session, or with `now` how it was left. */
export function looksOf({ view, views }: SessionContent, session: SessionInfo, now: boolean): Look[] {
  const notes = view?.notes ?? []
  if (now) {
    if (!view) return []
    const { range, pinned, hidden, toggled } = fitView(view, session)
    return [{ ...range, pinned, hidden, toggled, notes, name: null, caption: '' }]
  }
  const at = (t: string): number => Number(BigInt(t) - BigInt(session.epoch))
  return views.map((v) => ({ ...v, from: at(v.from), to: at(v.to), notes }))
}

/** Rejects with the engine's errors, and with RangeError where nothing is left to draw. */
export async function renderPicture(
  engine: Pick<EngineApi, 'lod' | 'fusedTracks' | 'ownMoments' | 'wakeupChain' | 'reportSections'>,
  session: SessionInfo,
  fonts: Fonts,
  given: PictureOptions,
  look: Look | null = null,
): Promise<Picture> {
  const options: PictureOptions = look?.rows ? { ...given, rows: look.rows } : given
  const { from = look?.from ?? session.from, to = look?.to ?? session.to } = options
  const { width = 1200, dark = false, height = 22 } = options
  const notes = await anchored(engine, session, look?.notes ?? [])
  const known = await chainsOf(engine, notes)
  const rowsWidth = Math.max(200, width - CAPTIONS - 32)
  const fused = session.machines.some((m) => m.parent !== null)
    ? await engine.fusedTracks()
    : { tracks: [], threads: [] }
  const chains = new Map([...known].flatMap(([id, chain]) => (chain ? [[id, noteChain(chain, fused.tracks)]] : [])))
  const layout = layoutRows(
    session.tracks,
    {
      pinned: look?.pinned ?? [],
      hidden: new Set(look?.hidden),
      toggled: new Set(look?.toggled),
      order: 'events',
      // Rows that are named may be any.
      busiest: options.rows ? Infinity : (options.tasks ?? busiestThatFit(session.tracks, 30)),
      text: '',
      height: height as RowHeight,
    },
    fused,
  )
  let rows = chosen(layout.rows, options)
  const ask = (wanted: readonly Row[]): Promise<LodFrame> =>
    engine.lod({
      tracks: wanted.flatMap((r) => (r.track ? [r.track.id] : [])),
      from: sessionTime(from),
      to: sessionTime(to),
      pixels: rowsWidth * 2,
    })
  let frame = await ask(rows)
  const theme = paintTheme(dark, () => '')
  if (options.rows === undefined) rows = restacked(rows.filter((r) => r.kind !== 'task' || lives(frame, r)))
  if (rows.length === 0) throw new RangeError('No row is left to draw.')
  if (rows.length > MOST_ROWS) throw new RangeError(`${rows.length} rows are more than a picture holds; choose some.`)
  if (options.rows === undefined) frame = await ask(rows)
  const timeOf = (p: Annotation['from']): number => Number(BigInt(p.t) - BigInt(session.epoch))
  const rowName = (id: string): string => {
    const row = layout.rows.find((r) => r.id === id)
    return row ? `${session.machines[row.machine]?.name ?? ''} ${row.label}` : id
  }
  async function panelsOf(): Promise<ReportSection[]> {
    const sections: ReportSection[] = []
    for (const panel of options.panels ?? []) {
      if (panel === 'notes') sections.push(notesSection(notes, session, timeOf, rowName))
      else {
        const part = { parts: [panel], limit: options.top ?? 8, from: sessionTime(from), to: sessionTime(to) }
        sections.push(...(await engine.reportSections(part)))
      }
    }
    return sections
  }
  return makePicture({
    session,
    rows,
    frame,
    scale: { from: sessionTime(from), to: sessionTime(to), width: rowsWidth },
    captions: CAPTIONS,
    theme,
    fonts,
    names: new TaskNames(session.tracks),
    highlight: null,
    axisEpoch: session.epoch,
    boundsOf: () => null,
    boundsOfMachine: () => null,
    title: options.title ?? session.name,
    legend: options.legend ?? true,
    panels: await panelsOf(),
    notes: options.notes === false ? [] : notesOf(session, options),
    over: (ctx) => {
      const scale = { from: sessionTime(from), to: sessionTime(to), width: rowsWidth }
      const view = {
        scale,
        scroll: 0,
        height: AXIS_HEIGHT + rows.at(-1)!.y + rows.at(-1)!.height,
        rowOf: (id: string) =>
          [id, ...headersAbove(id)].map((i) => rows.find((r) => r.id === i)).find((r) => r) ?? null,
        timeOf,
        theme,
        unit: session.unit,
        chains,
      }
      const all = { ...view, apart: numbersOf(notes, view) }
      drawAnnotations(ctx, 'highlights', notes, all, null)
      drawAnnotations(ctx, 'written', notes, all, null)
    },
  })
}

/** The rows of a view, or those that were named, in that order. */
function chosen(rows: readonly Row[], { view = 'all', rows: ids }: PictureOptions): Row[] {
  if (ids) return restacked(ids.flatMap((id) => rows.filter((r) => r.id === id)))
  const isFused = (r: Row): boolean => r.id.startsWith('fused/') || (r.track !== null && isLayered(r.track))
  const cut = rows.filter((r) => view === 'all' || isFused(r) === (view === 'fused'))
  // Folded rows are no rows of a picture.
  return restacked(cut.filter((r) => r.kind !== 'quieter' && (r.kind === 'vcpu' || r.expanded !== false)))
}

function restacked(rows: readonly Row[]): Row[] {
  let y = 0
  return rows.map((row) => {
    const placed = { ...row, y }
    y += row.height
    return placed
  })
}

/** Whether a task has anything to show in the frame besides sleep. */
function lives(frame: LodFrame, row: Row): boolean {
  const index = row.track ? frame.tracks.indexOf(row.track.id) : -1
  if (index < 0) return false
  if (frame.tickStart[index + 1]! > frame.tickStart[index]!) return true
  for (let i = frame.spanStart[index]!; i < frame.spanStart[index + 1]!; i++) {
    const state = frame.state[i]
    if (state === RunState.Running || state === RunState.Runnable) return true
  }
  return false
}
