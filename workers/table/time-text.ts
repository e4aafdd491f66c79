// Trace-clock times as text.

const NS = 1_000_000_000
/** 000 to 999: putting digits together is much faster than writing numbers. */
const THREE = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'))

/** Writes session times on the trace clock: exact, and without a bigint for each event. */
export class TimeWriter {
  readonly #high: number
  readonly #low: number
  #second = NaN
  #text = ''

  constructor(private readonly epoch: bigint) {
    // Floored, so that the low part is never negative.
    const low = ((epoch % BigInt(NS)) + BigInt(NS)) % BigInt(NS)
    this.#low = Number(low)
    this.#high = Number((epoch - low) / BigInt(NS))
  }

  /** Seconds with nine decimals of a time in ns, or with six, rounded to the nearest as trace-cmd rounds. */
  seconds(t: number, decimals: 9 | 6 = 9): string {
    const sum = this.#low + Math.round(t)
    if (sum < 0 || this.#high < 0 || !Number.isSafeInteger(sum)) return this.#exact(t, decimals)
    const unit = decimals === 9 ? NS : 1_000_000
    const low = decimals === 9 ? sum : Math.floor((sum + 500) / 1000)
    const whole = Math.floor(low / unit)
    // Most times share their second with the one before.
    if (whole !== this.#second) {
      this.#second = whole
      this.#text = `${this.#high + whole}.`
    }
    const rest = low - whole * unit
    const thousands = Math.floor(rest / 1000)
    const last = THREE[rest % 1000]!
    if (decimals === 6) return this.#text + THREE[thousands]! + last
    return this.#text + THREE[Math.floor(thousands / 1000)]! + THREE[thousands % 1000]! + last
  }

  /** The plain number of ticks. */
  ticks(t: number): string {
    const sum = this.#low + Math.round(t)
    if (sum < 0 || this.#high < 0 || !Number.isSafeInteger(sum)) return (this.epoch + BigInt(Math.round(t))).toString()
    const whole = this.#high + Math.floor(sum / NS)
    return whole === 0 ? String(sum) : `${whole}${String(sum % NS).padStart(9, '0')}`
  }

  #exact(t: number, decimals: 9 | 6): string {
    const time = this.epoch + BigInt(Math.round(t))
    const size = time < 0n ? -time : time
    const low = decimals === 9 ? size : (size + 500n) / 1000n
    const digits = low.toString().padStart(decimals + 1, '0')
    return `${time < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  }

  /** As the table shows it: seconds with nine decimals, or ticks where the clock has no known rate. */
  shown(t: number, unit: 'ns' | 'ticks'): string {
    return unit === 'ns' ? this.seconds(t) : this.ticks(t)
  }
}
