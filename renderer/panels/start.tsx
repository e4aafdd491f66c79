// The window without files: sessions that were open, and ways to open one.

import { openFilesDialog, openFolderDialog } from '../commands/file.js'
import { chosenUrl, startup } from '../host-api.js'
import { formatBytes, formatDate, plural } from '../state/format.js'
import { handle, say } from '../state/messages.js'
import { missing, openFiles, openRecent, recent, refreshRecent, version } from '../state/opening.js'
import { forgetSession } from '../store/db.js'
import { Icon } from '../widgets/icons.js'

/** The files the program was started with, or its sample. */
async function openGiven(): Promise<void> {
  const start = await startup()
  if (start.sources.length === 0) say('note', 'No sample comes with this installation.')
  else await openFiles(start.sources.map(chosenUrl), { ask: false, sample: start.sample })
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
          <button type="button" class="start-way" onClick={() => handle(openGiven())}>
            <Icon name="rows" />
            <b>Open the sample</b>
            <span>a recorded host and guest</span>
          </button>
        </section>
        {lost && (
          <p class="warning" role="status">
            This window may not read these files by itself any more: {lost.files.map((f) => f.name).join(', ')}. Choose
            or drop them again, and their markers, pins and zoom come back.{' '}
            <button type="button" class="link" onClick={openFilesDialog}>
              Choose files
            </button>
          </p>
        )}
        <section aria-label="Recent sessions">
          <h2>Recent</h2>
          {sessions.length === 0 ? (
            <p class="muted">Sessions that you open are listed here, with their markers and zoom.</p>
          ) : (
            <ul class="recent">
              {sessions.map((s) => (
                <li key={s.key}>
                  <button type="button" class="recent-open" onClick={() => handle(openRecent(s))}>
                    <b>{s.name}</b>
                    <span class="muted right">{plural(s.events, 'event')}</span>
                    <span class="muted right">{formatBytes(s.files.reduce((n, f) => n + f.size, 0))}</span>
                    <span class="muted right">{formatDate(s.opened, Date.now())}</span>
                  </button>
                  <button
                    type="button"
                    class="quiet"
                    aria-label={`Forget ${s.name}`}
                    title="Forget this session and its markers"
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
