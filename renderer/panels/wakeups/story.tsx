// The whole story of the wake-up at hand: who woke whom across which layers, where the time went, what the clocks allow to say.

import { computed } from '@preact/signals'
import type { ChainHop, Grade, SessionInfo, WakeupChain, WakeupRow } from '../../../workers/thread/contract.js'
import { noteOnChain } from '../../annotate/hooks.js'
import { chainAsked, gathering, lit } from '../../state/chain.js'
import { formatDelta, formatShort } from '../../state/format.js'
import { chosenPlace, selection, session } from '../../state/session-state.js'
import { fitChain, goHop, goWakeup, stepHop, toggleGathered } from '../../timeline/hops.js'
import { handle } from '../../state/messages.js'
import { askWakeupsAgain, surveying, surveyTrouble } from '../../state/wakeups.js'
import { copyText } from '../../widgets/copy.js'
import { Band, machineCss, machineName } from '../../widgets/machine.js'
import { WorkProgress } from '../status.js'
import { HopDetails } from './hop.js'
import { LatencyBar } from './latency-bar.js'
import { TimeLink } from './time-link.js'
import { gradeWords, markWords, rowFlags } from './words.js'

const picked = computed(() => lit.value?.picked ?? false)

/** Above the event where the wake-up itself was picked, below it where the chain follows from the event. */
export const ChainFirst = () => (picked.value ? <Chain /> : null)
export const ChainBelow = () => (picked.value ? null : <Chain />)

function Chain() {
  const info = session.value
  const now = lit.value
  if (!info) return null
  if (now) return <Story info={info} chain={now.chain} at={now.hop} />
  if (!selection.value && !chosenPlace.value) return null
  return (
    <article class="chain">
      <header class="inspector-head">
        <h2>Wake-up</h2>
      </header>
      {surveying.value ? (
        <WorkProgress work={surveying.value} />
      ) : surveyTrouble.value ? (
        <p class="muted">
          {surveyTrouble.value.text}{' '}
          <button type="button" class="link" onClick={askWakeupsAgain}>
            Find them
          </button>
        </p>
      ) : (
        <p class="muted">
          {chainAsked.value
            ? 'The chain of wake-ups is being looked for.'
            : 'Nothing recorded woke the task that is shown here: it ran from the beginning, or its wake-up was not recorded.'}
        </p>
      )}
    </article>
  )
}

function GradeBadge({ grade }: { readonly grade: Grade }) {
  return (
    <span class={`grade grade-${grade.toLowerCase()}`} title={gradeWords[grade]}>
      {grade}
    </span>
  )
}

interface StoryProps {
  readonly info: SessionInfo
  readonly chain: WakeupChain
  readonly at: number
}
function Story({ info, chain, at }: StoryProps) {
  const asked = chain.wakeups.find((w) => w.wakeup === chain.selected) ?? chain.wakeups.at(-1)!
  const last = chain.wakeups.at(-1)!
  const hop = chain.hops[at]
  return (
    <article class={`chain ${chainAsked.value ? 'stale' : ''}`} aria-label="Wake-up">
      <header class="inspector-head">
        <Band machine={asked.machine} />
        <h2>Wake-up of {asked.wakee.name}</h2>
        <GradeBadge grade={chain.grade} />
      </header>
      <Facts row={asked} />
      <h3>
        {chain.wakeups.length > 1 ? `From the first cause to ${last.wakee.name}` : 'Where the time went'}{' '}
        <span class="muted">{formatDelta(chain.to - chain.from, info.unit)}</span>
      </h3>
      <LatencyBar chain={chain} />
      <h3>Hops</h3>
      <div class="button-row chain-tools">
        <button type="button" class="button" disabled={at <= 0} title="Previous hop ([)" onClick={() => stepHop(-1)}>
          [ Previous
        </button>
        <button
          type="button"
          class="button"
          disabled={at >= chain.hops.length - 1}
          title="Next hop (])"
          onClick={() => stepHop(1)}
        >
          Next ]
        </button>
        <button type="button" class="button" title="Fill the view with the chain (Shift+F)" onClick={fitChain}>
          Fit
        </button>
        <button
          type="button"
          class={`button ${gathering.value ? 'on' : ''}`}
          aria-pressed={gathering.value}
          title="Pull the rows of the chain together (G)"
          onClick={toggleGathered}
        >
          Rows together
        </button>
        <button
          type="button"
          class="button"
          title="Note on the chain, at this hop (C)"
          onClick={() => noteOnChain('note')}
        >
          Note
        </button>
        <button
          type="button"
          class="button"
          title="Highlight the chain, for pictures and later (Shift+C)"
          onClick={() => noteOnChain('highlight')}
        >
          Highlight
        </button>
      </div>
      <ol class="hops">
        {chain.hops.map((h, i) => (
          <HopLine key={h.number} hop={h} info={info} current={i === at} go={() => goHop(i)} />
        ))}
      </ol>
      {hop && <HopDetails hop={hop} />}
      <CriticalPath chain={chain} />
      {chain.notes.length > 0 && (
        <section>
          <h3>Not told</h3>
          {chain.notes.map((n) => (
            <p key={n} class="warning">
              {n}
            </p>
          ))}
        </section>
      )}
    </article>
  )
}

function Facts({ row }: { readonly row: WakeupRow }) {
  const info = session.value!
  const flags = rowFlags(row)
  const moved =
    row.migrated === null
      ? 'cannot be told'
      : row.migrated
        ? `yes, from CPU ${row.cpuBefore} to CPU ${row.cpuAfter}`
        : `no${row.cpuAfter >= 0 ? `, CPU ${row.cpuAfter}` : ''}`
  const part = (n: number | null) => (n === null ? 'not known' : formatShort(n, info.unit))
  return (
    <>
      <dl class="facts">
        <dt>Id</dt>
        <dd>
          <button type="button" class="link mono" title="Copy the id" onClick={() => copyText(row.id)}>
            {row.id}
          </button>
        </dd>
        <dt>Woken by</dt>
        <dd>
          {row.waker.label}
          {row.waker.context !== 'task' && row.waker.context !== 'unknown' && (
            <span class="muted"> over {row.waker.task.name}</span>
          )}
        </dd>
        <dt>Woken at</dt>
        <dd>
          <TimeLink t={row.waking.t} />
        </dd>
        <dt>Latency</dt>
        <dd>
          {row.latency === null ? 'it did not have to wait' : formatDelta(row.latency, info.unit)}
          {row.latency !== null && (
            <span class="muted">
              {' '}
              ({part(row.wakingToWakeup)} to the wakeup, {part(row.wakeupToRunning)} to running)
            </span>
          )}
        </dd>
        <dt>Migrated</dt>
        <dd>{moved}</dd>
        <dt>wake_flags</dt>
        <dd class={flags ? 'mono' : 'muted'}>
          {flags || (row.record ? 'not in its record' : 'only a collector’s record holds them')}
        </dd>
      </dl>
      {markWords(row.marks).sentences.map((s) => (
        <p key={s} class="muted">
          {s}
        </p>
      ))}
    </>
  )
}

interface HopProps {
  readonly hop: ChainHop
  readonly info: SessionInfo
  readonly current: boolean
  readonly go: () => void
}
function HopLine({ hop, info, current, go }: HopProps) {
  const since = hop.since === null ? '' : `${hop.since < 0 ? '' : '+'}${formatShort(hop.since, info.unit)}`
  return (
    <li class={current ? 'chosen' : ''} style={{ borderColor: machineCss(hop.machine) }}>
      <button type="button" class="hop" aria-current={current ? 'step' : undefined} onClick={go}>
        <span class="hop-number">{hop.number}</span>
        <span class="hop-label" title={hop.label}>
          {hop.label}
        </span>
        <span class="hop-since" title={hop.since === null ? undefined : formatDelta(hop.since, info.unit)}>
          {since}
        </span>
        <span class="hop-where muted">
          {hop.layer} · {machineName(hop.machine)} CPU {hop.cpu}
          {hop.stack && ' · stack'}
          {hop.record && ' · record'}
          {!hop.orderCertain && <span class="warning"> · order not certain</span>}
          {hop.position === null && <span class="warning"> · inferred</span>}
        </span>
      </button>
    </li>
  )
}

/** Backwards: who was woken by whom, and what each link rests on. */
function CriticalPath({ chain }: { readonly chain: WakeupChain }) {
  const unit = session.value?.unit ?? 'ns'
  if (chain.wakeups.length < 2 && chain.links.length === 0) return null
  return (
    <section>
      <h3>Backwards, what led to it</h3>
      <ol class="path">
        {chain.wakeups.toReversed().map((w) => {
          const link = chain.links.find((l) => l.to === w.wakeup)
          return (
            <li key={w.wakeup}>
              <button
                type="button"
                class={`link ${w.wakeup === chain.selected ? 'chosen' : ''}`}
                title={`Light up the chain of ${w.id}`}
                onClick={() => handle(goWakeup({ wakeup: w.wakeup }))}
              >
                {w.wakee.name}
              </button>
              <span class="muted">
                {' '}
                {machineName(w.machine)}, woken by {w.waker.label}
                {w.latency !== null && `, ${formatShort(w.latency, unit)}`}
              </span>
              {link && (
                <p class="muted">
                  <GradeBadge grade={link.grade} /> {link.because} <span class="mono">{link.id}</span>
                </p>
              )}
            </li>
          )
        })}
      </ol>
    </section>
  )
}
