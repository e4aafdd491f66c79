// Everything a key, a menu, the palette or the shortcut sheet can do, once: they are all made from this list. Each area brings
// its own from a file in commands/.

import { annotateCommands } from './commands/annotate.js'
import { clockCommands } from './commands/clocks.js'
import type { Command } from './commands/command.js'
import { fileCommands } from './commands/file.js'
import { helpCommands } from './commands/help.js'
import { layerCommands } from './commands/layers.js'
import { rowCommands } from './commands/rows.js'
import { runsCommands } from './commands/runs.js'
import { searchCommands } from './commands/search.js'
import { selectCommands } from './commands/select.js'
import { tableCommands } from './commands/tables.js'
import { undoCommands } from './commands/undo.js'
import { viewCommands } from './commands/view.js'
import { wakeupCommands } from './commands/wakeups.js'
import { zoomCommands } from './commands/zoom.js'

/** In the order of palette and shortcut sheet, which keep those of one group together. */
export const commands: readonly Command[] = [
  ...fileCommands,
  ...tableCommands,
  ...runsCommands,
  ...zoomCommands,
  ...selectCommands,
  ...annotateCommands,
  ...undoCommands,
  ...clockCommands,
  ...rowCommands,
  ...layerCommands,
  ...wakeupCommands,
  ...searchCommands,
  ...viewCommands,
  ...helpCommands,
]

export const command = (id: string): Command | undefined => commands.find((c) => c.id === id)

/** Runs a command by id if it may run now. */
export function runCommand(id: string): void {
  const c = command(id)
  if (c && (c.when?.() ?? true)) c.run()
}
