// Which time is in view.

import { canGoBack, canGoForward, markers, rangeSelection } from '../state/session-state.js'
import * as timeline from '../timeline/commands.js'
import { open, type Command } from './command.js'

export const zoomCommands: readonly Command[] = [
  { id: 'zoom-in', title: 'Zoom in', group: 'Zoom and pan', keys: ['w', '+', '='], when: open, run: timeline.zoomIn },
  { id: 'zoom-out', title: 'Zoom out', group: 'Zoom and pan', keys: ['s', '-'], when: open, run: timeline.zoomOut },
  {
    id: 'earlier',
    title: 'Pan earlier',
    group: 'Zoom and pan',
    keys: ['a', 'Left'],
    when: open,
    run: timeline.panEarlier,
  },
  { id: 'later', title: 'Pan later', group: 'Zoom and pan', keys: ['d', 'Right'], when: open, run: timeline.panLater },
  {
    id: 'page-earlier',
    title: 'Pan earlier by a screen',
    group: 'Zoom and pan',
    keys: ['Shift+Left', 'PageUp'],
    when: open,
    run: timeline.pageEarlier,
  },
  {
    id: 'page-later',
    title: 'Pan later by a screen',
    group: 'Zoom and pan',
    keys: ['Shift+Right', 'PageDown'],
    when: open,
    run: timeline.pageLater,
  },
  {
    id: 'fit',
    title: 'Show the whole session',
    group: 'Zoom and pan',
    keys: ['0', 'Home'],
    when: open,
    run: timeline.fitAll,
  },
  {
    id: 'zoom-selection',
    title: 'Zoom to the range, or from A to B',
    group: 'Zoom and pan',
    keys: ['z'],
    when: () => rangeSelection.value !== null || (markers.value.a !== null && markers.value.b !== null),
    run: timeline.zoomToSelection,
  },
  {
    id: 'zoom-back',
    title: 'Previous zoom',
    group: 'Zoom and pan',
    keys: ['Backspace'],
    when: () => canGoBack.value,
    run: timeline.zoomBack,
  },
  {
    id: 'zoom-forward',
    title: 'Next zoom',
    group: 'Zoom and pan',
    keys: ['Shift+Backspace'],
    when: () => canGoForward.value,
    run: timeline.zoomForward,
  },
]
