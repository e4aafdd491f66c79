import { app, BrowserWindow, dialog, ipcMain, Menu, nativeTheme, protocol, safeStorage, session } from 'electron'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { array, parse, picklist, string } from 'valibot'
import { createApp, type Startup } from '../api/app.js'
import { FileRegistry, tracePaths } from '../api/files.js'
import { firstFiles } from '../first-files.js'
import { rendererDir } from '../paths.js'
import { serveSamples } from '../samples.js'
import { version } from '../version.js'
import { pathsOf } from './arguments.js'
import { channels, type OpenedFile } from './channels.js'
import { KeptSecrets } from './kept-secrets.js'
import { menuTemplate } from './menu.js'
import { RecentFiles } from './recent.js'
import { createWindow, origin, refusePermissions } from './window.js'

/** The desktop door. Call before Electron is ready. */
export async function runDesktop(): Promise<void> {
  const named = pathsOf(process.argv, app.isPackaged).map((path) => resolve(path))
  if (!app.requestSingleInstanceLock({ paths: named })) return app.quit()
  const privileges = { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true }
  protocol.registerSchemesAsPrivileged([{ scheme: 'remora', privileges }])

  const files = new FileRegistry()
  const recent = new RecentFiles(join(app.getPath('userData'), 'recent-files.json'))
  let startup: Startup = { sources: [], sample: false, version }
  let window: BrowserWindow | null = null

  /** Makes `paths` (none: the samples) what the window opens; what cannot be read becomes the notice it shows. */
  async function start(paths: readonly string[]): Promise<void> {
    try {
      const all = await tracePaths(paths, true)
      startup = await firstFiles(files, all)
      remember(all)
    } catch (error) {
      startup = { sources: [], sample: false, version, notice: error instanceof Error ? error.message : String(error) }
    }
  }

  function remember(paths: readonly string[]): void {
    recent.add(paths)
    for (const path of paths) app.addRecentDocument(path)
    showMenu()
  }

  function showMenu(): void {
    const actions = {
      command: (id: string) => window?.webContents.send(channels.menu, id),
      openFolder: () => void openFolder(),
      openRecent: (paths: readonly string[]) => void openPaths(paths),
      clearRecent: () => {
        recent.clear()
        app.clearRecentDocuments()
        showMenu()
      },
    }
    Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, recent.sets, actions)))
  }

  async function openPaths(paths: readonly string[]): Promise<void> {
    if (paths.length > 0) await start(paths)
    if (!window) return openWindow()
    if (paths.length > 0) await window.loadURL(`${origin}/`)
    if (window.isMinimized()) window.restore()
    window.focus()
  }

  async function openFolder(): Promise<void> {
    const chosen = await showDialog({ title: 'Open a folder of traces', properties: ['openDirectory'] })
    if (chosen) await openPaths(chosen)
  }

  /** Paths the user chose, null when the dialog was cancelled. */
  async function showDialog(options: Electron.OpenDialogOptions): Promise<string[] | null> {
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, options)
      : dialog.showOpenDialog(options))
    return canceled || filePaths.length === 0 ? null : filePaths
  }

  async function openWindow(): Promise<void> {
    const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url))
    window = createWindow({
      preload: beside('./preload.cjs'),
      icon: beside('./assets/icon.png'),
      place: join(app.getPath('userData'), 'window.json'),
    })
    window.once('closed', () => (window = null))
    window.once('show', () => process.send?.('up'))
    await window.loadURL(`${origin}/`)
  }

  async function opened(paths: readonly string[]): Promise<OpenedFile[]> {
    const served = await files.addAll(paths)
    return served.map(({ name, size, url }) => ({ kind: 'url', name, size, url: `${origin}${url}` }))
  }

  ipcMain.handle(channels.openDialog, async () => {
    const chosen = await showDialog({
      title: 'Open traces or a saved session',
      // Only macOS has a dialog for both files and folders.
      properties: ['openFile', 'multiSelections', ...(process.platform === 'darwin' ? ['openDirectory' as const] : [])],
      filters: [
        { name: 'Traces and saved sessions', extensions: ['dat', 'remora', 'wire', 'jsonl', 'json'] },
        { name: 'Probe records', extensions: ['csv', 'jsonl', 'ndjson', 'json', 'txt', 'log'] },
        { name: 'All files', extensions: ['*'] },
      ],
    })
    if (!chosen) return null
    const paths = await tracePaths(chosen)
    const sources = await opened(paths)
    remember(paths)
    return sources
  })

  // The window names paths only; that it may read them follows from the user having opened them before.
  ipcMain.handle(channels.openPaths, async (_, asked: unknown) => {
    const known = parse(array(string()), asked).filter((path) => recent.has(path))
    const found = await Promise.allSettled(known.map((path) => opened([path])))
    return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
  })

  let dropped: string[] = []
  ipcMain.on(channels.droppedPath, (_, path: unknown) => {
    // Files of one drop arrive one by one.
    if (dropped.length === 0) {
      setTimeout(() => {
        remember(dropped)
        dropped = []
      }, 200)
    }
    dropped.push(parse(string(), path))
  })
  ipcMain.on(channels.setTitle, (_, title: unknown) => window?.setTitle(parse(string(), title)))
  ipcMain.on(channels.setTheme, (_, theme: unknown) => {
    nativeTheme.themeSource = parse(picklist(['system', 'dark', 'light']), theme)
  })

  app.on('second-instance', (_event, _argv, _cwd, data) => {
    void openPaths(parse(array(string()), (data as { paths?: unknown }).paths ?? []))
  })
  app.on('open-file', (event, path) => {
    event.preventDefault()
    void app.whenReady().then(() => openPaths([path]))
  })
  app.on('window-all-closed', () => app.quit())

  // Sessions kept by the screens name files by address: give the addresses of recent files their meaning back.
  await Promise.allSettled(recent.sets.flat().map((path) => files.addAgain(path)))
  await app.whenReady()
  await start(named)
  const api = createApp({
    files,
    startup: () => startup,
    samples: () => serveSamples(files),
    renderer: rendererDir,
    remote: { secrets: new KeptSecrets(join(app.getPath('userData'), 'kept-secrets.json'), safeStorage) },
  })
  protocol.handle('remora', (request) =>
    request.url.startsWith(`${origin}/`) ? api.fetch(request) : new Response(null, { status: 404 }),
  )
  refusePermissions(session.defaultSession)
  showMenu()
  await openWindow()
}
