// Files of another machine: connect, look round, see what the heads say, and open: copied here, or where they are. And what is
// recorded: this machine or another.

import { handle } from '../../state/messages.js'
import {
  busy,
  copying,
  hideRemote,
  leaveMachine,
  machine,
  openedFor,
  purpose,
  question,
  recordLive,
  remoteFault,
  reopening,
} from '../../state/remote.js'
import { Dialog } from '../../widgets/dialog.js'
import { chooseMachine, recordHere, showRecordThere } from '../../state/recording.js'
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
  const recording = openedFor.value === 'record'
  const here = recording && recordHere.value
  const title = recording ? 'Record' : 'Files of another machine'
  const found = here || (at && !again)
  return (
    <Dialog title={title} class="remote" onClose={hideRemote}>
      <header class="dialog-head">
        <h2>{recording ? title : at ? at.label : again ? `Open ${again.name} again` : 'Files of another machine'}</h2>
        {recording && (
          <div class="tabs remote-tabs" role="tablist" aria-label="Machine">
            <Tab name="This machine" on={here} show={() => handle(chooseMachine(true))} />
            <Tab name={at?.label ?? 'Another machine'} on={!here} show={() => handle(chooseMachine(false))} />
          </div>
        )}
        {!recording && at && !again && (
          <div class="tabs remote-tabs" role="tablist">
            <Tab name="Files" on={purpose.value === 'files'} show={() => (purpose.value = 'files')} />
            <Tab name="Record" on={purpose.value === 'record'} show={() => handle(showRecordThere())} />
          </div>
        )}
        <span class="fill" />
        {at && !here && !again && !going && (
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
      {!asked && !copying.value && (found ? purpose.value === 'record' ? <Record /> : <Browse /> : <Connect />)}
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
