// The TIME_SHIFT option: clock samples of a guest's CPUs. Layout: u64 peer trace id, u32 flags, u32 CPUs, per CPU {u32 n, n times,
// n offsets, n scalings}, and in newer files per CPU {n fraction bits}; everything but counts is 64 bits wide. Some writers put
// the last CPU's count into every CPU's count field (and size every array of fractions by it); then the real counts are found
// again from the length of the option and from what the numbers must look like.

import type { TimeShift } from '../types.js'
import { Cursor, ShortRead } from './cursor.js'

type Shift = Omit<TimeShift, 'repaired'>

interface Layout {
  /** Samples of each CPU. */
  readonly counts: readonly number[]
  /** Fractions stored for each CPU; 0 = none. */
  readonly fractions: readonly number[]
}

export interface TimeShiftResult {
  readonly shift: TimeShift | null
  /** What is wrong with the option, null if nothing. */
  readonly problem: string | null
}

export function parseTimeShift(data: Uint8Array, bigEndian: boolean): TimeShiftResult {
  if (data.length < 16) return { shift: null, problem: 'is too short' }
  const cpus = new Cursor(data.subarray(12), bigEndian).u32()
  if (cpus * 4 > data.length - 16) return { shift: null, problem: `claims ${cpus} CPUs, more than it can hold` }
  const stated = asStated(data, bigEndian, cpus)
  if (stated) {
    const shift = take(data, bigEndian, stated)
    if (plausible(shift)) return { shift: { ...shift, repaired: false }, problem: null }
  }
  const found = search(data, bigEndian, cpus)
  if (found) {
    const problem = `states wrong numbers of samples; ${found.counts.join(', ')} were found instead`
    return { shift: { ...take(data, bigEndian, found), repaired: true }, problem }
  }
  if (stated) {
    const problem = 'holds samples whose times do not ascend'
    return { shift: { ...take(data, bigEndian, stated), repaired: false }, problem }
  }
  return { shift: null, problem: 'has lengths that do not add up, and no layout fits' }
}

/** The layout that the count fields state, if it fills the option exactly. */
function asStated(data: Uint8Array, bigEndian: boolean, cpus: number): Layout | null {
  const c = new Cursor(data, bigEndian)
  c.pos = 16
  const counts: number[] = []
  try {
    for (let i = 0; i < cpus; i++) {
      const n = c.u32()
      c.take(n * 24)
      counts.push(n)
    }
  } catch (e) {
    if (e instanceof ShortRead) return null
    throw e
  }
  if (c.left === 0) return { counts, fractions: counts.map(() => 0) }
  const all = counts.reduce((a, b) => a + b, 0)
  if (c.left === 8 * all) return { counts, fractions: counts }
  // Sized with the last CPU's count although the counts differ and are right.
  const last = counts.at(-1) ?? 0
  if (c.left === 8 * last * cpus) return { counts, fractions: counts.map(() => last) }
  return null
}

/** Tries other counts than the stated ones: every count field must still hold the last CPU's count, times must ascend. */
function search(data: Uint8Array, bigEndian: boolean, cpus: number): Layout | null {
  if (cpus === 0) return null
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const u64 = (at: number): bigint => view.getBigUint64(at, !bigEndian)
  const u32 = (at: number): number => view.getUint32(at, !bigEndian)
  const last = u32(16)
  if (last * 24 + 4 > data.length) return null
  for (const stored of [last, 0]) {
    const end = data.length - stored * 8 * cpus
    const failed = new Set<string>()
    const counts: number[] = []
    const from = (cpu: number, at: number): boolean => {
      if (at + 4 > end || u32(at) !== last || failed.has(`${cpu} ${at}`)) return false
      const most = Math.floor((end - at - 4) / 24)
      const tries = cpu === cpus - 1 ? [last] : nearest(last, most)
      for (const n of tries) {
        const next = at + 4 + n * 24
        if (n > most || (cpu === cpus - 1 && next !== end)) continue
        if (!samplesFit(u64, at + 4, n)) continue
        counts.push(n)
        if (cpu === cpus - 1 || from(cpu + 1, next)) return true
        counts.pop()
      }
      failed.add(`${cpu} ${at}`)
      return false
    }
    if (from(0, 16)) return { counts, fractions: counts.map(() => stored) }
  }
  return null
}

/** 0..most, those near `n` first. */
function nearest(n: number, most: number): number[] {
  return Array.from({ length: most + 1 }, (_, i) => i).sort((a, b) => Math.abs(a - n) - Math.abs(b - n))
}

/** Whether n samples at `at` have ascending times and one scaling for all. */
function samplesFit(u64: (at: number) => bigint, at: number, n: number): boolean {
  for (let i = 1; i < n; i++) if (u64(at + i * 8) <= u64(at + (i - 1) * 8)) return false
  const scaling = at + n * 16
  for (let i = 0; i < n; i++) if (u64(scaling + i * 8) === 0n || u64(scaling + i * 8) !== u64(scaling)) return false
  return true
}

function plausible(shift: Shift): boolean {
  return shift.cpus.every((c) => c.time.every((t, i) => i === 0 || t >= c.time[i - 1]!))
}

function take(data: Uint8Array, bigEndian: boolean, layout: Layout): Shift {
  const c = new Cursor(data, bigEndian)
  const peer = c.u64()
  const flags = c.u32()
  c.u32()
  const numbers = (n: number): bigint[] => Array.from({ length: n }, () => c.i64())
  const samples = layout.counts.map((n) => {
    c.u32()
    return { time: numbers(n), offset: numbers(n), scaling: numbers(n) }
  })
  const cpus = samples.map((s, i) => {
    const stored = numbers(layout.fractions[i]!)
    const n = s.time.length
    // Fewer fractions than samples: they are a property of the machine, so the last one holds for the rest.
    const fraction =
      stored.length === 0 ? [] : Array.from({ length: n }, (_, k) => stored[Math.min(k, stored.length - 1)]!)
    return { ...s, fraction }
  })
  return { peer, interpolate: (flags & 1) !== 0, cpus }
}
