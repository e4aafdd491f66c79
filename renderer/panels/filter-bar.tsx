// What is shown and what is not: an expression over fields, and lists of event types, machines, tasks and CPUs.

import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { machineIndex } from '../../workers/units.js'
import { describeFilter, isEmptyFilter, tidyFilter } from '../state/filters.js'
import { formatCount } from '../state/format.js'
import { sentence } from '../state/messages.js'
import { engine, filter, filterTable, filterTimeline, filtering, filterView, session } from '../state/session-state.js'
import { showFilterBar } from '../state/settings.js'
import { Picker } from '../widgets/picker.js'
import { machineName } from '../widgets/machine.js'
import type { FilterSpec } from '../../workers/thread/contract.js'
import type { Choice } from '../widgets/picker.js'

const set = (part: Partial<FilterSpec>) => (filter.value = tidyFilter({ ...filter.peek(), ...part }))

export function FilterBar() {
  const info = session.value
  if (!info) return null
  const spec = filter.value
  const parts = describeFilter(spec, {
    machine: (m) => machineName(machineIndex(m)),
    track: (id) => {
      const t = info.tracks.find((x) => x.id === id)
      return t ? `${info.machines.length > 1 ? `${machineName(t.machine)} ` : ''}${t.label}` : id
    },
  })
  if (!showFilterBar.value && parts.length === 0) return null
  return (
    <div class="filter-bar" role="region" aria-label="Filter">
      {showFilterBar.value ? <FilterFields /> : <span class="muted">Filter</span>}
      {parts
        .filter((p) => !showFilterBar.value || p.text !== spec.expression)
        .map((p) => (
          <span class="chip" key={p.text}>
            {p.text}
            <button type="button" aria-label={`Remove: ${p.text}`} onClick={() => (filter.value = p.without)}>
              ×
            </button>
          </span>
        ))}
      <span class="fill" />
      {!isEmptyFilter(spec) && (
        <span class="filter-count" role="status">
          {filtering.value || !filterView.value
            ? 'filtering'
            : `${formatCount(filterView.value.count)} of ${formatCount(info.count)} events`}
        </span>
      )}
      <span class="segmented" role="group" aria-label="Apply the filter to">
        <button
          type="button"
          aria-pressed={filterTimeline.value}
          title="Draw only the events that pass on the timeline"
          onClick={() => (filterTimeline.value = !filterTimeline.peek())}
        >
          Timeline
        </button>
        <button
          type="button"
          aria-pressed={filterTable.value}
          title="List only the events that pass in the table"
          onClick={() => (filterTable.value = !filterTable.peek())}
        >
          Table
        </button>
      </span>
      {!isEmptyFilter(spec) && (
        <button type="button" class="quiet" onClick={() => (filter.value = {})}>
          Clear
        </button>
      )}
    </div>
  )
}

function FilterFields() {
  const info = session.value!
  const spec = filter.value
  const tracks = (kind: 'cpu' | 'task'): Choice[] =>
    info.tracks
      .filter((t) => t.kind === kind)
      .map((t) => ({
        id: t.id,
        label: info.machines.length > 1 ? `${machineName(t.machine)} ${t.label}` : t.label,
        count: t.events,
      }))
      .sort((a, b) => (kind === 'task' ? b.count - a.count : 0))
  const chosenTracks = spec.tracks ?? []
  const ofKind = (kind: 'cpu' | 'task') => {
    const ids = new Set(tracks(kind).map((t) => t.id))
    return {
      choices: tracks(kind),
      chosen: chosenTracks.filter((id) => ids.has(id)),
      onChange: (chosen: readonly string[]) =>
        set({ tracks: [...chosenTracks.filter((id) => !ids.has(id)), ...chosen] }),
    }
  }
  const events = info.eventTypes
    .filter((t) => t.count > 0)
    .map((t) => ({ id: `${t.system}:${t.name}`, label: `${t.system}:${t.name}`, count: t.count }))
    .sort((a, b) => b.count - a.count)
  const machines = info.machines.map((m) => ({
    id: String(m.machine),
    label: m.name,
    count: info.streams.reduce((n, s) => n + (s.machine === m.machine ? s.count : 0), 0),
  }))
  return (
    <>
      <Expression />
      <Picker
        label="Events"
        choices={events}
        chosen={spec.events ?? []}
        onChange={(chosen) => set({ events: chosen })}
      />
      {machines.length > 1 && (
        <Picker
          label="Machines"
          choices={machines}
          chosen={(spec.machines ?? []).map(String)}
          onChange={(chosen) => set({ machines: chosen.map(Number) })}
        />
      )}
      <Picker label="CPUs" {...ofKind('cpu')} />
      <Picker label="Tasks" {...ofKind('task')} />
    </>
  )
}

interface Mistake {
  readonly message: string
  readonly at: number | null
}
/** Column of the mistake, where the engine named one. */
const columnOf = (e: unknown): number | null =>
  typeof e === 'object' && e !== null && 'at' in e && typeof e.at === 'number' ? e.at : null

/** How long an expression may stay unfinished before that is called a mistake, ms. */
const UNFINISHED = 1500

function Expression() {
  const applied = filter.value.expression ?? ''
  const text = useSignal(applied)
  const mistake = useSignal<Mistake | null>(null)
  // Not when the field comes up: what was typed by then would be lost.
  const shown = useRef(applied)
  useEffect(() => {
    if (shown.current === applied) return
    shown.current = applied
    text.value = applied
    mistake.value = null
  }, [applied])
  useEffect(() => {
    const now = text.value.trim()
    if (now === '' || now === applied) {
      mistake.value = null
      return
    }
    let current = true
    const check = async () => {
      try {
        await engine.peek()?.checkExpression(now)
        if (current) mistake.value = null
      } catch (e) {
        const at = columnOf(e)
        // What only lacks an end is about to get one.
        if (at !== null && at >= now.length) await new Promise((done) => setTimeout(done, UNFINISHED))
        if (current) mistake.value = { message: sentence(e), at }
      }
    }
    const timer = setTimeout(() => void check(), 150)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [text.value, applied])
  const wrong = mistake.value
  const apply = async () => {
    const now = text.peek().trim()
    try {
      if (now !== '') await engine.peek()?.checkExpression(now)
      set({ expression: now })
    } catch (e) {
      mistake.value = { message: sentence(e), at: columnOf(e) }
    }
  }
  return (
    <div class="expression">
      <input
        id="filter-expression"
        class={`field mono ${wrong ? 'wrong' : ''}`}
        placeholder={'Fields, e.g. prev_state == 0 && next_comm ~ "CPU .*"'}
        aria-label="Filter expression over event fields"
        aria-invalid={wrong !== null}
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={(e) => (text.value = e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter') void apply()
          else if (e.key === 'Escape') {
            text.value = applied
            e.currentTarget.blur()
          } else return
          e.stopPropagation()
        }}
      />
      {text.value.trim() !== applied && !wrong && (
        <button type="button" class="button" onClick={() => void apply()}>
          Apply
        </button>
      )}
      {wrong && (
        <div class="expression-error" role="alert">
          {wrong.at !== null && (
            <pre class="mono" aria-hidden="true">{`${text.value}\n${' '.repeat(Math.max(0, wrong.at))}^`}</pre>
          )}
          {wrong.message}
        </div>
      )}
    </div>
  )
}
