// What the command line says of itself, held against its documentation: the same options in both, and a schema for all JSON.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { run } from '../main/cli/run.js'

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const page = read('docs/cli.md')

async function helpOf(...args: string[]): Promise<string> {
  let out = ''
  const io = {
    out: (text: string | Uint8Array) => Promise.resolve(void (out += String(text))),
    err: () => undefined,
    signal: new AbortController().signal,
    terminal: false,
  }
  expect(await run([...args, '--help'], io)).toBe(0)
  return out
}

const usage = page.slice(page.indexOf('```') + 3, page.indexOf('```', page.indexOf('```') + 3))
const commands = [...new Set([...usage.matchAll(/^remora ([a-z]\S*)/gm)].map((m) => m[1]!))]

/** The part of the page that tells of a command. */
function sectionOf(command: string): string {
  const sections = page.split(/^## /m).slice(1)
  const found = sections.find((s) =>
    s
      .slice(0, s.indexOf('\n'))
      .split(/, | and /)
      .includes(command),
  )
  if (found === undefined) throw new Error(`docs/cli.md has no section ${command}`)
  return found
}

/** Options at the beginning of lines: those that a help text introduces. */
const introduced = (help: string): string[] => [
  ...new Set(
    [...help.matchAll(/^ {2}((?:-{1,2}[a-z][^ ]*(?: [A-Z[][^ ]*)?(?:, | \| )?)+)/gm)].flatMap((m) =>
      [...m[1]!.matchAll(/--[a-z][a-z-]*/g)].map(([name]) => name),
    ),
  ),
]

test('the page begins with all commands of remora --help', async () => {
  const listed = [...(await helpOf()).matchAll(/^ {2}([a-z][a-z-]*) /gm)].map((m) => m[1]!)
  expect(listed.length).toBeGreaterThan(15)
  expect(commands.toSorted()).toEqual(listed.toSorted())
})

describe.each(commands)('remora %s', (command) => {
  test('has a help that fits a terminal, and every option of it is told of in docs/cli.md', async () => {
    const help = await helpOf(command)
    expect(help).toMatch(new RegExp(`^remora ${command}[ \\n]`))
    expect(help).toContain('-h, --help')
    expect(help.split('\n').filter((line) => line.length > 132)).toEqual([])
    const section = `${sectionOf(command)}${usage}`
    expect(introduced(help).filter((name) => name !== '--help' && !section.includes(name))).toEqual([])
  })

  test('has no option in docs/cli.md that its help does not know', async () => {
    const help = await helpOf(command)
    // What stands in a table's first column is an option of one of the commands of the section.
    const named = [...sectionOf(command).matchAll(/^\| (`-[^|]*)\|/gm)].flatMap((m) =>
      [...m[1]!.matchAll(/--[a-z][a-z-]*/g)].map(([name]) => name),
    )
    const heading = sectionOf(command)
      .split('\n', 1)[0]!
      .split(/, | and /)
    const all = (await Promise.all(heading.map((name) => helpOf(name)))).join('') + help
    expect(named.filter((name) => !all.includes(name))).toEqual([])
  })

  test('names the schema of its JSON', async () => {
    const help = await helpOf(command)
    if (!/^ {2}--json/m.test(help)) return
    const named = [...help.matchAll(/docs\/schema\/([a-z-]+\.schema\.json)/g)].map((m) => m[1]!)
    expect(named.length, help).toBeGreaterThan(0)
    const there = readdirSync(new URL('../docs/schema', import.meta.url))
    expect(named.filter((name) => !there.includes(name))).toEqual([])
    expect(named.filter((name) => !page.includes(`schema/${name}`))).toEqual([])
  })
})

test('every link of the documents leads to a file', () => {
  const docs = [
    'README.md',
    'ARCHITECTURE.md',
    ...readdirSync(new URL('../docs', import.meta.url)).flatMap((n) => (n.endsWith('.md') ? [`docs/${n}`] : [])),
  ]
  const broken = docs.flatMap((doc) =>
    [...read(doc).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].flatMap(([, target]) => {
      try {
        readdirSync(new URL(target!, new URL(`../${doc}`, import.meta.url)))
        return []
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? [] : [`${doc}: ${target}`]
      }
    }),
  )
  expect(broken).toEqual([])
})
