// Tables as files for other programs.

import { formats, saveTable, tableNames, tableWords } from '../export/tables.js'
import { wakeQuery } from '../panels/wakeups/view.js'
import { hasVcpus } from '../state/fused.js'
import { inPlace, open, type Command } from './command.js'

export const tableCommands: readonly Command[] = tableNames.flatMap((name) =>
  formats.map((format): Command => ({
    id: `save-${name}-${format}`,
    title: `Save ${tableWords[name]} as ${format.toUpperCase()}`,
    group: 'File',
    keys: [],
    when: name === 'events' || name === 'wakeups' ? open : () => hasVcpus.value,
    run: inPlace(() => saveTable(name, format, () => wakeQuery.peek())),
  })),
)
