// Runs: groups and what is asked to the left, plots in the middle, what it comes to in words to the right.

import { session } from '../../state/session-state.js'
import { runsInput, runsReport, runsTrouble, runsWork, takeFromRecording } from '../../state/runs.js'
import { formatShare } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import { openRecordsDialog, openRecordsFolder } from './open.js'
import { Asked } from './asked.js'
import { ChainField } from './chain.js'
import { DefinitionsDialog, definitionsOpen } from './definitions.js'
import { Plots } from './plots.js'
import { Words } from './words.js'

export function Runs() {
  const report = runsReport.value
  return (
    <div class="panel-fill">
      {runsWork.value && <Working />}
      {runsTrouble.value !== null && (
        <p class="warning runs-trouble" role="alert">
          {runsTrouble.value}
        </p>
      )}
      {runsInput.value === null ? (
        <NoRuns />
      ) : (
        <div class="runs">
          <Asked />
          {report ? (
            <>
              <Plots report={report} />
              <Words report={report} />
            </>
          ) : (
            <p class="empty">
              {runsInput.value.runs === 0
                ? 'No run was found in what was read; what was left out is listed to the left.'
                : 'Name the probes of a chain to the left: the figures of its runs appear here.'}
            </p>
          )}
        </div>
      )}
      {definitionsOpen.value && <DefinitionsDialog />}
    </div>
  )
}

function Working() {
  const work = runsWork.value
  if (!work) return null
  const { progress } = work
  const share = progress ? formatShare(progress.done, progress.total) : ''
  return (
    <div class="panel-bar">
      <span class="work" role="status">
        <progress max={progress?.total ?? 1} value={progress ? progress.done : undefined} aria-label={work.title} />
        <span>
          {work.title} {share}
        </span>
        <button type="button" class="quiet" onClick={work.cancel}>
          Cancel
        </button>
      </span>
    </div>
  )
}

function NoRuns() {
  return (
    <div class="scroll panel-fill" tabIndex={0} aria-label="Runs">
      <p class="empty">
        Compares many passes through one chain of probes, host against VM: how long they take, how they scatter, and how
        sure that is.
      </p>
      <div class="runs-none">
        <section>
          <h3>From probe records</h3>
          <p class="muted">CSV, JSON lines, JSON, or lines of time and probe; a folder with those of all runs.</p>
          <p class="button-row">
            <button type="button" class="button primary" onClick={openRecordsDialog}>
              Open records
            </button>
            <button type="button" class="button" onClick={openRecordsFolder}>
              Open a folder of records
            </button>
          </p>
        </section>
        {session.value && (
          <section>
            <h3>From this recording</h3>
            <ChainField />
            <p class="button-row">
              <button type="button" class="button" onClick={() => handle(takeFromRecording())}>
                Take from the recording
              </button>
              <button type="button" class="button" onClick={() => (definitionsOpen.value = true)}>
                What labels mean
              </button>
            </p>
          </section>
        )}
      </div>
    </div>
  )
}
