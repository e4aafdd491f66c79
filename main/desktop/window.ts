import { BrowserWindow, nativeTheme, screen, type Session } from 'electron'
import { fitted, keepPlace, readPlace } from './place.js'

export const origin = 'remora://app'

function stay(event: { readonly url: string; preventDefault(): void }): void {
  if (!isOurs(event.url)) event.preventDefault()
}

/** What the window is made of on disk. */
export interface WindowFiles {
  readonly preload: string
  readonly icon: string
  /** Where its place is kept. */
  readonly place: string
}

/** Opens the window: sandboxed, alone with its own origin, shown when it has something to show, where it was last. */
export function createWindow({ preload, icon, place }: WindowFiles): BrowserWindow {
  const before = readPlace(place)
  const window = new BrowserWindow({
    ...fitted(
      before,
      screen.getAllDisplays().map((d) => d.workArea),
    ),
    icon,
    minWidth: 800,
    minHeight: 560,
    show: false,
    title: 'Remora',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#16181b' : '#ffffff',
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
      // A trace that loads or an export that runs goes on while the window is behind another.
      backgroundThrottling: false,
    },
  })
  const contents = window.webContents
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  if (before?.maximized) window.maximize()
  window.on('close', () => keepPlace(place, { ...window.getNormalBounds(), maximized: window.isMaximized() }))
  window.once('ready-to-show', () => window.show())
  return window
}

function isOurs(url: string): boolean {
  return url === origin || url.startsWith(`${origin}/`)
}

function allowed(permission: string, details: object): boolean {
  if (permission === 'clipboard-sanitized-write') return true
  return permission === 'fileSystem' && !('fileAccessType' in details && details.fileAccessType === 'writable')
}

/** Nothing is permitted but copying to the clipboard and reading files that the user dropped or chose. */
export function refusePermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer, details) =>
    answer(isOurs(contents.getURL()) && allowed(permission, details)),
  )
  session.setPermissionCheckHandler(
    (_, permission, requester, details) => isOurs(requester) && allowed(permission, details),
  )
  session.setDevicePermissionHandler(() => false)
}
