// Steps from one clock to another, each exact to the last tick. A step is defined by bigint arithmetic (`at`); `apply` does a
// whole column in doubles and falls back to bigint where a double could round the other way, so both always agree.

/** A step of a clock relation: raw 64-bit clock values in, raw 64-bit clock values out. */
export interface Stage {
  /** Exact value for one timestamp. */
  at(raw: bigint): bigint
  /**
   * out[i] = at(inEpoch + ticks[i]) - outEpoch for i < n. `ticks` are whole numbers below 2^53; `out` may be `ticks`.
   */
  apply(ticks: Float64Array, n: number, out: Float64Array, inEpoch: bigint, outEpoch: bigint): void
}

/** Adds a constant. */
export function offsetStage(offset: bigint): Stage {
  return {
    at: (raw) => raw + offset,
    apply(ticks, n, out, inEpoch, outEpoch) {
      const shift = Number(inEpoch + offset - outEpoch)
      for (let i = 0; i < n; i++) out[i] = ticks[i]! + shift
    },
  }
}

/** Any step given by its exact formula alone: slow (a bigint call an event), for formulas that are not affine anywhere. */
export function formulaStage(at: (raw: bigint) => bigint): Stage {
  return {
    at,
    apply(ticks, n, out, inEpoch, outEpoch) {
      for (let i = 0; i < n; i++) out[i] = Number(at(inEpoch + BigInt(ticks[i]!)) - outEpoch)
    },
  }
}

const floorDiv = (a: bigint, b: bigint): bigint => {
  const q = a / b
  return a % b < 0n !== b < 0n && a % b !== 0n ? q - 1n : q
}

/** floor((raw + add) * num / den), num > 0, den > 0: TSC to ns (mult, 2^shift) and the inverse of KVM's TSC scaling (2^N, ratio). */
export function rationalStage(add: bigint, num: bigint, den: bigint): Stage {
  const at = (raw: bigint): bigint => floorDiv((raw + add) * num, den)
  const rate = Number(num) / Number(den)
  // Within 2^32 ticks of an anchor the product d*rate is off by less than 2^32 * rate * 2^-50; nearer to a whole number than
  // `guard` the floor is decided in bigints.
  const reach = 2 ** 32
  const guard = Math.max(2 ** -16, rate * 2 ** -16)
  return {
    at,
    apply(ticks, n, out, inEpoch, outEpoch) {
      let anchor = NaN
      let whole = 0
      let fraction = 0
      for (let i = 0; i < n; i++) {
        const tick = ticks[i]!
        let d = tick - anchor
        if (!(d >= 0 && d < reach)) {
          const v = (inEpoch + BigInt(tick) + add) * num
          const q = floorDiv(v, den)
          whole = Number(q - outEpoch)
          fraction = Number(v - q * den) / Number(den)
          anchor = tick
          d = 0
        }
        const x = fraction + d * rate
        const floor = Math.floor(x)
        const rest = x - floor
        out[i] =
          d !== 0 && (rest < guard || rest > 1 - guard) ? Number(at(inEpoch + BigInt(tick)) - outEpoch) : whole + floor
      }
    },
  }
}

/** One straight piece between two samples of an offset: o0 at t0, slope (o1-o0)/(t1-t0), rounded as trace-cmd rounds it. */
export interface OffsetPiece {
  readonly t0: bigint
  readonly o0: bigint
  readonly t1: bigint
  readonly o1: bigint
}

/** Offset of a piece at `raw`: o0 + trunc(((raw-t0)(o1-o0) + D/2) / D), D = t1-t0 (lib/trace-cmd/trace-input.c, without its 64-bit overflow). */
export function offsetAt(piece: OffsetPiece, raw: bigint): bigint {
  const delta = piece.t1 - piece.t0
  return piece.o0 + ((raw - piece.t0) * (piece.o1 - piece.o0) + delta / 2n) / delta
}

/** Raw values for which offsetAt() gives `offset`: [first, last]; null = all. */
function constantRange(piece: OffsetPiece, offset: bigint): readonly [bigint, bigint] | null {
  const delta = piece.t1 - piece.t0
  const slope = piece.o1 - piece.o0
  if (slope === 0n) return null
  const k = offset - piece.o0
  const half = delta / 2n
  // x*slope + half lies in [low, high] exactly when trunc(./delta) = k.
  const low = (k > 0n ? k * delta : (k - 1n) * delta + 1n) - half
  const high = (k < 0n ? k * delta : (k + 1n) * delta - 1n) - half
  const a = slope > 0n ? -floorDiv(-low, slope) : -floorDiv(-high, slope)
  const b = slope > 0n ? floorDiv(high, slope) : floorDiv(low, slope)
  return [piece.t0 + a, piece.t0 + b]
}

/** raw + the offset interpolated between samples; `pieceAt` chooses the piece and says from where to where it holds. */
export function interpolateStage(
  pieceAt: (raw: bigint) => { readonly piece: OffsetPiece; readonly from: bigint | null; readonly to: bigint | null },
): Stage {
  return {
    at: (raw) => raw + offsetAt(pieceAt(raw).piece, raw),
    apply(ticks, n, out, inEpoch, outEpoch) {
      let first = Infinity
      let last = -Infinity
      let shift = 0
      for (let i = 0; i < n; i++) {
        const tick = ticks[i]!
        if (!(tick >= first && tick <= last)) {
          const raw = inEpoch + BigInt(tick)
          const { piece, from, to } = pieceAt(raw)
          const offset = offsetAt(piece, raw)
          const range = constantRange(piece, offset)
          shift = Number(inEpoch + offset - outEpoch)
          first = Math.max(edge(range?.[0], inEpoch, -Infinity), edge(from, inEpoch, -Infinity))
          last = Math.min(edge(range?.[1], inEpoch, Infinity), edge(to, inEpoch, Infinity))
        }
        out[i] = tick + shift
      }
    },
  }
}

const edge = (raw: bigint | null | undefined, epoch: bigint, open: number): number =>
  raw === null || raw === undefined ? open : Number(raw - epoch)

/** The stages one after the other. */
export function chain(stages: readonly Stage[]): Stage {
  if (stages.length === 1) return stages[0]!
  const at = (raw: bigint): bigint => stages.reduce((v, s) => s.at(v), raw)
  return {
    at,
    apply(ticks, n, out, inEpoch, outEpoch) {
      if (stages.length === 0) {
        offsetStage(0n).apply(ticks, n, out, inEpoch, outEpoch)
        return
      }
      let from = inEpoch
      let column = ticks
      stages.forEach((stage, i) => {
        const to = i === stages.length - 1 ? outEpoch : stage.at(from)
        stage.apply(column, n, out, from, to)
        from = to
        column = out
      })
    },
  }
}
