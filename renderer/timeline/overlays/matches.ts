// Where the search has found something.

import { range } from '../../state/session-state.js'
import { AXIS_HEIGHT } from '../geometry.js'
import { followMatches, viewMarks } from '../match-marks.js'
import { paintMatches } from '../paint/matches.js'
import { canvasWidth } from '../signals.js'
import type { Overlay } from './overlay.js'

export const matchesOverlay: Overlay = {
  id: 'matches',
  start: () =>
    followMatches(
      viewMarks,
      () => range.value,
      () => canvasWidth.value,
    ),
  watch: () => void viewMarks.value,
  paint: (ctx, { scale, theme }) => {
    const marks = viewMarks.peek()
    if (marks) paintMatches(ctx, marks, scale, AXIS_HEIGHT - 6, 6, theme.match)
  },
}
