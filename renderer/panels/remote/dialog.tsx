// Files of another machine: connect, look round, see what the heads say, and open: copied here, or where they are.

import { handle } from '../../state/messages.js'
import {
  busy,
  copying,
  hideRemote,
  leaveMachine,
  machine,
  purpose,
  question,
  recordLive,
  remoteFault,
  reopening,
} from '../../state/remote.js'
import { Dialog } from '../../widgets/dialog.js'
import { showRecord } from '../../state/recording.js'
import { Browse } from './browse.js'
import { Connect } from './connect.js'
import { Copying } from './copying.js'
import { Ask } from './question.js'
import { Record } from './record.js'

export function RemoteDialog() {
  const at = machine.value
  const asked = question.value
  const work = busy.value
  const again = reopening.value
  const going = recordLive.value !== null
  return (
    <Dialog title="Files of another machine" class="remote" onClose={hideRemote}>
      <header class="dialog-head">
        <h2>{at ? at.label : again ? `Open ${again.name} again` : 'Files of another machine'}</h2>
        {at && !again && (
          <div class="tabs remote-tabs" role="tablist">
            <Tab name="Files" on={purpose.value === 'files'} show={() => (purpose.value = 'files')} />
            <Tab name="Record" on={purpose.value === 'record'} show={() => handle(showRecord())} />
          </div>
        )}
        <span class="fill" />
        {at && !again && !going && (
          <button type="button" class="quiet" onClick={() => handle(leaveMachine())}>
            Disconnect
          </button>
        )}
        {!going && (
          <button type="button" class="quiet" aria-label="Close" title="Close (Esc)" onClick={hideRemote}>
            ×
          </button>
        )}
      </header>
      {remoteFault.value && (
        <p class="remote-fault" role="alert">
          {remoteFault.value}
        </p>
      )}
      {asked && <Ask question={asked.question} answer={asked.answer} />}
      {copying.value && <Copying />}
      {!asked && !copying.value && (at && !again ? purpose.value === 'record' ? <Record /> : <Browse /> : <Connect />)}
      {work && !copying.value && !going && (
        <p class="work" role="status">
          <progress aria-label={work.text} />
          <span>{work.text}</span>
          <button type="button" class="quiet" onClick={work.cancel}>
            Cancel
          </button>
        </p>
      )}
    </Dialog>
  )
}

function Tab({ name, on, show }: { readonly name: string; readonly on: boolean; readonly show: () => void }) {
  return (
    <button type="button" role="tab" aria-selected={on} disabled={busy.value !== null && !on} onClick={show}>
      {name}
    </button>
  )
}
