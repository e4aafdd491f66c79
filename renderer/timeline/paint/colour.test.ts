import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contrast, css, hashName, mix, oklch, pack, parseColour, taskColour, textOn, unpack } from './colour.js'
import { machineColour, paintTheme } from './theme.js'
import type { MachineInfo } from '../../../workers/thread/contract.js'
import { machineIndex } from '../../../workers/units.js'

const themes = [true, false].map((dark) => paintTheme(dark, () => ''))

describe('colours', () => {
  it('are read from CSS', () => {
    expect(parseColour('#0af')).toEqual({ r: 0, g: 170, b: 255 })
    expect(parseColour(' #1b1f26 ')).toEqual({ r: 27, g: 31, b: 38 })
    expect(parseColour('rgb(1, 2, 3)')).toEqual({ r: 1, g: 2, b: 3 })
    expect(parseColour('rgb(1 2 3 / 0.5)')).toEqual({ r: 1, g: 2, b: 3 })
    expect(parseColour('var(--x)')).toBeNull()
  })
  it('come back from pixels', () => {
    const c = { r: 1, g: 128, b: 255 }
    expect(unpack(pack(c))).toEqual(c)
    expect(css(c, 0.5)).toBe('rgb(1 128 255 / 0.5)')
    expect(mix({ r: 0, g: 0, b: 0 }, { r: 200, g: 100, b: 0 }, 0.5)).toEqual({ r: 100, g: 50, b: 0 })
  })
  it('follow published OKLCH values', () => {
    expect(oklch(1, 0, 0)).toEqual({ r: 255, g: 255, b: 255 })
    expect(oklch(0.627955, 0.257683, 29.2339)).toEqual({ r: 255, g: 0, b: 0 })
  })
  it('contrast as WCAG says', () => expect(contrast(parseColour('#000')!, parseColour('#fff')!)).toBe(21))
})

describe('task colours', () => {
  it('carry text at 4.5:1, in both themes, however strong', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 15 }), (name) => {
        for (const t of themes) {
          for (const emphasis of ['muted', 'full', 'dimmed'] as const) {
            const fill = taskColour(name, t.dark, emphasis, t.background)
            expect(contrast(fill, textOn(fill))).toBeGreaterThanOrEqual(4.5)
          }
        }
      }),
    )
  })
  it('stand off the background unless dimmed', () => {
    for (const t of themes) {
      for (let i = 0; i < 200; i++) {
        expect(contrast(taskColour(`task${i}`, t.dark, 'muted', t.background), t.background)).toBeGreaterThan(2)
      }
    }
  })
  it('belong to the name, workers share theirs', () => {
    const [t] = themes
    const of = (name: string) => taskColour(name, true, 'muted', t!.background)
    expect(of('kworker/0:1-events')).toEqual(of('kworker/u8:3'))
    expect(of('CPU 0/KVM')).not.toEqual(of('CPU 1/KVM'))
    expect(hashName('bash')).toBe(hashName('bash'))
  })
  it('spread over the circle', () => {
    const hues = new Set(Array.from({ length: 400 }, (_, i) => hashName(`CPU ${i}/KVM`) % 36))
    expect(hues.size).toBe(36)
  })
})

describe('theme', () => {
  it('takes the frame’s colours from the page', () => {
    expect(paintTheme(true, (name) => (name === '--canvas' ? '#010203' : '')).background).toEqual({ r: 1, g: 2, b: 3 })
  })
  it('reads its texts at 4.5:1', () => {
    for (const t of themes) {
      expect(contrast(t.text, t.raised)).toBeGreaterThan(4.5)
      expect(contrast(t.muted, t.raised)).toBeGreaterThan(4.5)
      for (const fill of [t.accent, t.markerA, t.markerB, t.text]) {
        expect(contrast(fill, textOn(fill))).toBeGreaterThan(4.5)
      }
    }
  })
  it('gives each guest its own colour and the host slate', () => {
    const machines = ['host', 'guest', 'guest'].map((role, i) => ({ machine: machineIndex(i), role }) as MachineInfo)
    const colours = machines.map((m) => css(machineColour(machines, m.machine)))
    expect(colours).toEqual(['rgb(122 134 153)', 'rgb(230 159 0)', 'rgb(86 180 233)'])
  })
  it('tells recordings apart that have nothing to do with one another', () => {
    const machines = ['alone', 'alone', 'host'].map((role, i) => ({ machine: machineIndex(i), role }) as MachineInfo)
    expect(new Set(machines.map((m) => css(machineColour(machines, m.machine)))).size).toBe(3)
  })
})
