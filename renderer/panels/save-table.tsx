import { formats, saveTable, tableWords, type TableName } from '../export/tables.js'
import { handle } from '../state/messages.js'
import { openMenuBelow } from '../widgets/menu.js'
import { wakeQuery } from './wakeups/view.js'

/** A button that saves what a table lists. */
export function SaveTable({ tables }: { readonly tables: readonly TableName[] }) {
  const entries = () =>
    tables.flatMap((table) =>
      formats.map((format) => ({
        label: `Save ${tableWords[table]} as ${format.toUpperCase()}`,
        run: () => handle(saveTable(table, format, () => wakeQuery.peek())),
      })),
    )
  return (
    <button
      type="button"
      class="quiet"
      title="Save the table as CSV or JSON"
      onClick={(e) => openMenuBelow(e.currentTarget, entries())}
    >
      Save
    </button>
  )
}
