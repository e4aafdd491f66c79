// Many runs of one chain.

import { openRecordsDialog, openRecordsFolder } from '../panels/runs/open.js'
import { definitionsOpen } from '../panels/runs/definitions.js'
import { closeRuns, runsInput, runsReport, takeFromRecording } from '../state/runs.js'
import { inPlace, open, type Command } from './command.js'

export const runsCommands: readonly Command[] = [
  { id: 'open-records', title: 'Open probe records of many runs', group: 'File', keys: [], run: openRecordsDialog },
  {
    id: 'open-records-folder',
    title: 'Open a folder of probe records',
    group: 'File',
    keys: [],
    run: openRecordsFolder,
  },
  {
    id: 'take-runs',
    title: 'Take the runs of the chain from the recording',
    group: 'File',
    keys: [],
    when: () => open() && runsReport.value !== null,
    run: inPlace(takeFromRecording),
  },
  {
    id: 'run-labels',
    title: 'What the labels of chains stand for',
    group: 'File',
    keys: [],
    when: () => runsInput.value !== null,
    run: () => (definitionsOpen.value = true),
  },
  {
    id: 'close-runs',
    title: 'Close the runs',
    group: 'File',
    keys: [],
    when: () => runsInput.value !== null,
    run: inPlace(closeRuns),
  },
]
