// The two canvases of the timeline: rows and axis below, what follows the pointer above. Paints at most once a screen refresh and
// only what has changed.

import { effect, untracked } from '@preact/signals'
import type { MachineIndex } from '../../workers/units.js'
import { boundedMachines, timeBounds } from '../state/clock-cards.js'
import { isLayered, rowsBetween, type Row } from '../state/rows.js'
import * as state from '../state/session-state.js'
import { FrameSource, type FrameHeld } from './frames.js'
import { AXIS_HEIGHT } from './geometry.js'
import { overlays } from './overlays/list.js'
import type { OverlayView } from './overlays/overlay.js'
import { paintAxis } from './paint/axis.js'
import { paintLabels } from './paint/labels.js'
import { dimmedSpans, takesPart, type Highlight } from './paint/emphasis.js'
import { spanColours } from './paint/palette.js'
import { Raster } from './paint/raster.js'
import { paintRows } from './paint/rows.js'
import { machineColour, onThemeChange, paintTheme, type PaintTheme } from './paint/theme.js'
import type { BoundsOf } from './paint/uncertainty.js'
import type { Scale } from './scale.js'
import * as own from './signals.js'
import { axisOf } from './ticks.js'

declare global {
  interface Window {
    /** Cost of the last repaints of the rows, ms, newest last: for measuring. */
    __remoraFrames?: number[]
  }
}
/** How many costs are kept. */
const FRAMES_KEPT = 600

/** Rows above and below the screen that are fetched along, as a share of the screen. */
const OVERSCAN = 0.75

interface Coloured {
  readonly held: FrameHeld
  readonly theme: PaintTheme
  readonly highlight: Highlight | null
  readonly colours: Uint32Array
  readonly dimmed: Uint8Array | null
}

export class Surface {
  readonly #base: CanvasRenderingContext2D
  readonly #over: CanvasRenderingContext2D
  readonly #source: FrameSource
  readonly #widths = new Map<string, number>()
  readonly #stop: (() => void)[] = []
  #raster = new Raster(1, 1)
  #image: ImageData | null = null
  #coloured: Coloured | null = null
  #theme: PaintTheme
  #ratio = 1
  #width = 1
  #height = 1
  #refresh = 0
  #baseDirty = true

  constructor(
    private readonly host: HTMLElement,
    private readonly baseCanvas: HTMLCanvasElement,
    private readonly overCanvas: HTMLCanvasElement,
  ) {
    this.#base = baseCanvas.getContext('2d', { alpha: false })!
    this.#over = overCanvas.getContext('2d')!
    this.#theme = this.#readTheme()
    this.#source = new FrameSource(
      (query, signal) => {
        const engine = state.engine.peek()
        return engine ? engine.lod(query, signal) : Promise.reject(new Error('The engine has not started.'))
      },
      ({ frame }) => {
        own.timelineError.value = null
        const held = own.drag.peek()
        if (held?.kind === 'align' && held.version !== frame.version) own.drag.value = null
        this.#invalidate(true)
      },
      (error) => (own.timelineError.value = error instanceof Error ? error.message : String(error)),
    )
    const resized = new ResizeObserver(() => this.#resize())
    resized.observe(host)
    this.#stop.push(() => resized.disconnect(), this.#watchRatio())
    this.#resize()

    let files: unknown = null
    this.#stop.push(
      ...overlays.flatMap((o) => o.start?.() ?? []),
      ...overlays.map((o) =>
        effect(() => {
          o.watch()
          this.#invalidate(false)
        }),
      ),
      effect(() => {
        // Other files: what is on screen says nothing about them.
        const key = state.session.value?.files.map((f) => `${f.name} ${f.size} ${f.traceId}`).join('\n') ?? null
        if (key !== files) this.#source.drop()
        files = key
      }),
      onThemeChange(() => {
        this.#theme = this.#readTheme()
        this.#invalidate(true)
      }),
      effect(() => {
        void [state.range.value, state.rowLayout.value, state.rowScroll.value, state.session.value]
        void [state.timelineView.value, state.details.value, own.highlight.value, own.axisEpoch.value]
        void boundedMachines.value
        const d = own.drag.value
        void (d?.kind === 'align' && d.by)
        this.#invalidate(true)
      }),
    )
  }

  dispose(): void {
    for (const stop of this.#stop) stop()
    cancelAnimationFrame(this.#refresh)
    this.#source.drop()
  }

  get held(): FrameHeld | null {
    return this.#source.held
  }

  /** The view over the canvas' width in CSS pixels. */
  get scale(): Scale {
    return { ...state.range.peek(), width: this.#width }
  }

  /** Of the canvas, CSS pixels. */
  get height(): number {
    return this.#height
  }

  get scroll(): number {
    return state.rowScroll.peek()
  }

  #readTheme(): PaintTheme {
    const style = getComputedStyle(this.host)
    return paintTheme(state.paintTheme.peek() === 'dark', (name) => style.getPropertyValue(name).trim())
  }

  /** Moving the window to a screen of another density changes no size. */
  #watchRatio(): () => void {
    const listen = () => {
      const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`)
      const changed = () => {
        stop = listen()
        this.#resize()
      }
      query.addEventListener('change', changed, { once: true })
      return () => query.removeEventListener('change', changed)
    }
    let stop = listen()
    return () => stop()
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.host
    if (clientWidth === 0 || clientHeight === 0) return
    this.#ratio = devicePixelRatio
    this.#width = clientWidth
    this.#height = clientHeight
    for (const canvas of [this.baseCanvas, this.overCanvas]) {
      canvas.width = Math.round(clientWidth * this.#ratio)
      canvas.height = Math.round(clientHeight * this.#ratio)
    }
    const rows = Math.max(0, clientHeight - AXIS_HEIGHT)
    const height = Math.max(1, this.baseCanvas.height - Math.round(AXIS_HEIGHT * this.#ratio))
    this.#raster = new Raster(this.baseCanvas.width, height)
    this.#image = new ImageData(
      new Uint8ClampedArray(this.#raster.pixels.buffer),
      this.#raster.width,
      this.#raster.height,
    )
    own.canvasWidth.value = clientWidth
    state.rowViewport.value = rows
    this.#invalidate(true)
  }

  #invalidate(base: boolean): void {
    this.#baseDirty ||= base
    this.#refresh ||= requestAnimationFrame(() => {
      this.#refresh = 0
      const started = performance.now()
      if (this.#baseDirty) {
        this.#baseDirty = false
        this.#paintBase()
        const costs = (window.__remoraFrames ??= [])
        this.#paintOver()
        costs.push(performance.now() - started)
        if (costs.length > FRAMES_KEPT) costs.splice(0, costs.length - FRAMES_KEPT)
      } else this.#paintOver()
    })
  }

  /**
   * Width of a text in the row's font, which is set already; only its size tells fonts apart. Letters are measured once and
   * summed: names are fitted by trying one length after the other, and asking the canvas each time would be slow.
   */
  #measure = (text: string, fontSize: number): number => {
    let width = 0
    for (const letter of text) {
      const key = `${fontSize}${letter}`
      let own = this.#widths.get(key)
      if (own === undefined) this.#widths.set(key, (own = this.#base.measureText(letter).width))
      width += own
    }
    return width
  }

  /** Rows on screen, and the tracks to fetch. Headers have no track, or one that is drawn only while it is collapsed. */
  #ask(visible: readonly Row[]): void {
    const session = state.session.peek()
    if (!session) return
    const layout = state.rowLayout.peek()
    const scroll = state.rowScroll.peek()
    const tracksWithin = (share: number) => {
      const over = this.#height * share
      const [first, end] = rowsBetween(layout, scroll - over, scroll + this.#height + over)
      return tracksOf(layout.rows.slice(first, end))
    }
    // Where a chosen vCPU runs is drawn from the row of its thread, in sight or not.
    const thread = own.highlight.peek()?.vcpu?.threadTrack
    const threads = own.trackById.peek()
    // What a task did on that vCPU is drawn from its own row.
    const along = (ids: readonly string[]) =>
      thread ? [...new Set([...ids, thread, ...ids.flatMap((id) => threads.get(id)?.thread?.taskTrack ?? [])])] : ids
    this.#source.want({
      session,
      view: state.timelineView.peek(),
      visible: along(tracksOf(visible)),
      near: along(tracksWithin(OVERSCAN / 3)),
      around: along(tracksWithin(OVERSCAN)),
      scale: { ...state.range.peek(), width: this.baseCanvas.width },
    })
  }

  #paintBase(): void {
    const session = state.session.peek()
    const { scale } = this
    const theme = this.#theme
    const scroll = state.rowScroll.peek()
    const rows = this.#visibleRows()
    this.#ask(rows)

    const ctx = this.#base
    const axis = axisOf(scale, own.axisEpoch.peek(), session?.unit ?? 'ns')
    const held = this.#source.held
    const top = Math.round(AXIS_HEIGHT * this.#ratio)
    const { colours, dimmed } = held ? this.#colour(held) : { colours: new Uint32Array(0), dimmed: null }
    const highlight = own.highlight.peek()
    const drag = own.drag.peek()
    const align = drag?.kind === 'align' && drag.version === held?.frame.version ? drag : null
    // Fused rows show several machines: they follow when the hand has let go.
    const shift = (row: Row) => (align?.machine === row.machine && !(row.track && isLayered(row.track)) ? align.by : 0)
    paintRows(this.#raster, rows, scroll, {
      frame: held?.frame ?? null,
      rowOf: held?.rowOf ?? new Map<string, number>(),
      colours,
      dimmed,
      dims: (row) => highlight?.alone === true && row.track !== null && !takesPart(row.track, highlight),
      scale: { ...scale, width: this.#raster.width },
      shift,
      ratio: this.#ratio,
      theme,
      strongType: this.#strongType(),
      boundsOf: (row) => (align?.machine === row.machine ? null : boundsOf(row)),
      boundsOfMachine: (m) => (align?.machine === m ? null : boundsOfMachine(m)),
      machine: machineColours(),
      grid: axis.major.map((t) => t.t),
    })
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    if (this.#image) ctx.putImageData(this.#image, 0, top)
    ctx.setTransform(this.#ratio, 0, 0, this.#ratio, 0, top)
    if (held) {
      paintLabels(ctx, rows, scroll, {
        frame: held.frame,
        rowOf: held.rowOf,
        colours,
        dimmed,
        scale,
        shift,
        theme,
        names: own.taskNames.peek(),
        measure: this.#measure,
      })
    }
    ctx.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0)
    paintAxis(ctx, axis, scale, theme)
  }

  #visibleRows(): readonly Row[] {
    const scroll = state.rowScroll.peek()
    const layout = state.rowLayout.peek()
    const [first, end] = rowsBetween(layout, scroll, scroll + this.#height - AXIS_HEIGHT)
    return layout.rows.slice(first, end)
  }

  #strongType() {
    const details = state.details.peek()
    if (!details || state.selection.peek()?.position !== details.position) return null
    const types = state.session.peek()?.eventTypes ?? []
    return types.find((t) => t.system === details.system && t.name === details.event)?.type ?? null
  }

  #colour(held: FrameHeld): Coloured {
    const highlight = own.highlight.peek()
    const c = this.#coloured
    if (c && c.held === held && c.theme === this.#theme && c.highlight === highlight) return c
    const colours = spanColours(
      held.frame,
      own.trackById.peek(),
      own.taskNames.peek(),
      this.#theme,
      highlight,
      machineColours(),
    )
    const dimmed = dimmedSpans(held.frame, own.trackById.peek(), highlight)
    return (this.#coloured = { held, theme: this.#theme, highlight, colours, dimmed })
  }

  #paintOver(): void {
    const ctx = this.#over
    const session = state.session.peek()
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    ctx.clearRect(0, 0, this.overCanvas.width, this.overCanvas.height)
    if (!session) return
    ctx.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0)
    const view: OverlayView = {
      scale: this.scale,
      height: this.#height,
      theme: this.#theme,
      scroll: state.rowScroll.peek(),
      rows: this.#visibleRows(),
      boundsOf,
      session,
    }
    untracked(() => {
      for (const overlay of overlays) overlay.paint?.(ctx, view)
      for (const overlay of overlays) overlay.flags?.(ctx, view)
    })
  }
}

/** Colours of machines by their index. */
const machineColours = () => {
  const machines = state.session.peek()?.machines ?? []
  return (m: MachineIndex) => machineColour(machines, m)
}

/** Bounds of the true times of a guest's row. */
const boundsOf = (row: Row): BoundsOf | null =>
  row.track && isLayered(row.track) ? null : boundsOfMachine(row.machine)
const boundsOfMachine = (machine: MachineIndex): BoundsOf | null =>
  boundedMachines.peek().has(machine) ? (t) => untracked(() => timeBounds(machine, t)) : null

/** Tracks that the rows show; an expanded machine's header shows nothing. */
const tracksOf = (rows: readonly Row[]): string[] =>
  rows.flatMap((r) => (r.track && !(r.kind === 'machine' && r.expanded) ? [r.track.id] : []))
