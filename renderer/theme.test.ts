import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { contrast, parseColour } from './timeline/paint/colour.js'

const css = readFileSync(new URL('./styles/theme.css', import.meta.url), 'utf8')
const variables = (selector: string) => {
  const from = css.indexOf(`${selector} {`)
  const block = css.slice(from, css.indexOf('}', from))
  return new Map([...block.matchAll(/--([\w-]+):\s*([^;]+);/g)].map((m) => [m[1]!, m[2]!]))
}
const themes = { dark: variables(':root'), light: variables(":root[data-theme='light']") }
const grounds = ['canvas', 'surface', 'raised', 'hover', 'chosen']

describe.each(['dark', 'light'] as const)('the %s theme', (name) => {
  const theme = themes[name]
  const ratio = (text: string, ground: string) =>
    contrast(parseColour(theme.get(text)!)!, parseColour(theme.get(ground)!)!)
  const pairs = [
    ...['text', 'muted'].flatMap((t) => grounds.map((g) => [t, g] as const)),
    ...['accent', 'error', 'caution', 'marker-a', 'marker-b'].flatMap((t) =>
      ['canvas', 'surface', 'raised'].map((g) => [t, g] as const),
    ),
    ['caution', 'caution-soft'] as const,
    ['text', 'error-soft'] as const,
    ['on-accent', 'accent'] as const,
  ]
  it.each(pairs)('shows %s on %s with a contrast of at least 4.5', (text, ground) => {
    expect(ratio(text, ground)).toBeGreaterThanOrEqual(4.5)
  })
})
it('gives both themes the same colours to choose from', () => {
  const colours = [...themes.dark.keys()].filter((k) => !k.startsWith('font'))
  expect([...themes.light.keys()].sort()).toEqual(colours.sort())
})
