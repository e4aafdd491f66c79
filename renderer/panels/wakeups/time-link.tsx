import type { SessionTime } from '../../../workers/units.js'
import { formatTime } from '../../state/format.js'
import { holdScope } from '../../state/scope.js'
import { revealTime, session, timeFormat } from '../../state/session-state.js'

/** A time; a click brings it into the middle of the view. */
export function TimeLink({ t }: { readonly t: SessionTime }) {
  const info = session.value
  if (!info) return null
  return (
    <button type="button" class="link" title="Go there" onClick={() => holdScope(() => revealTime(t, true))}>
      {formatTime(t, info, timeFormat.value)}
    </button>
  )
}
