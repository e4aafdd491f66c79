// Which pages of a recording's CPUs are the latest, all from one moment on.

/** Pages of a CPU that lie in a file, from byte `from` up to `to`. */
export interface Extent {
  readonly cpu: number
  readonly path: string
  readonly from: number
  readonly to: number
}

export interface Latest {
  readonly extents: readonly Extent[]
  /** Value of the trace clock from which nothing is lacking; null = the pages are all there are. */
  readonly since: bigint | null
}

/** Places at which a CPU's pages are looked at. */
const LOOKS = 64

/**
 * The latest pages, about `limit` bytes of them, the CPUs beginning at the same time as nearly as 64 looks a CPU tell.
 * @param timeAt value of the trace clock at which the page at this byte begins; ascends within a file
 */
export async function latestPages(
  extents: readonly Extent[],
  pageSize: number,
  limit: number,
  timeAt: (extent: Extent, at: number) => Promise<bigint>,
): Promise<Latest> {
  const total = extents.reduce((n, e) => n + e.to - e.from, 0)
  const kept = total > limit ? await cut(extents, pageSize, limit, timeAt) : extents
  let since: bigint | null = null
  for (const e of kept) {
    if (e.from === 0 || e.to === e.from) continue
    const time = await timeAt(e, e.from)
    if (since === null || time > since) since = time
  }
  return { extents: kept, since }
}

async function cut(
  extents: readonly Extent[],
  pageSize: number,
  limit: number,
  timeAt: (extent: Extent, at: number) => Promise<bigint>,
): Promise<Extent[]> {
  const looks = await Promise.all(extents.map((e) => looksOf(e, pageSize, limit, timeAt)))
  const from = extents.map((e) => e.to)
  let sum = 0
  const latest = looks.flatMap((own, i) => own.map((look) => ({ ...look, i })))
  latest.sort((a, b) => (a.time === b.time ? b.at - a.at : a.time > b.time ? -1 : 1))
  for (const { i, at } of latest) {
    const more = from[i]! - at
    if (sum + more > limit) break
    from[i] = at
    sum += more
  }
  // The page before tells what each CPU was doing at that moment.
  return extents.map((e, i) => ({ ...e, from: looks[i]!.find((l) => l.at < from[i]!)?.at ?? from[i]! }))
}

/** Latest first. */
async function looksOf(
  e: Extent,
  pageSize: number,
  limit: number,
  timeAt: (extent: Extent, at: number) => Promise<bigint>,
): Promise<{ readonly at: number; readonly time: bigint }[]> {
  const pages = Math.ceil(Math.min(e.to - e.from, limit) / pageSize)
  const count = Math.min(LOOKS, pages)
  const looks = []
  for (let n = 1; n <= count; n++) {
    const at = e.to - pageSize * Math.ceil((pages * n) / count)
    looks.push({ at, time: await timeAt(e, at) })
  }
  return looks
}
