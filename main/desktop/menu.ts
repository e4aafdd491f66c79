import type { MenuItemConstructorOptions } from 'electron'
import { basename, dirname } from 'node:path'

export interface MenuActions {
  /** Runs a command of the screens by its id. */
  command(id: string): void
  openFolder(): void
  openRecent(paths: readonly string[]): void
  clearRecent(): void
}

/** `host.dat, guest.dat — /traces/monday` */
export function recentLabel(paths: readonly string[]): string {
  const names = paths.map((path) => basename(path))
  const shown = names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
  return `${shown} — ${dirname(paths[0] ?? '')}`
}

/**
 * The native menu. Entries that act on the screens send the id of the command that the screens' own keys and palette use,
 * and show no accelerator of their own: the screens' key map is the one place for keys.
 */
export function menuTemplate(
  platform: string,
  recent: readonly (readonly string[])[],
  actions: MenuActions,
): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin'
  const item = (label: string, id: string): MenuItemConstructorOptions => ({ label, click: () => actions.command(id) })
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const recentItems: MenuItemConstructorOptions[] = recent.map((paths) => ({
    label: recentLabel(paths),
    click: () => actions.openRecent(paths),
  }))
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        item('&Open…', 'open'),
        { label: 'Open &Folder…', click: () => actions.openFolder() },
        item('Open Over &SSH…', 'open-remote'),
        {
          label: 'Open Sa&mple',
          submenu: [
            item('&Recorded Host and Guest', 'sample-recorded'),
            item('&Generated Host with Nested Guests', 'sample-generated'),
          ],
        },
        {
          label: 'Open &Recent',
          enabled: recent.length > 0,
          submenu: [...recentItems, separator, { label: 'Clear', click: () => actions.clearRecent() }],
        },
        item('&Close Session', 'close'),
        item('Forget &Kept Passwords', 'forget-secrets'),
        separator,
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        item('&Dark Theme', 'theme-dark'),
        item('&Light Theme', 'theme-light'),
        item('&System Theme', 'theme-system'),
        separator,
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    {
      label: '&Help',
      role: 'help',
      submenu: [item('&Keyboard and Mouse', 'shortcuts'), item('Command &Palette', 'palette')],
    },
  ]
}
