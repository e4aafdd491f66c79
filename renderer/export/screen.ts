// The picture of what is on screen, as the export dialog asks for it.

import type { Picture, PicturePanel } from '../../workers/thread/picture.js'
import type { ReportSection } from '../../workers/thread/report.js'
import { sessionTime } from '../../workers/units.js'
import { annotations, timeOf } from '../annotate/notes.js'
import { lit } from '../state/chain.js'
import { boundedMachines, timeBounds } from '../state/clock-cards.js'
import { version } from '../state/opening.js'
import { answeredQuery, runsReport } from '../state/runs.js'
import { rowsBetween, type Row } from '../state/rows.js'
import * as state from '../state/session-state.js'
import { untracked } from '@preact/signals'
import type { MachineIndex } from '../../workers/units.js'
import { AXIS_HEIGHT } from '../timeline/geometry.js'
import { overlays } from '../timeline/overlays/list.js'
import { annotationNumbers, paintAnnotations } from '../timeline/overlays/annotations.js'
import type { OverlayView } from '../timeline/overlays/overlay.js'
import { paintTheme } from '../timeline/paint/theme.js'
import { axisEpoch, highlight, taskNames } from '../timeline/signals.js'
import { rowName } from '../widgets/machine.js'
import { notesOf } from './notes.js'
import { chainSection, deltaSection, notesSection } from './panels.js'
import { makePicture } from './picture.js'
import type { Fonts } from './recorder.js'

/** What a command line can tell too, and what is at hand on the screen. */
export type ScreenPanel = PicturePanel | 'runs' | 'chain' | 'delta'
/** Rows of a panel's table at most. */
const TOP = 8

/** Whether there is anything of a panel to be drawn now. */
export function panelIsThere(panel: ScreenPanel): boolean {
  if (panel === 'runs') return runsReport.value !== null
  if (panel === 'chain') return lit.value !== null
  if (panel === 'delta') return state.markers.value.a !== null && state.markers.value.b !== null
  return panel !== 'notes' || annotations.value.length > 0
}

export interface ScreenPicture {
  readonly title: string
  /** What is in view, or the chosen range. */
  readonly time: 'view' | 'range'
  readonly rows: 'screen' | 'pinned' | 'all'
  readonly look: 'print' | 'screen'
  readonly legend: boolean
  readonly notes: boolean
  readonly annotations: boolean
  /** Below the timeline. */
  readonly panels: readonly ScreenPanel[]
  /** CSS pixels, captions included. */
  readonly width: number
  /** SHA-256 of each file; absent = not told. */
  readonly hashes?: readonly string[]
}

const CAPTIONS = 168
/** Rows beyond this make a picture that nobody looks at. */
export const MOST_ROWS = 400

let fonts: Promise<Fonts> | null = null
/** Widths of the letters that pictures are set in. Rejects with a sentence when the local server cannot be reached. */
export function pictureFonts(): Promise<Fonts> {
  return (fonts ??= fetch('/api/pictures/fonts')
    .then(async (answer) => {
      if (!answer.ok) throw new Error(`The local server answered ${answer.status} when asked for its fonts.`)
      return (await answer.json()) as Fonts
    })
    .catch((e: unknown) => {
      fonts = null
      throw e
    }))
}

/** Rows that the picture would show. */
export function picturedRows(which: ScreenPicture['rows']): readonly Row[] {
  const layout = state.rowLayout.peek()
  if (which === 'all') return layout.rows
  if (which === 'pinned') return layout.rows.filter((r) => r.pinned)
  const top = state.rowScroll.peek()
  const [first, end] = rowsBetween(layout, top, top + state.rowViewport.peek())
  return layout.rows.slice(first, end)
}

/** Rejects with a sentence, or with the engine's error. */
export async function screenPicture(p: ScreenPicture, signal?: AbortSignal): Promise<Picture> {
  const session = state.session.peek()
  const engine = state.engine.peek()
  if (!session || !engine) throw new Error('No session is open.')
  const shown = picturedRows(p.rows)
  if (shown.length === 0) throw new Error('There is no row to draw.')
  if (shown.length > MOST_ROWS) throw new Error(`${shown.length} rows are more than a picture holds; fold some away.`)
  const first = shown[0]!.y
  const rows = shown.map((r) => ({ ...r, y: r.y - first }))
  const height = rows.at(-1)!.y + rows.at(-1)!.height
  const time = (p.time === 'range' && state.rangeSelection.peek()) || state.range.peek()
  const width = Math.max(200, p.width - CAPTIONS - 32)
  const frame = await engine.lod(
    {
      tracks: rows.flatMap((r) => (r.track && !(r.kind === 'machine' && r.expanded) ? [r.track.id] : [])),
      from: sessionTime(time.from),
      to: sessionTime(time.to),
      pixels: width * 2,
      view: state.timelineView.peek(),
    },
    signal,
  )
  const scale = { ...time, width }
  const theme =
    p.look === 'print'
      ? paintTheme(false, () => '')
      : paintTheme(state.paintTheme.peek() === 'dark', (name) =>
          getComputedStyle(document.documentElement).getPropertyValue(name).trim(),
        )
  const boundsOf = (row: Row) =>
    !row.track?.fused && boundedMachines.peek().has(row.machine) ? bounds(row.machine) : null
  return makePicture({
    session,
    rows,
    frame,
    scale,
    captions: CAPTIONS,
    theme,
    fonts: await pictureFonts(),
    names: taskNames.peek(),
    highlight: highlight.peek(),
    axisEpoch: axisEpoch.peek(),
    boundsOf,
    boundsOfMachine: (m) => (boundedMachines.peek().has(m) ? bounds(m) : null),
    title: p.title,
    legend: p.legend,
    panels: await panelSections(p.panels, time),
    notes: p.notes ? notesOf(session, { hashes: p.hashes, version: version.peek() }) : [],
    over: (ctx) => {
      const view: OverlayView = { scale, height: AXIS_HEIGHT + height, theme, scroll: first, rows, boundsOf, session }
      untracked(() => {
        const kept = overlays.filter((o) => o.pictured)
        for (const overlay of kept) overlay.paint?.(ctx, view)
        const apart = annotationNumbers(view)
        if (p.annotations) paintAnnotations(ctx, 'highlights', view, null, { apart })
        for (const overlay of kept) overlay.flags?.(ctx, view)
        if (p.annotations) paintAnnotations(ctx, 'written', view, null, { apart })
      })
    },
  })
}

/** The panels that are there, of a range of time. */
async function panelSections(panels: readonly ScreenPanel[], time: state.TimeRange): Promise<ReportSection[]> {
  const session = state.session.peek()!
  const engine = state.engine.peek()!
  const { a, b } = state.markers.peek()
  const query = answeredQuery()
  const sections: ReportSection[] = []
  for (const panel of panels.filter(panelIsThere)) {
    if (panel === 'notes') sections.push(notesSection(annotations.peek(), session, timeOf, rowName))
    else if (panel === 'chain') sections.push(chainSection(lit.peek()!.chain, session))
    else if (panel === 'delta') {
      const between = { from: sessionTime(Math.min(a!, b!)), to: sessionTime(Math.max(a!, b!)) }
      sections.push(deltaSection(await engine.deltaByLayer(between), session, TOP))
    } else {
      const part = { parts: [panel], limit: TOP, ...time, ...(query ? { runs: query } : {}) }
      sections.push(...(await engine.reportSections(part)))
    }
  }
  return sections
}

const bounds = (machine: MachineIndex) => (t: number) => untracked(() => timeBounds(machine, t))

export type PictureFormat = 'svg' | 'png' | 'pdf'

/** The picture as a file. Rejects with the server's sentence. */
export async function pictureFile(
  picture: Picture,
  format: PictureFormat,
  scale: number,
  signal?: AbortSignal,
): Promise<Blob> {
  const answer = await fetch(`/api/pictures/${format}?scale=${scale}`, {
    method: 'POST',
    body: JSON.stringify(picture),
    ...(signal ? { signal } : {}),
  })
  if (answer.ok) return answer.blob()
  const said = (await answer.json().catch(() => null)) as { readonly error?: { readonly message?: string } } | null
  throw new Error(said?.error?.message ?? `The local server answered ${answer.status}.`)
}
