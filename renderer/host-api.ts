// The one door to whatever the window runs in: Electron's preload (`window.remoraHost`) or, in a browser, the local server alone.
// Only what is native goes through here; file contents go to the engine's worker directly.

import type { SourceRef } from '../workers/bytes.js'

/** A file that the native side has made readable. */
export type NativeFile = SourceRef & {
  /** Where it is; absent when only this run can find it. */
  readonly path?: string
}

/** What the preload offers. */
export interface NativeHost {
  /** The system's open dialog; null when it was cancelled. */
  openDialog(): Promise<NativeFile[] | null>
  /** Path of a dropped or chosen file, '' when it has none. */
  pathForFile(file: File): string
  /** Makes files at these paths readable again; those that are gone are left out. */
  openPaths(paths: readonly string[]): Promise<NativeFile[]>
  setTitle(title: string): void
  /** Menu entries by command id; answers a function that stops listening. */
  onMenu(callback: (command: string) => void): () => void
  setTheme(theme: 'system' | 'dark' | 'light'): void
}

declare global {
  interface Window {
    readonly remoraHost?: NativeHost
    showOpenFilePicker?(options: { multiple: boolean }): Promise<FileSystemFileHandle[]>
  }
  interface DataTransferItem {
    getAsFileSystemHandle?(): Promise<FileSystemHandle | null>
  }
  interface FileSystemHandle {
    queryPermission?(options: { mode: 'read' }): Promise<PermissionState>
    requestPermission?(options: { mode: 'read' }): Promise<PermissionState>
  }
  interface FileSystemDirectoryHandle {
    values(): AsyncIterable<FileSystemFileHandle | FileSystemDirectoryHandle>
  }
}

/** How a file can be found again when its session is reopened. */
export type Anchor =
  | { readonly kind: 'handle'; readonly handle: FileSystemFileHandle }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  /** On another machine: `ssh://user@host`, and how it was opened. */
  | { readonly kind: 'remote'; readonly address: string; readonly path: string; readonly way: 'copy' | 'place' }
  /** In a bundle, which is found again by `of`. */
  | { readonly kind: 'bundle'; readonly of: Anchor; readonly name: string; readonly size: number }
  | { readonly kind: 'none' }

export interface Chosen {
  readonly source: SourceRef
  /** Below the folder that was chosen or dropped, with that folder's name. */
  readonly path?: string
  readonly anchor: Anchor
}

export interface Startup {
  /** Files given on the command line, or the bundled sample. */
  readonly sources: readonly { readonly name: string; readonly size: number; readonly url: string }[]
  readonly sample: boolean
  /** Runs of one folder, of which the first is among the sources. */
  readonly runs?: RecordedRuns
  /** One sentence to show at the start. */
  readonly notice?: string
  readonly version: string
}

/** Recordings that were made one after the other. */
export interface RecordedRuns {
  readonly folder: string
  readonly runs: readonly { readonly run: number; readonly seconds: number; readonly sources: Startup['sources'] }[]
}

const native = (): NativeHost | undefined => window.remoraHost

/** Whether this is the desktop window, which reaches the system's key store. */
export const hasKeyStore = (): boolean => native() !== undefined

async function json(path: string): Promise<unknown> {
  const answer = await fetch(path)
  if (!answer.ok) throw new Error(`The local server answered ${answer.status} to ${path}.`)
  return answer.json()
}

/** What to open at the start. Rejects with a sentence when the server cannot be reached. */
export async function startup(): Promise<Startup> {
  const body = (await json('/api/startup')) as Partial<Startup>
  return {
    sources: body.sources ?? [],
    sample: body.sample ?? false,
    version: body.version ?? '',
    ...(body.runs ? { runs: body.runs } : {}),
    ...(body.notice ? { notice: body.notice } : {}),
  }
}

/** A recording that comes with the program. */
export interface Sample {
  readonly name: string
  /** One line about it. */
  readonly line: string
  /** Made by a program, not recorded. */
  readonly generated: boolean
  readonly sources: Startup['sources']
}

/** The samples of this installation. Rejects with a sentence when the server cannot be reached. */
export const samples = async (): Promise<readonly Sample[]> => (await json('/api/samples')) as readonly Sample[]

export function chosenUrl(file: Startup['sources'][number]): Chosen {
  const url = new URL(file.url, location.href).href
  return { source: { kind: 'url', name: file.name, size: file.size, url }, anchor: { kind: 'url', url: file.url } }
}

export function chosenFile(file: File, handle?: FileSystemFileHandle): Chosen {
  const path = native()?.pathForFile(file) ?? ''
  const anchor: Anchor = handle ? { kind: 'handle', handle } : path ? { kind: 'path', path } : { kind: 'none' }
  return { source: { kind: 'blob', name: file.name, size: file.size, blob: file }, anchor }
}

function chosenRef(source: NativeFile): Chosen {
  if (source.path) return { source, anchor: { kind: 'path', path: source.path } }
  return { source, anchor: source.kind === 'url' ? { kind: 'url', url: source.url } : { kind: 'none' } }
}

/** Asks for files; null when cancelled. `input` is the page's own file field, used where the browser has no picker. */
export async function pickFiles(input: HTMLInputElement): Promise<readonly Chosen[] | null> {
  const host = native()
  if (host) return (await host.openDialog())?.map(chosenRef) ?? null
  if (window.showOpenFilePicker) {
    try {
      const handles = await window.showOpenFilePicker({ multiple: true })
      return await Promise.all(handles.map(async (h) => chosenFile(await h.getFile(), h)))
    } catch (e) {
      if (e instanceof DOMException && e.name === 'AbortError') return null
      throw e
    }
  }
  return pickThrough(input)
}

/** Asks through a file field: single files or, where the field says so, a whole folder. */
function pickThrough(input: HTMLInputElement): Promise<readonly Chosen[] | null> {
  return new Promise((resolve) => {
    const done = (files: readonly Chosen[] | null) => {
      input.removeEventListener('change', onChange)
      input.removeEventListener('cancel', onCancel)
      input.value = ''
      resolve(files)
    }
    const onChange = () =>
      done(
        [...(input.files ?? [])].map((f) => ({
          ...chosenFile(f),
          ...(f.webkitRelativePath ? { path: f.webkitRelativePath } : {}),
        })),
      )
    const onCancel = () => done(null)
    input.addEventListener('change', onChange)
    input.addEventListener('cancel', onCancel)
    input.click()
  })
}

/** Asks for a folder; all files below it, whatever they are. */
export const pickAll = (input: HTMLInputElement): Promise<readonly Chosen[] | null> => pickThrough(input)

/** Asks for a folder; the traces below it. */
export async function pickFolder(input: HTMLInputElement): Promise<readonly Chosen[] | null> {
  const files = await pickThrough(input)
  return files && traceFiles(files)
}

/** Everything that was dropped, folders looked through. Must be called before the drop event's handler returns. */
export async function dropped(transfer: DataTransfer): Promise<readonly Chosen[]> {
  const items = [...transfer.items].filter((i) => i.kind === 'file')
  const waiting = items.map((item) => {
    const file = item.getAsFile()
    const handle = item.getAsFileSystemHandle?.() ?? Promise.resolve(null)
    return handle.then((h) => ({ file, handle: h })).catch(() => ({ file, handle: null }))
  })
  const found: Chosen[] = []
  for (const { file, handle } of await Promise.all(waiting)) {
    if (handle?.kind === 'directory') found.push(...traceFiles(await walk(handle as FileSystemDirectoryHandle)))
    else if (file) found.push(chosenFile(file, handle ? (handle as FileSystemFileHandle) : undefined))
  }
  return found
}

async function walk(folder: FileSystemDirectoryHandle, depth = 0, path = folder.name): Promise<Chosen[]> {
  const found: Chosen[] = []
  for await (const entry of folder.values()) {
    const own = `${path}/${entry.name}`
    if (entry.kind === 'file') found.push({ ...chosenFile(await entry.getFile(), entry), path: own })
    else if (depth < 4) found.push(...(await walk(entry, depth + 1, own)))
  }
  return found
}

/** Of a folder's files those whose names can be traces; all when none can. */
function traceFiles(files: readonly Chosen[]): readonly Chosen[] {
  const traces = files.filter((f) => /\.(dat|trace|txt|perf|ctf|remora)$/i.test(f.source.name))
  return traces.length > 0 ? traces : files
}

/** Finds a file again; null when it is gone, changed its size or may not be read. */
export async function reopen(anchor: Anchor, name: string, size: number): Promise<Chosen | null> {
  const same = (c: Chosen | undefined) => (c && c.source.size === size ? c : null)
  if (anchor.kind === 'handle') {
    const may = (await anchor.handle.queryPermission?.({ mode: 'read' })) ?? 'granted'
    if (may !== 'granted' && (await anchor.handle.requestPermission?.({ mode: 'read' })) !== 'granted') return null
    return same(chosenFile(await anchor.handle.getFile(), anchor.handle))
  }
  if (anchor.kind === 'path') {
    const refs = (await native()?.openPaths([anchor.path])) ?? []
    return same(refs[0] && { source: refs[0], anchor })
  }
  if (anchor.kind === 'url') {
    const url = new URL(anchor.url, location.href).href
    const head = await fetch(url, { method: 'HEAD' })
    if (!head.ok || Number(head.headers.get('content-length') ?? size) !== size) return null
    return { source: { kind: 'url', name, size, url }, anchor }
  }
  return null
}

export function setTitle(title: string): void {
  document.title = title
  native()?.setTitle(title)
}

export const setNativeTheme = (theme: 'system' | 'dark' | 'light'): void => native()?.setTheme(theme)

export const onMenu = (callback: (command: string) => void): (() => void) =>
  native()?.onMenu(callback) ?? (() => undefined)
