import type { SafeStorage } from 'electron'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { literal, object, record, safeParse, string } from 'valibot'
import { InputError } from '../../workers/fault.js'
import type { SecretStore } from '../remote/secrets.js'

/**
 * Electron's way to the system's key store. These calls answer at once and, unlike their later kin, tell which store it is: one that
 * merely hides what it keeps must not be taken for one.
 */
export type KeyStore = Pick<SafeStorage, 'isEncryptionAvailable' | 'encryptString' | 'decryptString'> & {
  /** Linux alone has several. */
  readonly getSelectedStorageBackend?: () => string
}

const shape = object({ version: literal(1), secrets: record(string(), string()) })

/** Secrets of other machines in one file that only its user may read: names in clear, values encrypted by the system's key store. */
export class KeptSecrets implements SecretStore {
  constructor(
    private readonly file: string,
    private readonly keys: KeyStore,
  ) {}

  get offered(): boolean {
    const backend =
      process.platform === 'linux' ? (this.keys.getSelectedStorageBackend?.() ?? 'unknown') : 'the only one'
    return backend !== 'basic_text' && backend !== 'unknown' && this.keys.isEncryptionAvailable()
  }

  get(name: string): string | null {
    const blob = this.#read().get(name)
    if (blob === undefined) return null
    try {
      return this.keys.decryptString(Buffer.from(blob, 'base64'))
    } catch {
      // The key store is locked, or another one by now: the user is asked as if nothing were kept.
      return null
    }
  }

  put(name: string, value: string): void {
    try {
      const blob = this.keys.encryptString(value).toString('base64')
      this.#write(this.#read().set(name, blob))
    } catch (e) {
      throw new InputError(`The secret could not be kept in ${this.file}: ${reason(e)}.`, 'not-kept', this.file)
    }
  }

  forget(name?: string): number {
    const all = this.#read()
    const left = new Map([...all].filter(([other]) => name !== undefined && other !== name))
    if (name !== undefined && left.size === all.size) return 0
    try {
      if (left.size === 0) rmSync(this.file, { force: true })
      else this.#write(left)
    } catch (e) {
      throw new InputError(
        `What is kept in ${this.file} could not be forgotten: ${reason(e)}. Remove the file.`,
        'not-forgotten',
        this.file,
      )
    }
    return all.size - left.size
  }

  #read(): Map<string, string> {
    try {
      const { success, output } = safeParse(shape, JSON.parse(readFileSync(this.file, 'utf8')))
      return new Map(success ? Object.entries(output.secrets) : [])
    } catch {
      // There is none yet, or it was damaged: the user is asked, and the next secret that is kept writes it anew.
      return new Map()
    }
  }

  #write(secrets: ReadonlyMap<string, string>): void {
    mkdirSync(dirname(this.file), { recursive: true })
    const fresh = `${this.file}.new`
    rmSync(fresh, { force: true })
    writeFileSync(fresh, JSON.stringify({ version: 1, secrets: Object.fromEntries(secrets) }, null, 1), {
      mode: 0o600,
      flag: 'wx',
    })
    renameSync(fresh, this.file)
  }
}

const reason = (e: unknown): string => (e instanceof Error ? e.message : String(e)).replace(/\.$/, '')
