import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathsOf } from './arguments.js'
import { menuTemplate, recentLabel } from './menu.js'
import { RecentFiles } from './recent.js'

test('recent files outlive the process, newest first, each set once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'remora-recent-'))
  const file = join(folder, 'recent.json')
  const first = new RecentFiles(file)
  first.add(['/t/host.dat', '/t/guest.dat'])
  first.add(['/t/alone.dat'])
  first.add(['/t/guest.dat', '/t/host.dat'])
  const again = new RecentFiles(file)
  expect(again.sets).toEqual([['/t/guest.dat', '/t/host.dat'], ['/t/alone.dat']])
  expect([again.has('/t/host.dat'), again.has('/etc/passwd')]).toEqual([true, false])
  for (let i = 0; i < 40; i++) again.add([`/t/${i}.dat`])
  expect(again.sets.length).toBe(12)
  await writeFile(file, '{"not": "a list"}')
  expect(new RecentFiles(file).sets).toEqual([])
  await rm(folder, { recursive: true })
})

test('menu entries send the commands of the screens', () => {
  const sent: string[] = []
  const opened: (readonly string[])[] = []
  const template = menuTemplate('linux', [['/t/a.dat', '/t/b.dat']], {
    command: (id) => sent.push(id),
    openFolder: () => sent.push('folder'),
    openRecent: (paths) => opened.push(paths),
    clearRecent: () => sent.push('cleared'),
  })
  const click = (items: typeof template) => {
    for (const item of items) {
      if (Array.isArray(item.submenu)) click(item.submenu)
      // None of our entries looks at what Electron hands to a click.
      ;(item.click as (() => void) | undefined)?.()
    }
  }
  click(template)
  expect(opened).toEqual([['/t/a.dat', '/t/b.dat']])
  expect(sent).toEqual(
    expect.arrayContaining([
      'open',
      'sample-recorded',
      'sample-generated',
      'folder',
      'cleared',
      'theme-dark',
      'shortcuts',
    ]),
  )
})

test.each([
  [['electron', '--no-sandbox', '/repo', 'a.dat', 'b c.dat'], false, ['a.dat', 'b c.dat']],
  [['electron', '--inspect=0', '/repo', '--some-switch'], false, []],
  [['/opt/remora', '--no-sandbox', 'a.dat'], true, ['a.dat']],
  [['/opt/remora'], true, []],
])('paths of %j', (argv, packaged, expected) => expect(pathsOf(argv, packaged)).toEqual(expected))

test('a recent set is named by its files and their folder', () => {
  expect(recentLabel(['/t/a.dat', '/t/b.dat'])).toBe('a.dat, b.dat — /t')
  expect(recentLabel(['/t/1', '/t/2', '/t/3', '/t/4', '/t/5'])).toBe('1, 2, 3 and 2 more — /t')
})
