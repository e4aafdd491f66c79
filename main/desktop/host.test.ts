import { readdirSync, readFileSync } from 'node:fs'
import { expect, expectTypeOf, test } from 'vitest'
import type { NativeHost } from '../../renderer/host-api.js'
import { repo } from '../../test/run-cli.js'
import type { RemoraHost } from './channels.js'
import { menuTemplate } from './menu.js'

const none = () => undefined

test('the preload gives what the screens expect', () => {
  // Checked by the compiler; at run time there is nothing to see.
  expectTypeOf<RemoraHost>().toExtend<NativeHost>()
})

test('every command that the menu sends is one of the screens', () => {
  const sent: string[] = []
  const template = menuTemplate('linux', [], {
    command: (id) => sent.push(id),
    openFolder: none,
    openRecent: none,
    clearRecent: none,
  })
  const click = (items: typeof template) => {
    for (const item of items) {
      if (Array.isArray(item.submenu)) click(item.submenu)
      ;(item.click as (() => void) | undefined)?.()
    }
  }
  click(template)
  // Their list is code for a page and is not loaded here; theme ids are made from names.
  const folder = `${repo}renderer/commands/`
  const commands = readdirSync(folder)
    .map((name) => readFileSync(`${folder}${name}`, 'utf8'))
    .join('')
  expect(commands).toContain('`theme-${t}`')
  expect(sent.length).toBeGreaterThan(3)
  for (const id of sent.filter((name) => !name.startsWith('theme-'))) expect(commands).toContain(`id: '${id}'`)
})
