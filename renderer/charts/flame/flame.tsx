// A tree of stacks as a flame graph (callers below) or an icicle (callers above). A click zooms, the pointer reads off.

import { useSignal } from '@preact/signals'
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { StackTree } from '../../../workers/thread/contract.js'
import { paintTheme } from '../../state/session-state.js'
import { css, mix, parseColour, taskColour, textOn, type Rgb } from '../../timeline/paint/colour.js'
import { layoutBoxes, weightsOf, type Box, type Weight } from './layout.js'

const ROW = 18
/** A box narrower than this is not drawn, CSS pixels. */
const NARROW = 0.7
const LABELLED = 30

interface FlameProps {
  readonly tree: StackTree
  readonly weight: Weight
  readonly shape: 'flame' | 'icicle'
  readonly zoomed: number
  /** 1 for each name that the search found. */
  readonly found: Uint8Array
  readonly searching: boolean
  readonly zoom: (node: number) => void
  /** What is under the pointer; null = nothing. */
  readonly point: (node: number | null) => void
}

export function Flame({ tree, weight, shape, zoomed, found, searching, zoom, point }: FlameProps) {
  const width = useSignal(600)
  const at = useSignal<number | null>(null)
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const element = box.current!
    const observer = new ResizeObserver(() => (width.value = Math.max(100, element.clientWidth)))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const boxes = useMemo(
    () => layoutBoxes(tree, weight, zoomed, NARROW / width.value),
    [tree, weight, zoomed, width.value],
  )
  const depth = boxes.reduce((d, b) => Math.max(d, b.depth), 0) + 1
  const height = depth * ROW
  const yOf = (b: Box) => (shape === 'icicle' ? b.depth : depth - 1 - b.depth) * ROW
  const dark = paintTheme.value === 'dark'

  useLayoutEffect(() => {
    const ctx = canvas.current?.getContext('2d')
    if (!ctx) return
    const style = getComputedStyle(canvas.current!)
    const colour = (name: string, otherwise: string): Rgb =>
      parseColour(style.getPropertyValue(name).trim()) ?? parseColour(otherwise)!
    const ground = colour('--canvas', '#14171c')
    const match = colour('--caution', '#f0b95a')
    const ratio = devicePixelRatio
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    ctx.clearRect(0, 0, width.value, height)
    ctx.font = `11px ${style.getPropertyValue('--font-mono')}`
    ctx.textBaseline = 'middle'
    for (const b of boxes) {
      const name = tree.names[tree.name[b.node]!]!
      const x = b.x0 * width.value
      const w = (b.x1 - b.x0) * width.value
      const hit = found[tree.name[b.node]!] === 1
      const own = b.node === 0 ? mix(ground, textOn(ground), 0.25) : taskColour(name, dark, 'muted', ground)
      const fill = hit ? match : searching ? mix(ground, own, 0.35) : own
      ctx.fillStyle = css(b.node === at.value ? mix(fill, textOn(ground), 0.25) : fill)
      ctx.fillRect(x, yOf(b) + 0.5, Math.max(0.5, w - 1), ROW - 1)
      if (w < LABELLED) continue
      ctx.fillStyle = css(textOn(fill))
      ctx.save()
      ctx.beginPath()
      ctx.rect(x, yOf(b), w - 4, ROW)
      ctx.clip()
      ctx.fillText(b.node === 0 ? 'all' : name, Math.max(x, 0) + 4, yOf(b) + ROW / 2 + 0.5)
      ctx.restore()
    }
  }, [boxes, height, width.value, dark, found, searching, shape, at.value])

  // The root is where one begins to read.
  useLayoutEffect(() => {
    const parent = box.current?.parentElement
    if (parent) parent.scrollTop = shape === 'flame' ? parent.scrollHeight : 0
  }, [shape, tree])

  const nodeAt = (e: MouseEvent): number | null => {
    const area = canvas.current!.getBoundingClientRect()
    const x = (e.clientX - area.left) / width.value
    const row = Math.floor((e.clientY - area.top) / ROW)
    const d = shape === 'icicle' ? row : depth - 1 - row
    return boxes.find((b) => b.depth === d && x >= b.x0 && x < b.x1)?.node ?? null
  }
  const look = (node: number | null) => {
    if (node === at.peek()) return
    at.value = node
    point(node)
  }
  const onKeyDown = (e: KeyboardEvent) => {
    if (e.ctrlKey || e.altKey || e.metaKey) return
    const node = at.peek() ?? zoomed
    const here = boxes.find((b) => b.node === node)
    if (!here) return
    const row = boxes.filter((b) => b.depth === here.depth)
    const inward = boxes.find((b) => tree.parent[b.node] === node)?.node
    const outward = tree.parent[node]! >= 0 ? tree.parent[node] : undefined
    const up = shape === 'icicle' ? outward : inward
    const down = shape === 'icicle' ? inward : outward
    if (e.key === 'ArrowRight') look(row[row.indexOf(here) + 1]?.node ?? node)
    else if (e.key === 'ArrowLeft') look(row[row.indexOf(here) - 1]?.node ?? node)
    else if (e.key === 'ArrowUp') look(up ?? node)
    else if (e.key === 'ArrowDown') look(down ?? node)
    else if (e.key === 'Enter') zoom(node)
    else if (e.key === 'Escape' && zoomed !== 0) zoom(0)
    else return
    e.preventDefault()
    e.stopPropagation()
  }
  const ratio = typeof devicePixelRatio === 'number' ? devicePixelRatio : 1
  return (
    <div ref={box} class="flame" tabIndex={0} role="application" aria-label="Tree of stacks" onKeyDown={onKeyDown}>
      <canvas
        ref={canvas}
        width={Math.round(width.value * ratio)}
        height={Math.round(height * ratio)}
        style={{ width: `${width.value}px`, height: `${height}px` }}
        onPointerMove={(e) => look(nodeAt(e))}
        onPointerLeave={() => look(null)}
        onClick={(e) => {
          const node = nodeAt(e)
          if (node !== null) zoom(node === zoomed ? Math.max(0, tree.parent[node]!) : node)
        }}
      />
    </div>
  )
}

export const weightOf = (tree: StackTree, weight: Weight, node: number): number => weightsOf(tree, weight)[node]!
