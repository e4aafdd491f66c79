import { formatBytes, formatDate, plural } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import {
  choose,
  chosen,
  inDirectory,
  listing,
  nameFilter,
  openDirectory,
  parentOf,
  showAll,
  shownEntries,
} from '../../state/remote.js'
import type { RemoteEntry } from '../../remote-api.js'
import { Icon } from '../../widgets/icons.js'
import { Chosen } from './chosen.js'

const go = (path: string) => handle(openDirectory(path))

/** A directory: its folders and traces, and what the chosen ones hold. */
export function Browse() {
  const found = listing.value
  if (!found) return <div class="remote-browse" />
  const entries = shownEntries.value
  const traces = found.entries.filter((e) => e.format !== null).length
  return (
    <div class="remote-browse">
      <form
        class="remote-path"
        onSubmit={(e) => {
          e.preventDefault()
          const field = e.currentTarget.elements.namedItem('path')
          if (field instanceof HTMLInputElement) go(field.value)
        }}
      >
        <button
          type="button"
          class="quiet"
          title="Folder above"
          aria-label="Folder above"
          disabled={found.path === '/'}
          onClick={() => go(parentOf(found.path))}
        >
          <Icon name="up" />
        </button>
        <input
          key={found.path}
          class="field"
          name="path"
          type="text"
          aria-label="Folder"
          spellcheck={false}
          defaultValue={found.path}
        />
        <input
          class="field remote-filter"
          type="search"
          aria-label="Filter by name"
          placeholder="Filter"
          value={nameFilter.value}
          onInput={(e) => (nameFilter.value = e.currentTarget.value)}
        />
        <label class="check">
          <input type="checkbox" checked={showAll.value} onChange={() => (showAll.value = !showAll.peek())} />
          All files
        </label>
      </form>
      <div class="remote-files" role="grid" aria-label="Files" aria-multiselectable="true">
        {entries.map((e) => (
          <Row key={e.name} entry={e} />
        ))}
        {entries.length === 0 && (
          <p class="empty">
            {nameFilter.value !== ''
              ? 'Nothing here has this in its name.'
              : traces === 0 && found.entries.length > 0
                ? `None of the ${plural(found.entries.length, 'file')} here is a trace that can be opened. All files shows them.`
                : 'This folder is empty.'}
          </p>
        )}
      </div>
      <Chosen />
    </div>
  )
}

function Row({ entry: e }: { readonly entry: RemoteEntry }) {
  const on = chosen.value.has(e.name)
  const folder = e.kind === 'directory'
  const act = (more: boolean) => {
    if (folder) go(inDirectory(e.name))
    else if (e.kind === 'file') {
      const others = more ? [...chosen.peek()].filter((n) => n !== e.name) : []
      handle(choose(new Set(on && (more || chosen.peek().size === 1) ? others : [...others, e.name])))
    }
  }
  return (
    <div
      class="remote-row"
      role="row"
      tabIndex={0}
      aria-selected={on}
      onClick={(event) => act(event.ctrlKey || event.metaKey || (event.target as Element).matches('input'))}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault()
          act(event.key === ' ' || event.ctrlKey)
        } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
          event.preventDefault()
          const next = event.key === 'ArrowDown' ? 'nextElementSibling' : 'previousElementSibling'
          const row = event.currentTarget[next]
          if (row instanceof HTMLElement) row.focus()
        }
      }}
    >
      {folder ? (
        <Icon name="folder" />
      ) : (
        <input
          type="checkbox"
          tabIndex={-1}
          checked={on}
          disabled={e.kind !== 'file'}
          aria-label={`Choose ${e.name}`}
        />
      )}
      <span class="remote-name" title={e.name}>
        {e.name}
      </span>
      <span class="muted">{e.format ?? ''}</span>
      <span class="right">{folder ? '' : formatBytes(e.size)}</span>
      <span class="muted right">{formatDate(e.modified, Date.now())}</span>
    </div>
  )
}
