// What only the user can answer on the way to another machine. Answers are used and dropped: they are in no log and no file.

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
}
export type Question = HostKeyQuestion | SecretQuestion

export interface Asker {
  /** Whether to trust the key from now on. */
  hostKey(question: HostKeyQuestion): Promise<boolean>
  /** null = the user gave up. */
  secret(question: SecretQuestion): Promise<string | null>
}

/** Nobody is there to answer: unknown keys and passwords make a connection fail. */
export const nobody: Asker = {
  hostKey: () => Promise.resolve(false),
  secret: () => Promise.resolve(null),
}
