// Everything that is wrong or worth knowing about the input.

import { signal } from '@preact/signals'
import type { Fault, Severity } from '../../workers/fault.js'
import { formatCount, plural, readable } from '../state/format.js'
import { session } from '../state/session-state.js'
import { copyText } from '../widgets/copy.js'

const shown = signal<ReadonlySet<Severity>>(new Set<Severity>(['note', 'warning', 'error']))
const severities: readonly Severity[] = ['error', 'warning', 'note']
const words: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'note' }
const times = (f: Fault) => f.times ?? 1

/** Entries of the list that are more than notes, for the tab's badge. */
export const faultCount = (): number => (session.value?.faults ?? []).filter((f) => f.severity !== 'note').length

const asText = (f: Fault) =>
  [f.severity, f.file ?? '', f.offset === undefined ? '' : `byte ${f.offset}`, f.message, `x${times(f)}`].join('\t')

export function Faults() {
  const all = session.value?.faults ?? []
  if (all.length === 0) {
    return <p class="empty">Nothing was wrong with these files: every page, event and clock could be read.</p>
  }
  const list = all.filter((f) => shown.value.has(f.severity))
  return (
    <div class="panel-fill">
      <div class="panel-bar">
        {severities.map((s) => {
          const n = all.filter((f) => f.severity === s).length
          return (
            <label key={s} class="check">
              <input
                type="checkbox"
                checked={shown.value.has(s)}
                disabled={n === 0}
                onChange={() => {
                  const next = new Set(shown.peek())
                  if (!next.delete(s)) next.add(s)
                  shown.value = next
                }}
              />
              {plural(n, words[s])}
            </label>
          )
        })}
        <span class="fill" />
        <button type="button" class="quiet" onClick={() => copyText(list.map(asText).join('\n'))}>
          Copy list
        </button>
      </div>
      <ul class="faults scroll" tabIndex={0} aria-label="Faults">
        {list.map((f, i) => (
          <li key={i} class={`fault fault-${f.severity}`}>
            <span class="fault-mark" aria-label={f.severity} />
            <span class="fault-text">{readable(f.message)}</span>
            <span class="fault-place">
              {[
                f.file,
                f.cpu === undefined ? '' : `CPU ${f.cpu}`,
                f.offset === undefined ? '' : `byte ${formatCount(f.offset)}`,
                times(f) > 1 ? `${formatCount(times(f))} times` : '',
              ]
                .filter(Boolean)
                .join(', ')}
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}
