// Which frame is on screen and which is asked for. A frame is wider and finer than the view, so that most pans and zooms need
// none; the old one stays until the sharper answer comes; one request is in flight, and of those that wait the latest wins.

import type { LodFrame, LodQuery, SessionInfo } from '../../workers/thread/contract.js'
import { bufferedWindow, type Scale } from './scale.js'

/** What the screen needs now. */
export interface FrameWish {
  /** Times and rows belong to this; another object means that the engine has more or other data. */
  readonly session: SessionInfo
  /** Engine view whose events make ticks. */
  readonly view: number
  /** Rows on screen, those that a little scrolling brings there, and those to fetch along with them. */
  readonly visible: readonly string[]
  readonly near: readonly string[]
  readonly around: readonly string[]
  /** Visible range over the canvas' width in device pixels. */
  readonly scale: Scale
}

/** A frame and what it was asked for. */
export interface FrameHeld {
  readonly frame: LodFrame
  readonly wish: FrameWish
  readonly window: Scale
  readonly rowOf: ReadonlyMap<string, number>
}

/** How a window relates to a wish: `good`, `edge` (good, but a pan or scroll would soon leave it), `stale` (something else is needed). */
export function fitOf(window: Scale, asked: FrameWish, wish: FrameWish): 'good' | 'edge' | 'stale' {
  if (asked.session !== wish.session || asked.view !== wish.view) return 'stale'
  const { from, to, width } = wish.scale
  const finest = (to - from) / width
  const grain = (window.to - window.from) / window.width
  // Coarser than the screen is too blurred; four times finer is work for nothing on each repaint.
  if (grain > finest * 1.001 || grain < finest / 4) return 'stale'
  if (from < window.from || to > window.to) return 'stale'
  const rows = new Set(asked.around)
  if (!wish.visible.every((id) => rows.has(id))) return 'stale'
  if (!wish.near.every((id) => rows.has(id))) return 'edge'
  const room = (to - from) * 0.15
  const { session } = wish
  const nearLeft = from - window.from < room && window.from > session.from
  const nearRight = window.to - to < room && window.to < session.to
  return nearLeft || nearRight ? 'edge' : 'good'
}

/** Whether an answer would still show something of `wish`. One from before more was loaded does, until the next one comes. */
function useful(window: Scale, wish: FrameWish): boolean {
  const { from, to } = wish.scale
  const zoom = (window.to - window.from) / (to - from)
  return from < window.to && to > window.from && zoom > 0.5 && zoom < 8
}

/** ms that a frame may spend on rows that nobody has seen yet. */
const PATIENCE = 60

export class FrameSource {
  #held: FrameHeld | null = null
  #flight: { readonly wish: FrameWish; readonly window: Scale; readonly abort: AbortController } | null = null
  #waiting: FrameWish | null = null
  /** The wish that failed: it is not asked again until something changes. */
  #failed: FrameWish | null = null

  constructor(
    private readonly ask: (query: LodQuery, signal: AbortSignal) => Promise<LodFrame>,
    private readonly onFrame: (held: FrameHeld) => void,
    private readonly onError: (error: unknown) => void,
  ) {}

  get held(): FrameHeld | null {
    return this.#held
  }

  /** Says what the screen needs; call it on every change, it asks only when needed. */
  want(wish: FrameWish): void {
    const held = this.#held
    const found = held ? fitOf(held.window, held.wish, wish) : 'stale'
    // Rows that were not made yet are asked for again.
    const fit = found === 'good' && held?.frame.missing ? 'edge' : found
    if (fit === 'good' || wish.visible.length === 0) {
      this.#waiting = null
      return
    }
    if (this.#failed && sameWish(this.#failed, wish)) return
    const flight = this.#flight
    if (!flight) return this.#send(wish)
    const coming = fitOf(flight.window, flight.wish, wish)
    this.#waiting = coming === 'stale' || (coming === 'edge' && fit === 'stale') ? wish : null
    if (!useful(flight.window, wish)) flight.abort.abort()
  }

  /** Forgets the frame: it shows other files. */
  drop(): void {
    this.#held = null
    this.#failed = null
    this.#waiting = null
    this.#flight?.abort.abort()
  }

  #send(wish: FrameWish): void {
    const window = bufferedWindow(wish.scale)
    const flight = { wish, window, abort: new AbortController() }
    this.#flight = flight
    this.#waiting = null
    const { from, to, width } = window
    // What can be drawn at once comes at once, and then further rows, some with each frame. When times have changed or more was
    // loaded, what is on screen is made anew before anything else: the frame there stays until it is, for no row may blink.
    const held = this.#held
    const kept = held && held.wish.session !== wish.session ? wish.around.filter((id) => held.rowOf.has(id)) : []
    const patience = held?.frame.missing ? PATIENCE : 0
    const rows = kept.length > 0 ? { tracks: kept } : { tracks: wish.around, patience }
    const later = wish.around.length - rows.tracks.length
    void this.ask({ from, to, pixels: width, view: wish.view, ...rows }, flight.abort.signal)
      .then(
        (answer) => {
          if (flight.abort.signal.aborted) return
          this.#failed = null
          const frame = later > 0 ? { ...answer, missing: (answer.missing ?? 0) + later } : answer
          this.#held = { frame, wish, window, rowOf: new Map(frame.tracks.map((id, i) => [id, i])) }
          this.onFrame(this.#held)
        },
        (error: unknown) => {
          // What was asked for may have become void (another filter, another clock) by what waits now.
          if (flight.abort.signal.aborted || this.#waiting) return
          this.#failed = wish
          this.onError(error)
        },
      )
      .finally(() => {
        if (this.#flight === flight) this.#flight = null
        const next = this.#waiting ?? (this.#held?.frame.missing && this.#failed === null ? wish : null)
        if (next && !this.#flight) this.want(next)
      })
  }
}

const sameWish = (a: FrameWish, b: FrameWish): boolean =>
  a.session === b.session &&
  a.view === b.view &&
  a.scale.from === b.scale.from &&
  a.scale.to === b.scale.to &&
  a.scale.width === b.scale.width &&
  a.visible.length === b.visible.length &&
  a.visible.every((id, i) => id === b.visible[i])
