import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fitted, keepPlace, readPlace, type Place } from './place.js'

const place: Place = { x: 100, y: 50, width: 1200, height: 800, maximized: false }
const screen = { x: 0, y: 0, width: 1920, height: 1080 }

describe('the place of the window', () => {
  test('is kept, and forgotten when the file is damaged', () => {
    const folder = mkdtempSync(join(tmpdir(), 'remora-place-'))
    const file = join(folder, 'window.json')
    expect(readPlace(file)).toBeNull()
    keepPlace(file, place)
    expect(readPlace(file)).toEqual(place)
    for (const damaged of ['{', '{"x":1}', '[]', '{"x":"a","y":0,"width":1,"height":1,"maximized":true}']) {
      writeFileSync(file, damaged)
      expect(readPlace(file)).toBeNull()
    }
    rmSync(folder, { recursive: true })
    expect(() => keepPlace(file, place)).not.toThrow()
  })

  test('comes back where a screen has it', () => {
    expect(fitted(place, [screen])).toEqual({ x: 100, y: 50, width: 1200, height: 800 })
    const second = { ...screen, x: 1920 }
    expect(fitted({ ...place, x: 2000 }, [screen, second])).toMatchObject({ x: 2000 })
  })

  test('gives way to the screens there are', () => {
    // The second screen has gone; the system chooses where.
    expect(fitted({ ...place, x: 2000 }, [screen])).toEqual({ width: 1200, height: 800 })
    expect(fitted({ ...place, y: -30 }, [screen])).not.toHaveProperty('y')
    expect(fitted(place, [{ ...screen, width: 1024, height: 700 }])).toMatchObject({ width: 1024, height: 700 })
    expect(fitted(null, [screen])).toEqual({ width: 1440, height: 900 })
  })
})
