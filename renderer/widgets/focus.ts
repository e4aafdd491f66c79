import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** A ref whose element gets the focus when it appears: `autofocus` works only for what is there when a dialog opens. */
export function useFocus<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null)
  useEffect(() => ref.current?.focus(), [])
  return ref
}
