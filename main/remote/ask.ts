// What only the user can answer on the way to another machine. Answers are in no log, and in no file but where the user wishes it.

export interface HostKeyQuestion {
  readonly kind: 'host-key'
  /** `user@host:port`. */
  readonly host: string
  /** `ssh-ed25519`. */
  readonly type: string
  /** `SHA256:…`. */
  readonly fingerprint: string
  /** File that it will be noted in. */
  readonly file: string
}

export interface SecretQuestion {
  readonly kind: 'secret'
  readonly what: 'password' | 'passphrase' | 'answer'
  readonly host: string
  /** What to show: `Password of root@lab1`, a server's own words. */
  readonly text: string
  /** The answer may be seen while it is typed. */
  readonly echo: boolean
  /** The last answer was refused. */
  readonly again: boolean
  /** The answer may be kept in the system's key store, if the user wishes. */
  readonly keepable?: true
}
export type Question = HostKeyQuestion | SecretQuestion

export interface Asker {
  /** Whether to trust the key from now on. */
  hostKey(question: HostKeyQuestion): Promise<boolean>
  /** null = the user gave up. `keep`, given where that can be offered, is called where the user wants the answer kept for next time. */
  secret(question: SecretQuestion, keep?: () => void): Promise<string | null>
  /** One sentence that the user should know; nothing waits for it. */
  note?(sentence: string): void
}

/** Nobody is there to answer: unknown keys and passwords make a connection fail. */
export const nobody: Asker = {
  hostKey: () => Promise.resolve(false),
  secret: () => Promise.resolve(null),
}
