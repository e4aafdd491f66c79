// What the user typed to log in: in memory while the connection is held, and in the system's key store where the user wishes.

/** Secrets that outlive the program, encrypted by a key that the system keeps. Names are no secret; values are in clear nowhere. */
export interface SecretStore {
  /** Whether it can be offered now: there is a key store, and it does not merely hide what it keeps. */
  readonly offered: boolean
  /** null = none is kept, or it cannot be read now. */
  get(name: string): string | null
  /** Throws InputError (one sentence) where it cannot. */
  put(name: string, value: string): void
  /** Drops one, without a name all of them; gives how many went. Throws InputError where it cannot. */
  forget(name?: string): number
}

/** What the user typed for one host, kept in memory so that a broken connection comes back by itself. */
export class Secrets {
  readonly #typed = new Map<string, string>()
  /** Those that the user wants kept for longer, until the host has let in by them. */
  readonly #wanted = new Set<string>()
  #of: string | null = null

  constructor(private readonly store: SecretStore | null = null) {}

  /**
   * Says whose they are, before the first is used: user, host and the key that the host has proved to have. A secret goes from the
   * store to no other machine, whatever name or address it has by then.
   */
  belongTo(user: string, host: string, fingerprint: string): void {
    this.#of = `${user}@${host} ${fingerprint}`
  }

  /** Whether one may be kept beyond this connection. */
  get keepable(): boolean {
    return this.#of !== null && this.store?.offered === true
  }

  typed(what: string): string | null {
    return this.#typed.get(what) ?? null
  }

  /** One of an earlier connection. */
  stored(what: string): string | null {
    return this.keepable ? this.store!.get(this.#name(what)) : null
  }

  /** @param lasting whether the user wants it kept in the store too */
  keep(what: string, value: string, lasting = false): void {
    this.#typed.set(what, value)
    if (lasting) this.#wanted.add(what)
  }

  /** The host has let in: what the user wants kept is right, and goes to the store. Throws InputError where it cannot be kept. */
  letIn(): void {
    const wanted = [...this.#wanted]
    this.#wanted.clear()
    for (const what of wanted) {
      const value = this.#typed.get(what)
      if (value !== undefined && this.keepable) this.store!.put(this.#name(what), value)
    }
  }

  /** It was refused. Throws InputError where it cannot be dropped. */
  forget(what: string): void {
    this.#typed.delete(what)
    this.#wanted.delete(what)
    if (this.#of !== null) this.store?.forget(this.#name(what))
  }

  clear(): void {
    this.#typed.clear()
    this.#wanted.clear()
  }

  #name = (what: string): string => `${this.#of} ${what}`
}
