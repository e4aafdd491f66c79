// The sentence that says that not everything was loaded.

import type { StreamBuilder } from '../columns/builder.js'

const GIB = 2 ** 30
const MIB = 2 ** 20

/** @param ends first and last time as the files' heads tell; @param stoppedAt time at which loading stopped */
export function partialSentence(
  streams: readonly StreamBuilder[],
  ends: { readonly from: number; readonly to: number },
  stoppedAt: number,
  unit: 'ns' | 'ticks',
  budget: number,
): string {
  const count = streams.reduce((n, s) => n + s.columns.count, 0)
  const done = streams.reduce((n, s) => n + s.bytesDone, 0)
  const bytes = streams.reduce((n, s) => n + s.plan.bytes, 0)
  const part =
    unit === 'ns' && ends.to > ends.from
      ? `the first ${seconds(stoppedAt - ends.from)} s of about ${seconds(ends.to - ends.from)} s`
      : `about ${Math.floor((done / Math.max(1, bytes)) * 100)} % of the recording`
  return `Opened ${part}: the columns of ${events(count)} fill the ${memory(budget)} set aside for them. Raise the budget or record less.`
}

const seconds = (ns: number): string => (ns / 1e9).toFixed(ns < 1e9 ? 3 : 1)

function events(n: number): string {
  if (n >= 1e6) return `${Number((n / 1e6).toPrecision(3))} million events`
  return `${n.toLocaleString('en')} events`
}

const memory = (bytes: number): string =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Number((bytes / MIB).toPrecision(3))} MiB`
