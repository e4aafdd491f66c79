import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { inPlace, save } from './save.js'

const dir = mkdtempSync(join(tmpdir(), 'remora-save-'))
afterAll(() => rmSync(dir, { recursive: true }))

describe('a file that is saved', () => {
  const path = join(dir, 'a.html')

  test('is there as a whole, in place of what was there', async () => {
    writeFileSync(path, 'before')
    expect(await save(path, Buffer.from('after'))).toBe(5)
    expect([readFileSync(path, 'utf8'), readdirSync(dir)]).toEqual(['after', ['a.html']])
  })

  test('leaves what was there, and no part of itself, where writing fails', async () => {
    const fails = (error: Error) =>
      inPlace(path, (part) => {
        writeFileSync(part, 'half')
        return Promise.reject(error)
      })
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    await expect(fails(full)).rejects.toThrow(`The disk is full; ${path} was not written.`)
    await expect(fails(new Error('called off'))).rejects.toThrow('called off')
    expect([readFileSync(path, 'utf8'), readdirSync(dir)]).toEqual(['after', ['a.html']])
    await expect(save(join(dir, 'no/such'), Buffer.from('x'))).rejects.toThrow('does not exist')
  })
})
