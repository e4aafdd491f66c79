import { plural } from '../../state/format.js'
import { tableCount } from '../../state/session-state.js'
import { follow } from '../../state/settings.js'
import { SaveTable } from '../save-table.js'

/** How many events the table lists, and whether it follows. */
export function EventsBar() {
  return (
    <>
      <span class="muted">{plural(tableCount.value, 'event')}</span>
      <label class="check" title="Scroll to what is selected on the timeline">
        <input type="checkbox" checked={follow.value} onChange={() => (follow.value = !follow.peek())} />
        Follow selection
      </label>
      <SaveTable tables={['events']} />
    </>
  )
}
