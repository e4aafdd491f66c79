// Opening and closing.

import { bundleOpen } from '../export/bundle-dialog.js'
import { exportOpen } from '../export/dialog.js'
import { reportOpen } from '../export/report-dialog.js'
import { trimOpen } from '../export/trim-dialog.js'
import { hasKeyStore, pickFolder } from '../host-api.js'
import { handle, say } from '../state/messages.js'
import { chooseAndOpen, closeSession, familyOpen, openFiles, openSample, samples } from '../state/opening.js'
import { showRecorder } from '../state/recording.js'
import { forgetKept, showRemote } from '../state/remote.js'
import { inPlace, open, type Command } from './command.js'

/** Asks for files through the page's file field, where there is no better door. */
export function openFilesDialog(): void {
  const input = document.getElementById('open-files')
  if (input instanceof HTMLInputElement) handle(chooseAndOpen(input))
}

export function openFolderDialog(): void {
  const input = document.getElementById('open-folder')
  if (!(input instanceof HTMLInputElement)) return
  const go = async () => {
    const files = await pickFolder(input)
    if (!files) return
    if (files.length === 0) say('note', 'The folder holds no files.')
    else await openFiles(files, { ask: true })
  }
  handle(go())
}

const openNamed = (name: string) => (): void => {
  const sample = samples.peek().find((s) => s.name === name)
  if (sample) handle(openSample(sample))
  else say('note', 'This sample does not come with this installation.')
}

export const fileCommands: readonly Command[] = [
  { id: 'open', title: 'Open files', group: 'File', keys: ['Ctrl+O'], run: openFilesDialog },
  {
    id: 'open-remote',
    title: 'Open files of another machine (SSH)',
    group: 'File',
    keys: ['Ctrl+Alt+O'],
    run: inPlace(showRemote),
  },
  {
    id: 'record',
    title: 'Record this machine or another',
    group: 'File',
    keys: ['Ctrl+Alt+R'],
    run: inPlace(showRecorder),
  },
  { id: 'open-folder', title: 'Open a folder', group: 'File', keys: ['Ctrl+Shift+O'], run: openFolderDialog },
  {
    id: 'sample-recorded',
    title: 'Open the recorded sample: a host and its guest',
    group: 'File',
    keys: [],
    run: openNamed('host-and-guest'),
  },
  {
    id: 'sample-generated',
    title: 'Open the generated sample: a host with nested guests',
    group: 'File',
    keys: [],
    run: openNamed('generated-vms'),
  },
  {
    id: 'family',
    title: 'Show hosts, guests and files',
    group: 'File',
    keys: ['i'],
    when: open,
    run: () => (familyOpen.value = true),
  },
  {
    id: 'export',
    title: 'Export a picture of the timeline',
    group: 'File',
    keys: ['Ctrl+E'],
    when: open,
    run: () => (exportOpen.value = true),
  },
  {
    id: 'save-session',
    title: 'Save the session as a file',
    group: 'File',
    keys: ['Ctrl+S'],
    when: open,
    run: () => (bundleOpen.value = true),
  },
  {
    id: 'report',
    title: 'Write a report of saved views and tables',
    group: 'File',
    keys: ['Ctrl+Shift+E'],
    when: open,
    run: () => (reportOpen.value = true),
  },
  {
    id: 'trim',
    title: 'Save a part as trace.dat: a range, machines, CPUs',
    group: 'File',
    keys: [],
    when: open,
    run: () => (trimOpen.value = true),
  },
  {
    id: 'forget-secrets',
    title: 'Forget the passwords and passphrases that are kept in the key store',
    group: 'File',
    keys: [],
    when: hasKeyStore,
    run: inPlace(forgetKept),
  },
  { id: 'close', title: 'Close the session', group: 'File', keys: [], when: open, run: inPlace(closeSession) },
]
