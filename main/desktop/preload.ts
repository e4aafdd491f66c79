import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron'
import { channels, type RemoraHost } from './channels.js'

const host: RemoraHost = {
  platform: process.platform,
  openDialog: () => ipcRenderer.invoke(channels.openDialog),
  pathForFile: (file) => {
    const path = webUtils.getPathForFile(file)
    if (path) ipcRenderer.send(channels.droppedPath, path)
    return path
  },
  openPaths: (paths) => ipcRenderer.invoke(channels.openPaths, paths),
  setTitle: (title) => ipcRenderer.send(channels.setTitle, title),
  setTheme: (theme) => ipcRenderer.send(channels.setTheme, theme),
  onMenu: (callback) => {
    const listener = (_: IpcRendererEvent, command: string) => callback(command)
    ipcRenderer.on(channels.menu, listener)
    return () => ipcRenderer.removeListener(channels.menu, listener)
  },
}

contextBridge.exposeInMainWorld('remoraHost', host)
