// A list of any number of rows of one height, of which only those in sight exist as elements.

import { useSignal, type Signal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import {
  clampTop,
  elementHeight,
  fromScrollTop,
  topToShow,
  toScrollTop,
  visibleRows,
  type ListSize,
} from './virtual-scroll.js'

export interface VirtualList {
  /** The element that scrolls. */
  readonly box: RefObject<HTMLDivElement | null>
  /** Place in the list, pixels. */
  readonly top: Signal<number>
  /** Of the element, CSS pixels. */
  readonly width: number
  readonly viewport: number
  /** Rows [first, end) in sight. */
  readonly first: number
  readonly end: number
  /** Height of the element that stands for all rows. */
  readonly height: number
  readonly show: (row: number) => void
  readonly onScroll: (e: Event) => void
}

/** @param head height of what stands above the rows and does not scroll, CSS pixels */
export function useVirtualList(rows: number, rowHeight: number, head: number): VirtualList {
  const box = useRef<HTMLDivElement>(null)
  const top = useSignal(0)
  const size = useSignal({ width: 0, height: 0 })
  const list: ListSize = { rows, rowHeight, viewport: Math.max(0, size.value.height - head) }
  const now = useRef(list)
  now.current = list

  const scrollTo = (wish: number) => {
    const next = clampTop(wish, now.current)
    top.value = next
    if (box.current) box.current.scrollTop = toScrollTop(next, now.current)
  }
  useLayoutEffect(() => {
    const element = box.current!
    const observer = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight }
    })
    observer.observe(element)
    // The wheel moves by rows, not by the scrollbar's share, which would be thousands of rows a notch in a long list.
    const onWheel = (e: WheelEvent) => {
      if (e.ctrlKey || e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) return
      e.preventDefault()
      const unit = e.deltaMode === 1 ? rowHeight : e.deltaMode === 2 ? now.current.viewport : 1
      scrollTo(top.peek() + e.deltaY * unit)
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => {
      observer.disconnect()
      element.removeEventListener('wheel', onWheel)
    }
  }, [])
  useLayoutEffect(() => scrollTo(top.peek()), [rows, size.value.height])
  const [first, end] = visibleRows(top.value, list)
  return {
    box,
    top,
    width: size.value.width,
    viewport: list.viewport,
    first,
    end,
    height: elementHeight(list),
    show: (row) => scrollTo(topToShow(row, top.peek(), now.current)),
    onScroll: (e) => {
      const at = (e.currentTarget as HTMLElement).scrollTop
      // Our own setting of the scrollbar comes back as an event; only the user's moves the list.
      if (Math.abs(at - toScrollTop(top.peek(), now.current)) > 1) top.value = fromScrollTop(at, now.current)
    },
  }
}
