// Names of what crosses the wall between the window and the native side. Only what is native goes here; all data goes through
// the API (main/api).

export const channels = {
  openDialog: 'remora:open-dialog',
  openPaths: 'remora:open-paths',
  droppedPath: 'remora:dropped-path',
  setTitle: 'remora:set-title',
  setTheme: 'remora:set-theme',
  menu: 'remora:menu',
} as const

export type ThemeChoice = 'system' | 'dark' | 'light'

/** A file that the window may read, as the engine's SourceRef of kind `url`. */
export interface OpenedFile {
  readonly kind: 'url'
  readonly name: string
  /** Bytes. */
  readonly size: number
  readonly url: string
}

/** What the preload gives the window as `remoraHost`. */
export interface RemoraHost {
  readonly platform: string
  /** The system's open dialog; null when it was cancelled. Rejects with a sentence when a chosen file cannot be read. */
  openDialog(): Promise<OpenedFile[] | null>
  /** Path of a dropped or chosen file, '' when it has none. Remembers it among the recent files. */
  pathForFile(file: File): string
  /** Makes files readable again that were opened before; others, and those that are gone, are left out. */
  openPaths(paths: readonly string[]): Promise<OpenedFile[]>
  setTitle(title: string): void
  setTheme(theme: ThemeChoice): void
  /** Calls back with the command id of a chosen menu entry; answers a function that stops it. */
  onMenu(callback: (command: string) => void): () => void
}
