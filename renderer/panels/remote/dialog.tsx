// Files of another machine: connect, look round, see what the heads say, and open: copied here, or where they are.

import { handle } from '../../state/messages.js'
import {
  busy,
  copying,
  hideRemote,
  leaveMachine,
  machine,
  question,
  remoteFault,
  reopening,
} from '../../state/remote.js'
import { Dialog } from '../../widgets/dialog.js'
import { Browse } from './browse.js'
import { Connect } from './connect.js'
import { Copying } from './copying.js'
import { Ask } from './question.js'

export function RemoteDialog() {
  const at = machine.value
  const asked = question.value
  const work = busy.value
  const again = reopening.value
  return (
    <Dialog title="Files of another machine" class="remote" onClose={hideRemote}>
      <header class="dialog-head">
        <h2>{at ? at.label : again ? `Open ${again.name} again` : 'Files of another machine'}</h2>
        <span class="fill" />
        {at && !again && (
          <button type="button" class="quiet" onClick={() => handle(leaveMachine())}>
            Disconnect
          </button>
        )}
        <button type="button" class="quiet" aria-label="Close" title="Close (Esc)" onClick={hideRemote}>
          ×
        </button>
      </header>
      {remoteFault.value && (
        <p class="remote-fault" role="alert">
          {remoteFault.value}
        </p>
      )}
      {asked && <Ask question={asked.question} answer={asked.answer} />}
      {copying.value && <Copying />}
      {!asked && !copying.value && (at && !again ? <Browse /> : <Connect />)}
      {work && !copying.value && (
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
