// What is known about the hop at hand: who acts, its stack, and what a collector's record says of it.

import { signal } from '@preact/signals'
import { Fragment } from 'preact'
import type { ChainHop, WakeFlags, WakeRecord } from '../../../workers/thread/contract.js'
import { session } from '../../state/session-state.js'
import { copyText } from '../../widgets/copy.js'
import { machineName } from '../../widgets/machine.js'
import { showRow } from '../menus.js'
import { RecordFlagNames } from './flag-names.js'
import { TimeLink } from './time-link.js'
import { flagsText, offsetText, stackText } from './words.js'

/** The wake-up's own functions at the top of a stack are shown as well. */
const unfolded = signal(false)

export function HopDetails({ hop }: { readonly hop: ChainHop }) {
  const info = session.value
  if (!info) return null
  return (
    <section class="hop-details" aria-label={`Hop ${hop.number}`}>
      <h3>
        Hop {hop.number}: {hop.kind}
      </h3>
      <dl class="facts">
        <dt>Time</dt>
        <dd>
          <TimeLink t={hop.t} />
          {hop.position === null && ' at the latest: no event says so'}
        </dd>
        <dt>Where</dt>
        <dd>
          {hop.layer}, {machineName(hop.machine)} CPU {hop.cpu}
        </dd>
        <dt>Task</dt>
        <dd>
          <button type="button" class="link" onClick={() => showRow(hop.taskTrack ?? hop.cpuTrack)}>
            {hop.actor.name}
          </button>
          {hop.context !== 'task' && hop.context !== 'unknown' && (
            <span class="muted"> interrupted by {hop.context}</span>
          )}
        </dd>
      </dl>
      {hop.record && <Record record={hop.record} />}
      {hop.stack && <Stack stack={hop.stack} />}
    </section>
  )
}

function Flags({ name, flags }: { readonly name: string; readonly flags: WakeFlags | null }) {
  if (!flags) return null
  return (
    <>
      <dt>{name}</dt>
      <dd class="mono">
        {flagsText(flags)}
        {flags.unknown !== 0 && <span class="warning"> bits 0x{flags.unknown.toString(16)} have no name</span>}
        {flags.ambiguous && <span class="warning"> the kernel is not known: names could differ</span>}
      </dd>
    </>
  )
}

function Record({ record }: { readonly record: WakeRecord }) {
  return (
    <>
      <h3>Record</h3>
      <dl class="facts">
        <Flags name="at entry" flags={record.entry} />
        <Flags name="at activation" flags={record.activate} />
        {(record.entry ?? record.activate) && (
          <>
            <dt>names of flags</dt>
            <dd>
              <RecordFlagNames of={record} />
            </dd>
          </>
        )}
        {record.fields.map((f) => (
          <Fragment key={f.name}>
            <dt>{f.name}</dt>
            <dd class="mono">{f.text}</dd>
          </Fragment>
        ))}
        <dt>File</dt>
        <dd>{record.file}</dd>
      </dl>
    </>
  )
}

function Stack({ stack }: { readonly stack: NonNullable<ChainHop['stack']> }) {
  const all = unfolded.value
  const from = all ? 0 : stack.folded
  return (
    <>
      <h3 class="with-action">
        Stack
        <button
          type="button"
          class="button end"
          title="Copy the stack as it is shown"
          onClick={() => copyText(stackText(stack, all))}
        >
          Copy
        </button>
      </h3>
      <ol class="stack mono">
        {stack.frames.slice(from).map((f, i) => (
          <li key={i} class={i + from < stack.folded ? 'muted' : ''} title={f.address}>
            {f.symbol || f.address}
            {f.symbol && <span class="muted">{offsetText(f.offset)}</span>}
          </li>
        ))}
      </ol>
      {stack.folded > 0 && (
        <button type="button" class="link" onClick={() => (unfolded.value = !all)}>
          {all ? 'Hide' : 'Show'} the {stack.folded === 1 ? 'function' : `${stack.folded} functions`} of the wake-up
          itself
        </button>
      )}
    </>
  )
}
