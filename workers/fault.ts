// Something wrong, or worth knowing, in the input. Faults travel with the session and are shown; they never end a load by
// themselves. What cannot be opened at all is thrown as an InputError.

export type Severity = 'note' | 'warning' | 'error'

export interface Fault {
  readonly severity: Severity
  /** Stable machine-readable name, kebab-case: `truncated-page`, `unknown-option`, `time-backwards`. */
  readonly code: string
  /** One sentence: the fact, and what was done about it. No file name, no stack trace. */
  readonly message: string
  /** File name as shown to the user. */
  readonly file?: string
  /** Byte position in that file, where known. */
  readonly offset?: number
  /** CPU of the stream concerned, where one is. */
  readonly cpu?: number
  /** How many like it were found when they were folded into one; absent = 1. */
  readonly times?: number
}

/** Input that cannot be read at all. `message` is one sentence for the user, naming the file. */
export class InputError extends Error {
  override readonly name = 'InputError'
  constructor(
    message: string,
    readonly code: string,
    readonly file?: string,
    readonly offset?: number,
  ) {
    super(message)
  }
}

/** A request that makes no sense (bad filter expression, unknown track). `message` is one sentence; `at` a column in the text. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  constructor(
    message: string,
    readonly at?: number,
  ) {
    super(message)
  }
}

/** Collects faults and folds repeats of one (code, file, cpu) beyond the first `keep` into one with a count. */
export class FaultList {
  #all: Fault[] = []
  #seen = new Map<string, { n: number; index: number }>()
  constructor(private readonly keep = 20) {}

  add(fault: Fault): void {
    const key = `${fault.code}\0${fault.file ?? ''}\0${fault.cpu ?? ''}`
    const seen = this.#seen.get(key)
    const times = fault.times ?? 1
    if (!seen) {
      this.#seen.set(key, { n: 1, index: this.#all.length })
      this.#all.push(fault)
    } else if (seen.n < this.keep) {
      seen.n++
      seen.index = this.#all.length
      this.#all.push(fault)
    } else {
      const last = this.#all[seen.index]!
      this.#all[seen.index] = { ...last, times: (last.times ?? 1) + times }
    }
  }

  addAll(faults: readonly Fault[]): void {
    for (const f of faults) this.add(f)
  }

  get list(): readonly Fault[] {
    return this.#all
  }
}
