// The ways to log in at one host, tried in the order in which ssh tries them: agent, keys, questions of the host, password.

import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import ssh2, { type AnyAuthMethod, type AuthenticationType, type KnownPublicKeys, type ParsedKey } from 'ssh2'
import { type Asker, type SecretQuestion } from './ask.js'
import type { Secrets } from './secrets.js'
import type { HostConfig } from './ssh-config.js'

const MOST_TRIES = 3

/** Prompts for what is another the next time. */
const passing = /\b(new|one.?time|otp|token|code|pin)\b/i

/** The user would not answer. */
export class GaveUp extends Error {
  override readonly name = 'GaveUp'
}

/** One login: what was tried, and what comes next. */
export class Login {
  /** As the sentence of a refusal names them. */
  readonly tried: string[] = []
  #allowed: readonly string[] = []
  /** What the host is looking at: a password, an answer. */
  #given: string | null = null
  /** Those that came from the key store. */
  readonly #stored = new Set<string>()
  readonly #next: AsyncGenerator<AnyAuthMethod, void, readonly AuthenticationType[]>

  constructor(
    private readonly config: HostConfig,
    private readonly host: string,
    private readonly asker: Asker,
    private readonly secrets: Secrets,
  ) {
    this.#next = this.#ways()
  }

  /** Ways that the host would let in. */
  get allowed(): readonly string[] {
    return this.#allowed
  }

  /** The next way to try; null = there is none left. Throws GaveUp when the user ends it. */
  async next(left: readonly AuthenticationType[] | null): Promise<AnyAuthMethod | null> {
    const username = this.config.user
    // The host tells what it takes when it refuses to let in without anything.
    if (left === null) return { type: 'none', username }
    this.#allowed = left
    for (;;) {
      const { value, done } = await this.#next.next(left)
      if (done || !value) return null
      const type = value.type === 'agent' ? 'publickey' : value.type
      if (this.#allowed.includes(type)) return value
    }
  }

  /** The host has ended the login: what it was given last was refused too. */
  refused(): void {
    if (this.#given !== null) this.secrets.forget(this.#given)
    this.#given = null
  }

  #may = (type: AuthenticationType): boolean => this.#allowed.includes(type)

  async *#ways(): AsyncGenerator<AnyAuthMethod, void, readonly AuthenticationType[]> {
    const username = this.config.user
    if (this.#may('publickey')) yield* this.#keys(username)
    for (let n = 0; n < MOST_TRIES && this.#may('keyboard-interactive'); n++) {
      this.tried.push('questions of the host')
      const way = this.#questions(username, n > 0)
      yield way.method
      if (way.gaveUp()) throw new GaveUp()
      // Answers of a first step that led to another one were right.
      if (this.#may('keyboard-interactive')) this.refused()
      this.#given = null
    }
    for (let n = 0; n < MOST_TRIES && this.#may('password'); n++) {
      const password = await this.#secret('password', {
        what: 'password',
        text: `Password of ${this.host}`,
        echo: false,
        again: n > 0,
        password: true,
      })
      this.tried.push('password')
      this.#given = 'password'
      yield { type: 'password', username, password }
      // Asked again, so it was refused.
      this.refused()
    }
  }

  async *#keys(username: string): AsyncGenerator<AnyAuthMethod, void> {
    const { agent, identitiesOnly, identityFiles } = this.config
    if (agent !== null) {
      const own = identitiesOnly ? await publicKeys(identityFiles) : null
      if (own === null || own.length > 0) {
        this.tried.push('agent')
        yield { type: 'agent', username, agent: own === null ? agent : new ChosenKeys(agent, own) }
      }
    }
    const locked: string[] = []
    for (const file of identityFiles) {
      const text = await readFile(file, 'utf8').catch(() => null)
      if (text === null) continue
      const key = ssh2.utils.parseKey(text)
      if (!(key instanceof Error)) {
        this.tried.push(`key ${file}`)
        yield { type: 'publickey', username, key }
      } else if (/passphrase|encrypted/i.test(key.message)) locked.push(file)
      else this.tried.push(`key ${file} (it cannot be read: ${key.message})`)
    }
    for (const file of locked) {
      const key = await this.#unlock(file)
      if (!key) continue
      this.tried.push(`key ${file}`)
      yield { type: 'publickey', username, key }
    }
  }

  /** Asks for the passphrase of a key; null where it is not told, so that other ways may be tried. */
  async #unlock(file: string): Promise<ParsedKey | null> {
    const text = await readFile(file, 'utf8').catch(() => null)
    if (text === null) return null
    for (let n = 0; n < MOST_TRIES; n++) {
      const question = {
        what: 'passphrase',
        text: `Passphrase of the key ${basename(file)}`,
        echo: false,
        again: n > 0,
        password: true,
      } as const
      const passphrase = await this.#secret(file, question).catch((e: unknown) => {
        if (e instanceof GaveUp) return null
        throw e
      })
      if (passphrase === null || passphrase === '') {
        this.tried.push(`key ${file} (no passphrase was given)`)
        return null
      }
      const key = ssh2.utils.parseKey(text, passphrase)
      if (!(key instanceof Error)) return key
      this.secrets.forget(file)
    }
    this.tried.push(`key ${file} (its passphrase was wrong)`)
    return null
  }

  /** @param question `password`: it stays the same, and may be kept */
  async #secret(
    name: string,
    { password, ...question }: Omit<SecretQuestion, 'kind' | 'host'> & { readonly password: boolean },
  ): Promise<string> {
    const known = this.secrets.typed(name)
    if (known !== null) return known
    const stored = password && !question.again ? this.secrets.stored(name) : null
    if (stored !== null) {
      this.#stored.add(name)
      this.secrets.keep(name, stored)
      return stored
    }
    // The user has not typed what was refused.
    const asked = this.#stored.delete(name)
      ? { ...question, text: `${question.text} (the one that was kept is refused now)`, again: false }
      : question
    let lasting = false
    const keep = password && this.secrets.keepable ? () => void (lasting = true) : undefined
    const answer = await this.asker.secret({ kind: 'secret', host: this.host, ...asked }, keep)
    if (answer === null) throw new GaveUp()
    this.secrets.keep(name, answer, lasting)
    return answer
  }

  #questions(username: string, again: boolean): { method: AnyAuthMethod; gaveUp: () => boolean } {
    let gaveUp = false
    const answer = async (prompts: readonly { prompt: string; echo?: boolean }[]): Promise<string[]> => {
      const answers: string[] = []
      for (const { prompt, echo = false } of prompts) {
        const text = `${this.host} asks: ${prompt.trim().replace(/:$/, '')}`
        // What is asked for alone, and hidden, is a password, unless it calls itself one for this time.
        const password = prompts.length === 1 && !echo && /password/i.test(prompt) && !passing.test(prompt)
        const question = { what: 'answer', text, echo, again, password } as const
        if (password) this.#given = 'answer'
        answers.push(await this.#secret(password ? 'answer' : `answer ${performance.now()}`, question))
      }
      return answers
    }
    const method: AnyAuthMethod = {
      type: 'keyboard-interactive',
      username,
      prompt: (_name, _instructions, _lang, prompts, finish) => {
        answer(prompts).then(finish, () => {
          gaveUp = true
          finish(prompts.map(() => ''))
        })
      },
    }
    return { method, gaveUp: () => gaveUp }
  }
}

/** Public halves of these keys, as far as they lie beside them. */
async function publicKeys(files: readonly string[]): Promise<Buffer[]> {
  const found = await Promise.all(files.map((file) => readFile(`${file}.pub`, 'utf8').catch(() => '')))
  return found.flatMap((text) => {
    const blob = text.trim().split(/\s+/)[1]
    return blob ? [Buffer.from(blob, 'base64')] : []
  })
}

/** The agent, with those of its keys alone that the configuration names. */
class ChosenKeys extends ssh2.OpenSSHAgent {
  constructor(
    socket: string,
    private readonly keys: readonly Buffer[],
  ) {
    super(socket)
  }

  override getIdentities(done: (error: Error | undefined, keys?: KnownPublicKeys<ParsedKey>) => void): void {
    super.getIdentities((error, all) => {
      const own = (all ?? []).filter((key) => this.keys.some((k) => k.equals(blobOf(key))))
      done(error ?? undefined, own as KnownPublicKeys<ParsedKey>)
    })
  }
}

function blobOf(key: unknown): Buffer {
  if (Buffer.isBuffer(key)) return key
  const parsed = key as { getPublicSSH?: () => Buffer }
  return parsed.getPublicSSH?.() ?? Buffer.alloc(0)
}
