import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { KeptSecrets, type KeyStore } from './kept-secrets.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-kept-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** A key store that turns bytes over. */
const keyStore = (more: Partial<KeyStore> = {}): KeyStore => ({
  isEncryptionAvailable: () => true,
  getSelectedStorageBackend: () => 'gnome_libsecret',
  encryptString: (text) => Buffer.from(Buffer.from(text).map((b) => b ^ 0xa5)),
  decryptString: (blob) => Buffer.from(blob.map((b) => b ^ 0xa5)).toString(),
  ...more,
})
let n = 0
const fresh = (keys = keyStore()): { file: string; secrets: KeptSecrets } => {
  const file = join(dir, `${n++}`, 'kept.json')
  return { file, secrets: new KeptSecrets(file, keys) }
}

it('keeps them encrypted in a file of the user alone, for the next start', () => {
  const { file, secrets } = fresh()
  expect([secrets.get('root@lab password'), secrets.forget()]).toEqual([null, 0])
  secrets.put('root@lab password', 'hunter2')
  secrets.put('root@lab /k/id', 'öffne dich')
  secrets.put('root@lab password', 'hunter3')
  const text = readFileSync(file, 'utf8')
  expect(text).not.toMatch(/hunter|öffne/)
  expect(text).not.toContain(Buffer.from('hunter3').toString('base64'))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  // Whatever somebody made of it, it is the user's alone after the next.
  chmodSync(file, 0o644)
  const next = new KeptSecrets(file, keyStore())
  expect([next.get('root@lab password'), next.get('root@lab /k/id'), next.get('x')]).toEqual([
    'hunter3',
    'öffne dich',
    null,
  ])
  expect([next.forget('x'), next.forget('root@lab password'), secrets.get('root@lab password')]).toEqual([0, 1, null])
  expect(secrets.get('root@lab /k/id')).toBe('öffne dich')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect([next.forget(), existsSync(file)]).toEqual([1, false])
})

it.runIf(process.platform === 'linux').each([
  ['basic_text', true, false],
  ['unknown', true, false],
  ['kwallet6', false, false],
  ['kwallet6', true, true],
])('is offered with %s, encryption %s: %s', (backend, available, offered) => {
  const keys = keyStore({ getSelectedStorageBackend: () => backend, isEncryptionAvailable: () => available })
  expect(fresh(keys).secrets.offered).toBe(offered)
})

it('asks again where the key store is locked, or the file was damaged, and goes on', () => {
  const { file, secrets } = fresh()
  secrets.put('a', 'one')
  const locked = keyStore({
    decryptString: () => {
      throw new Error('locked')
    },
  })
  expect(new KeptSecrets(file, locked).get('a')).toBeNull()
  // It is there still when the store is open again.
  expect(secrets.get('a')).toBe('one')
  writeFileSync(file, '{"version": 1, "secrets": {"a": 7}}')
  expect(secrets.get('a')).toBeNull()
  secrets.put('b', 'two')
  expect(secrets.get('b')).toBe('two')
})

it('says by a sentence what could not be kept', () => {
  const file = join(dir, 'a file')
  writeFileSync(file, '')
  const secrets = new KeptSecrets(join(file, 'kept.json'), keyStore())
  expect(() => secrets.put('a', 'hunter2')).toThrow(/^The secret could not be kept in .*a file\/kept\.json: .*\.$/)
  const mute = keyStore({
    encryptString: () => {
      throw new Error('The key store is locked.')
    },
  })
  expect(() => fresh(mute).secrets.put('a', 'hunter2')).toThrow(/: The key store is locked\.$/)
})
