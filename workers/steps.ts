// Long work that pauses: done in one go, or a few milliseconds at a time, so that whoever waits for a frame gets it between.

import { Pacer } from './table/pause.js'

/** Work that yields wherever it may pause, and returns its result. */
export type Steps<T> = Generator<void, T>

export function atOnce<T>(steps: Steps<T>): T {
  let step = steps.next()
  while (!step.done) step = steps.next()
  return step.value
}

/** Rejects with what the work throws, or with the signal's reason. */
export async function inSlices<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  const pacer = new Pacer(signal)
  let step = steps.next()
  for (; !step.done; step = steps.next()) if (pacer.due()) await pacer.pause()
  return step.value
}
