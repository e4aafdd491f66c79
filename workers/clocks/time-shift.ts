// The relation that trace-cmd records in a guest's file (option TIME_SHIFT), applied by the correct formula or exactly as
// trace-cmd applies it. Sources: trace-cmd.dat.v7(5), lib/trace-cmd/trace-input.c, Documentation/virt/kvm (TSC scaling:
// guest = offset + (host * ratio >> N)).

import type { TimeShift } from '../readers/types.js'
import {
  chain,
  formulaStage,
  interpolateStage,
  offsetStage,
  rationalStage,
  type OffsetPiece,
  type Stage,
} from './stages.js'

/** One sample: at guest clock value `time`, host = guest + offset (scaling 1), or the KVM triple (-tsc_offset, ratio, N). */
export interface ShiftSample {
  readonly time: bigint
  readonly offset: bigint
  readonly scaling: bigint
  readonly fraction: bigint
}

/** Samples of one guest CPU in ascending time, equal times dropped (the first stays), as trace-cmd does. */
export function samplesOf(shift: TimeShift, cpu: number): ShiftSample[] {
  const c = shift.cpus[cpu]
  if (!c) return []
  const all = c.time.map((time, i) => ({
    time,
    offset: c.offset[i] ?? 0n,
    scaling: c.scaling[i] ?? 1n,
    fraction: c.fraction[i] ?? 0n,
  }))
  all.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  return all.filter((s, i) => i === 0 || s.time !== all[i - 1]!.time)
}

/** A drift beyond this between two samples is no clock: crystals stay within 100 ppm, virtual TSCs within 1000. */
const MAX_DRIFT_PPM = 1000n

/**
 * Drops samples whose offset cannot belong to the same clock as the median one (a PTP exchange that was preempted for
 * seconds). With fewer than three samples nothing can be told apart and all stay.
 */
export function withoutOutliers(samples: readonly ShiftSample[]): { kept: ShiftSample[]; dropped: ShiftSample[] } {
  if (samples.length < 3) return { kept: [...samples], dropped: [] }
  const byOffset = [...samples].sort((a, b) => (a.offset < b.offset ? -1 : a.offset > b.offset ? 1 : 0))
  const median = byOffset[byOffset.length >> 1]!
  const span = samples[samples.length - 1]!.time - samples[0]!.time
  const limit = (span * MAX_DRIFT_PPM) / 1_000_000n
  const fits = (s: ShiftSample): boolean => {
    const d = s.offset - median.offset
    return (d < 0n ? -d : d) <= limit
  }
  const kept = samples.filter(fits)
  return kept.length >= 1 ? { kept, dropped: samples.filter((s) => !fits(s)) } : { kept: [...samples], dropped: [] }
}

/** Correct inverse of KVM's scaling for one sample: host = ((guest + offset) << N) / ratio, offset = -tsc_offset. */
function scaledStage(s: ShiftSample): Stage {
  const plain = s.scaling === 1n && s.fraction === 0n
  return plain || s.scaling <= 0n ? offsetStage(s.offset) : rationalStage(s.offset, 1n << s.fraction, s.scaling)
}

/** Index of the last sample with time <= raw; -1 when raw lies before the first. */
function lastBefore(samples: readonly ShiftSample[], raw: bigint): number {
  let lo = 0
  let hi = samples.length
  while (lo < hi) {
    const mid = (lo + hi) >> 1
    if (samples[mid]!.time <= raw) lo = mid + 1
    else hi = mid
  }
  return lo - 1
}

function interpolated(samples: readonly ShiftSample[]): Stage {
  const pieces: OffsetPiece[] = samples
    .slice(1)
    .map((s, i) => ({ t0: samples[i]!.time, o0: samples[i]!.offset, t1: s.time, o1: s.offset }))
  const last = pieces.length - 1
  return interpolateStage((raw) => {
    const i = Math.max(0, Math.min(last, lastBefore(samples, raw)))
    const piece = pieces[i]!
    // A piece holds from its first sample up to the tick before the next one; the outer two reach to both ends of time.
    return { piece, from: i === 0 ? null : piece.t0, to: i === last ? null : piece.t1 - 1n }
  })
}

/** The right relation: 128-bit arithmetic, every sample's scaling, the latest sample at or before a timestamp where there is no interpolation. */
export function recordedStage(samples: readonly ShiftSample[], interpolate: boolean): Stage {
  if (samples.length === 0) return chain([])
  const first = samples[0]!
  if (samples.length === 1) return scaledStage(first)
  if (interpolate && samples.every((s) => s.scaling === 1n && s.fraction === 0n)) return interpolated(samples)
  const stages = samples.map(scaledStage)
  if (stages.every((_, i) => samples[i]!.offset === first.offset && samples[i]!.scaling === first.scaling))
    return stages[0]!
  return formulaStage((raw) => stages[Math.max(0, lastBefore(samples, raw))]!.at(raw))
}

const u64 = (v: bigint): bigint => BigInt.asUintN(64, v)
const s64 = (v: bigint): bigint => BigInt.asIntN(64, v)

/**
 * What trace-cmd does with one timestamp, 64-bit overflow, truncation and all: a single sample's scaling is ignored, beyond the
 * last of three or more samples the last but one counts, guest*ratio wraps.
 */
export function compatAt(samples: readonly ShiftSample[], interpolate: boolean, raw: bigint): bigint {
  const n = samples.length
  if (n === 0) return raw
  if (n === 1) return u64(raw + samples[0]!.offset)
  let i: number
  if (n === 2 || raw <= samples[0]!.time) i = 0
  else if (raw >= samples[n - 1]!.time) i = n - 2
  else i = lastBefore(samples, raw)
  const a = samples[i]!
  const b = samples[i + 1]!
  let correction = a.offset
  if (interpolate) {
    const delta = s64(b.time - a.time)
    correction = s64(a.offset + s64(s64((raw - a.time) * (b.offset - a.offset)) + delta / 2n) / delta)
  }
  return u64((u64(raw * a.scaling) >> a.fraction) + correction)
}

/** The relation as trace-cmd applies it. Fast where nothing overflows within `reach` of the samples, exact everywhere. */
export function compatStage(
  samples: readonly ShiftSample[],
  interpolate: boolean,
  span: readonly [bigint, bigint],
): Stage {
  const n = samples.length
  if (n === 0) return chain([])
  if (n === 1) return offsetStage(samples[0]!.offset)
  const plain = samples.every((s) => s.scaling === 1n && s.fraction === 0n)
  if (plain && interpolate && !overflows(samples, span)) return interpolated(samples)
  return formulaStage((raw) => compatAt(samples, interpolate, raw))
}

const abs = (v: bigint): bigint => (v < 0n ? -v : v)

function overflows(samples: readonly ShiftSample[], span: readonly [bigint, bigint]): boolean {
  for (let i = 1; i < samples.length; i++) {
    const a = samples[i - 1]!
    const b = samples[i]!
    const reach = [span[0], span[1], b.time].map((t) => abs(t - a.time)).reduce((m, v) => (v > m ? v : m), 0n)
    if (reach * abs(b.offset - a.offset) >= 1n << 62n) return true
  }
  return false
}
