// Events that would tell more, and the line that records them: in every view of what really ran.

import { signal } from '@preact/signals'
import type { Lacking } from '../../workers/thread/contract.js'
import { plural } from '../state/format.js'
import { lacking } from '../state/fused.js'
import { copyText } from '../widgets/copy.js'
import { Dialog } from '../widgets/dialog.js'

export const lackingOpen = signal(false)

export function LackingList({ list }: { readonly list: readonly Lacking[] }) {
  const commands = [...new Set(list.map((l) => l.command))]
  if (list.length === 0) return null
  return (
    <section class="lacking">
      <h3>More could be told</h3>
      <ul>
        {list.map((l, i) => (
          <li key={i}>{l.sentence}</li>
        ))}
      </ul>
      {commands.map((c) => (
        <CommandLine key={c} line={c} />
      ))}
    </section>
  )
}

/** A line to type elsewhere, with a button that copies it. */
export function CommandLine({ line }: { readonly line: string }) {
  return (
    <p class="command">
      <code>{line}</code>
      <button type="button" class="button" onClick={() => copyText(line)}>
        Copy
      </button>
    </p>
  )
}

/** Where there is no room for the list: says that there is one, and opens it. */
export function LackingNote({ short = false }: { readonly short?: boolean }) {
  const list = lacking.value ?? []
  if (list.length === 0) return null
  const events = new Set(list.flatMap((l) => l.events)).size
  const title = `${list.map((l) => l.sentence).join('\n')}\nClick for the line that records them.`
  return (
    <button
      type="button"
      class="lacking-note"
      title={title}
      aria-label="What more could be told"
      onClick={(e) => {
        e.stopPropagation()
        lackingOpen.value = true
      }}
    >
      {short ? '!' : `${plural(events, 'event')} not recorded: more could be told`}
    </button>
  )
}

export function LackingDialog() {
  const close = () => (lackingOpen.value = false)
  return (
    <Dialog title="What more could be told" class="lacking-dialog" onClose={close}>
      <header class="dialog-head">
        <h2>What recording more would tell</h2>
        <button type="button" class="quiet end" autofocus onClick={close}>
          Close
        </button>
      </header>
      <LackingList list={lacking.value ?? []} />
    </Dialog>
  )
}
