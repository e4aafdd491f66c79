import { describe, expect, it } from 'vitest'
import { FusedState, type LodFrame } from '../../../workers/thread/contract.js'
import { machineIndex, sessionTime } from '../../../workers/units.js'
import { pack } from './colour.js'
import { sched } from './drawn-frame.js'
import { Raster } from './raster.js'
import { bandAt, paintFusedMargins, paintMargins } from './uncertainty.js'

const scale = { from: sessionTime(0), to: sessionTime(100), width: 100 }
const ink = { r: 255, g: 255, b: 255 }
const bounds = (lower: number, upper: number) => () => ({ lower, upper })
const ground = pack({ r: 0, g: 0, b: 0 })

/** One letter a column: `#` where a margin was laid, `2` where twice. */
function margins(frame: ReturnType<typeof sched>, of: Parameters<typeof paintMargins>[6], view = scale): string {
  const raster = new Raster(view.width, 1)
  raster.pixels.fill(ground)
  paintMargins(raster, frame, 0, view, [0, 1], ink, of)
  const once = Math.round(255 * 0.42)
  return Array.from(raster.pixels, (p) => ((p & 255) === 0 ? '.' : (p & 255) === once ? '#' : '2')).join('')
}

describe('bandAt', () => {
  it('reaches from the earliest to the latest true time', () => {
    expect(bandAt(scale, 50, { lower: -3, upper: 7 })).toEqual([47, 57])
  })
  it('shows nothing narrower than a pixel, or unknown', () => {
    expect(bandAt(scale, 50, { lower: -0.4, upper: 0.4 })).toBeNull()
    expect(bandAt(scale, 50, null)).toBeNull()
  })
})

describe('paintMargins', () => {
  it('lies below every edge, once', () => {
    expect(margins(sched('A B'), bounds(-2, 2)).slice(0, 30)).toBe('##......####......####........')
  })
  it('is one where margins meet', () => {
    expect(margins(sched('A B C'), bounds(-6, 6)).slice(0, 40)).toBe('#'.repeat(36) + '....')
  })
  it('leaves merged spans alone, whose edges are none', () => {
    expect(margins(sched('m m'), bounds(-2, 2))).toBe('.'.repeat(100))
  })
  it('reaches into the view from edges beside it', () => {
    const view = { from: sessionTime(12), to: sessionTime(22), width: 10 }
    expect(margins(sched('A B'), bounds(0, 5), view)).toBe('###.....##')
  })
})

describe('paintFusedMargins', () => {
  const guest = machineIndex(1)
  const { GuestTask, GuestIdle, VmmKernel, Preempted } = FusedState
  const frame: LodFrame = {
    ...sched('AAAAA'),
    state: Uint8Array.of(GuestTask, GuestIdle, GuestTask, VmmKernel, Preempted),
    value: new Int32Array(5),
    labels: [{ text: 'a-1', machine: guest, pid: 1, detail: null }],
  }
  const drawn = (view: typeof scale): string => {
    const raster = new Raster(view.width, 1)
    raster.pixels.fill(ground)
    paintFusedMargins(raster, frame, 0, view, [0, 1], ink, (m) => (m === guest ? bounds(-2, 2) : null))
    return Array.from(raster.pixels, (p) => ((p & 255) === 0 ? '.' : '#')).join('')
  }
  it('lies where the guest did one thing after another: what the host timed is exact', () => {
    expect(drawn(scale).slice(0, 50)).toBe('........####......####............................')
  })
  it('reaches into the view from an edge beside it', () => {
    expect(drawn({ from: sessionTime(11), to: sessionTime(16), width: 5 })).toBe('#....')
  })
})
