// All wake-ups of the chosen range or the visible time: as a table, by latency, by task, by stack, and what records say of them.

import { SaveTable } from './save-table.js'
import { signal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { session } from '../state/session-state.js'
import { askWakeups, askWakeupsAgain, survey, surveyed, surveying, surveyTrouble } from '../state/wakeups.js'
import { CommandLine } from './lacking.js'
import { WorkProgress } from './status.js'
import { Clusters } from './wakeups/clusters.js'
import { useFigures } from './wakeups/figures.js'
import { FlagBar } from './wakeups/flag-names.js'
import { WakeFilterBar } from './wakeups/filter-bar.js'
import { Latency } from './wakeups/latency.js'
import { Records } from './wakeups/records.js'
import { recordLine } from './wakeups/record-line.js'
import { Stacks } from './wakeups/stacks.js'
import { Table } from './wakeups/table.js'
import { Tasks } from './wakeups/tasks.js'
import { followQuery, useAnswer } from './wakeups/view.js'

interface Part {
  readonly id: string
  readonly label: string
  readonly component: ComponentType
}
const parts: readonly Part[] = [
  { id: 'table', label: 'Table', component: Table },
  { id: 'latency', label: 'Latency', component: Latency },
  { id: 'tasks', label: 'Tasks', component: Tasks },
  { id: 'stacks', label: 'Stack tree', component: Stacks },
  { id: 'clusters', label: 'Stack clusters', component: Clusters },
  { id: 'records', label: 'Records', component: Records },
]
const part = signal('table')
/** What is not recorded is listed. */
const lackingShown = signal(false)

export function Wakeups() {
  const info = session.value
  const version = info?.version
  useEffect(askWakeups, [version])
  if (!info) return null
  if (!surveyed.value || !survey.value) return <NotYet />
  if (survey.value.count === 0) return <RecordsAlone />
  return <Views />
}

function Views() {
  useEffect(followQuery, [])
  const trouble = useFigures()
  const current = parts.find((p) => p.id === part.value) ?? parts[0]!
  const Panel = current.component
  return (
    <div class="panel-fill">
      <div class="panel-bar wake-bar">
        {parts.map((p) => (
          <button
            key={p.id}
            type="button"
            class={`quiet ${p === current ? 'on' : ''}`}
            onClick={() => (part.value = p.id)}
          >
            {p.label}
          </button>
        ))}
        <WakeFilterBar />
        <FlagBar />
        <LackingButton />
        <SaveTable tables={['wakeups']} />
      </div>
      {lackingShown.value && <Lacking />}
      {trouble !== null && <p class="warning">{trouble}</p>}
      <div class="panel-table">
        <Panel />
      </div>
    </div>
  )
}

function LackingButton() {
  const list = survey.value?.lacking ?? []
  if (list.length === 0) return null
  return (
    <button
      type="button"
      class="lacking-note"
      title={list.join('\n')}
      aria-label="more could be told"
      aria-expanded={lackingShown.value}
      onClick={() => (lackingShown.value = !lackingShown.peek())}
    >
      <span class="wide-only">more could be told</span>
      <span class="narrow-only">!</span>
    </button>
  )
}

function Lacking() {
  const list = survey.value?.lacking ?? []
  if (list.length === 0) return null
  return (
    <section class="lacking">
      <ul>
        {list.map((l) => (
          <li key={l}>{l}</li>
        ))}
      </ul>
      <CommandLine line={recordLine} />
    </section>
  )
}

function NotYet() {
  const work = surveying.value
  const failed = surveyTrouble.value
  return (
    <div class="scroll panel-fill" tabIndex={0} aria-label="Wake-ups">
      {work ? (
        <p class="empty">
          <WorkProgress work={work} />
        </p>
      ) : failed ? (
        <p class="empty">
          {failed.text}{' '}
          <button type="button" class="link" onClick={askWakeupsAgain}>
            Find them
          </button>
        </p>
      ) : (
        <p class="empty">The wake-ups are found as soon as the recording is loaded.</p>
      )}
    </div>
  )
}

/** Files of records alone have stacks and flags, but no wake-ups of a recording that the other views are about. */
function RecordsAlone() {
  const files = useAnswer((api) => api.recordFiles(), []).value
  useEffect(followQuery, [])
  if (!files.value) return null
  if (files.value.length === 0) return <Nothing />
  const Panel = part.value === 'records' ? Records : Clusters
  return (
    <div class="panel-fill">
      <div class="panel-bar wake-bar">
        {parts
          .filter((p) => p.component === Records || p.component === Clusters)
          .map((p) => (
            <button
              key={p.id}
              type="button"
              class={`quiet ${p.component === Panel ? 'on' : ''}`}
              onClick={() => (part.value = p.id)}
            >
              {p.label}
            </button>
          ))}
        <span class="muted">Records alone: tables and chains need a recording with sched_waking or sched_wakeup.</span>
      </div>
      <div class="panel-table">
        <Panel />
      </div>
    </div>
  )
}

function Nothing() {
  return (
    <div class="scroll panel-fill" tabIndex={0} aria-label="Wake-ups">
      <p class="empty">
        Shows who woke whom, when the woken task ran, and where the time between went. This recording holds no wake-up:
        neither sched_waking nor sched_wakeup.
      </p>
      <section class="lacking">
        <h3>To record them, with their stacks and what crosses the boundary</h3>
        <CommandLine line={recordLine} />
        <p class="muted">On a host with guests, record both: add the guest’s events behind `-A name`.</p>
      </section>
    </div>
  )
}
