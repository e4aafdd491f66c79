import type { SearchColumn, SearchSpec } from '../../workers/thread/contract.js'
import { formatCount, formatShare } from '../state/format.js'
import { handle, say } from '../state/messages.js'
import { clearSearch, isRegex, stepSearch } from '../state/searching.js'
import { goWakeup } from '../timeline/hops.js'
import { searchSpec, searchState } from '../state/session-state.js'
import { Icon } from '../widgets/icons.js'
import { isWakeupId, plainId } from './wakeups/words.js'

const columnNames: readonly (readonly [SearchColumn, string])[] = [
  ['all', 'everywhere'],
  ['info', 'info'],
  ['event', 'event'],
  ['task', 'task'],
  ['pid', 'PID'],
  ['cpu', 'CPU'],
  ['machine', 'machine'],
  ['latency', 'latency'],
  ['time', 'time'],
]
const modes: readonly (readonly [SearchSpec['mode'], string])[] = [
  ['contains', 'contains'],
  ['equals', 'equals'],
  ['regex', 'regex'],
]

/** `123 of 4 567 (38 % searched)` where there is room for words. */
function countText(): string {
  const state = searchState.value
  const spec = searchSpec.value
  if (spec.text === '') return ''
  if (isWakeupId(spec.text)) return 'id: Enter lights up its chain'
  if (spec.mode === 'regex' && !isRegex(spec.text)) return 'not a regular expression'
  if (!state) return ''
  const matches = state.matches === 0 && state.complete ? 'no match' : `${formatCount(state.matches)} matches`
  return state.complete
    ? matches.replace(/^1 matches/, '1 match')
    : `${matches} (${formatShare(state.scanned, state.total)} searched)`
}

/** The correlation id of a wake-up; where there is none, the text is looked for in the events. */
async function findWakeup(text: string): Promise<void> {
  const lit = await goWakeup({ id: plainId(text) }).catch((e: unknown) => {
    if (e instanceof Error && e.name === 'RequestError') return false
    throw e
  })
  if (lit) return
  if ((searchState.peek()?.matches ?? 0) > 0) return stepSearch(1)
  say('note', `No wake-up of this session has the id ${plainId(text)}, and no event holds it.`)
}

const set = (part: Partial<SearchSpec>) => (searchSpec.value = { ...searchSpec.peek(), ...part })

export function SearchBox() {
  const spec = searchSpec.value
  const wrong = spec.mode === 'regex' && spec.text !== '' && !isRegex(spec.text)
  return (
    <div class={`search ${wrong ? 'wrong' : ''}`} role="search">
      <Icon name="search" />
      <input
        id="search-text"
        placeholder="Search events  /"
        aria-label="Search events"
        aria-invalid={wrong}
        autocomplete="off"
        spellcheck={false}
        value={spec.text}
        onInput={(e) => set({ text: e.currentTarget.value })}
        onKeyDown={(e) => {
          if (e.key === 'Enter') handle(isWakeupId(spec.text) ? findWakeup(spec.text) : stepSearch(e.shiftKey ? -1 : 1))
          else if (e.key === 'Escape') {
            clearSearch()
            e.currentTarget.blur()
          } else return
          e.preventDefault()
          e.stopPropagation()
        }}
      />
      <span class="search-count" role="status">
        {countText()}
      </span>
      {spec.text !== '' && (
        <>
          <button
            type="button"
            class="quiet"
            title="Previous match (Shift+Enter)"
            onClick={() => handle(stepSearch(-1))}
          >
            <Icon name="up" />
          </button>
          <button type="button" class="quiet" title="Next match (Enter)" onClick={() => handle(stepSearch(1))}>
            <Icon name="down" />
          </button>
        </>
      )}
      <select
        aria-label="Column to search"
        title="Column to search"
        value={spec.column}
        onChange={(e) => set({ column: e.currentTarget.value as SearchColumn })}
      >
        {columnNames.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label="How to compare"
        title="How to compare"
        value={spec.mode}
        onChange={(e) => set({ mode: e.currentTarget.value as SearchSpec['mode'] })}
      >
        {modes.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
    </div>
  )
}
