// The window without files: sessions that were open, and ways to open one.

import { openFilesDialog, openFolderDialog } from '../commands/file.js'
import { openRecordsFolder } from './runs/open.js'
import { formatBytes, formatDate, plural } from '../state/format.js'
import { handle } from '../state/messages.js'
import { missing, openSample, recent, refreshRecent, samples, thumbs, version } from '../state/opening.js'
import { showRecorder } from '../state/recording.js'
import { openRecentRuns } from '../state/recent-runs.js'
import { openSaved, showRemote } from '../state/remote.js'
import { forgetSession } from '../store/db.js'
import type { SavedSession } from '../store/db.js'
import { Icon } from '../widgets/icons.js'

/** The machine that the session's files are on, '' = this one. */
function remoteOf({ files }: SavedSession): string {
  const anchor = files[0]?.anchor
  return anchor?.kind === 'remote' ? anchor.address.replace(/^ssh:\/\//, '') : ''
}

export function Start() {
  const sessions = recent.value
  const lost = missing.value
  return (
    <main class="start">
      <div class="start-body">
        <h1>
          Remora <small class="muted">{version.value}</small>
        </h1>
        <p class="muted">Kernel traces of a host and its guests on one timeline.</p>
        <section class="start-ways" aria-label="Open">
          <button type="button" class="start-way" onClick={openFilesDialog}>
            <Icon name="open" />
            <b>Open files</b>
            <span>trace.dat of a host, and of its guests with it</span>
            <kbd>Ctrl+O</kbd>
          </button>
          <button type="button" class="start-way" onClick={openFolderDialog}>
            <Icon name="folder" />
            <b>Open a folder</b>
            <span>all traces in it, paired by what they say of each other</span>
          </button>
          <button type="button" class="start-way" onClick={() => handle(showRemote())}>
            <Icon name="remote" />
            <b>Open over SSH</b>
            <span>traces of another machine, copied here or read in place</span>
          </button>
          <button type="button" class="start-way" onClick={() => handle(showRecorder())}>
            <Icon name="record" />
            <b>Record</b>
            <span>this machine and its guests, or another over SSH</span>
          </button>
          <button type="button" class="start-way" onClick={openRecordsFolder}>
            <Icon name="folder" />
            <b>Compare runs</b>
            <span>a folder of probe records, host against VM</span>
          </button>
          {samples.value.map((sample) => (
            <button key={sample.name} type="button" class="start-way" onClick={() => handle(openSample(sample))}>
              <Icon name="rows" />
              <b>{sample.generated ? 'Generated sample' : 'Recorded sample'}</b>
              <span>{sample.line}</span>
              {sample.generated && <span class="origin">generated</span>}
            </button>
          ))}
        </section>
        {lost && (
          <p class="warning" role="status">
            This window may not read these files by itself any more: {lost.files.map((f) => f.name).join(', ')}. Choose
            or drop them again, moved or renamed as they may be, and notes, markers and zoom come back.{' '}
            <button type="button" class="link" onClick={openFilesDialog}>
              Choose files
            </button>
          </p>
        )}
        <section aria-label="Recent sessions">
          <h2>Recent</h2>
          {sessions.length === 0 ? (
            <p class="muted">Sessions that you open are listed here, with their notes, markers and zoom.</p>
          ) : (
            <ul class="recent">
              {sessions.map((s) => (
                <li key={s.key}>
                  <button
                    type="button"
                    class="recent-open"
                    onClick={() => handle(s.runs ? openRecentRuns(s) : openSaved(s))}
                  >
                    <span class="recent-thumb">
                      {thumbs.value.has(s.key) && <img src={thumbs.value.get(s.key)} alt="" />}
                    </span>
                    <span class="recent-name">
                      <b>{s.name}</b>
                      {remoteOf(s) && <span class="origin">{remoteOf(s)}</span>}
                      {s.label && <span class="origin">{s.label}</span>}
                      {s.runs && <span class="origin">probe records</span>}
                    </span>
                    <span class="muted right">{s.view?.notes?.length ? plural(s.view.notes.length, 'note') : ''}</span>
                    <span class="muted right">{plural(s.events, s.runs ? 'run' : 'event')}</span>
                    <span class="muted right">{formatBytes(s.files.reduce((n, f) => n + f.size, 0))}</span>
                    <span class="muted right">{formatDate(s.opened, Date.now())}</span>
                  </button>
                  <button
                    type="button"
                    class="quiet"
                    aria-label={`Forget ${s.name}`}
                    title="Forget this session, its notes and markers"
                    onClick={() => handle(forgetSession(s.key).then(refreshRecent))}
                  >
                    ×
                  </button>
                </li>
              ))}
            </ul>
          )}
        </section>
        <p class="muted">Files and folders can be dropped anywhere on this window.</p>
      </div>
    </main>
  )
}
