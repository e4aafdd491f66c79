// Asks one question at a time and, of those that came up meanwhile, only the last.

export class LatestOnly<Q, A> {
  #busy = false
  #next: { readonly question: Q } | null = null
  /** Rises with every cancel: older answers are thrown away. */
  #epoch = 0

  constructor(
    private readonly put: (question: Q) => Promise<A>,
    private readonly onAnswer: (answer: A) => void,
  ) {}

  ask(question: Q): void {
    if (this.#busy) {
      this.#next = { question }
      return
    }
    this.#send(question)
  }

  /** Neither what is in flight nor what waits will be answered. */
  cancel(): void {
    this.#epoch++
    this.#next = null
  }

  #send(question: Q): void {
    this.#busy = true
    const epoch = this.#epoch
    const done = (deliver: () => void) => {
      this.#busy = false
      const next = this.#next
      this.#next = null
      // An answer that a newer question has overtaken is still better than none while the hand keeps moving.
      if (epoch === this.#epoch) deliver()
      if (next) this.#send(next.question)
    }
    this.put(question).then(
      (answer) => done(() => this.onAnswer(answer)),
      // A hover that fails (the session has just been replaced) shows nothing; the next one asks anew.
      () => done(() => undefined),
    )
  }
}
