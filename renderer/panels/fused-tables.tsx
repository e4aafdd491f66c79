// Where the time of vCPUs, of guest tasks and of exits went. Parts and sums stand side by side.

import type { FusedTotals, Share, TaskTotals } from '../../workers/thread/contract.js'
import { formatCount, formatDelta, formatShort } from '../state/format.js'
import { session } from '../state/session-state.js'
import { Band, machineName } from '../widgets/machine.js'
import { goToRow } from './menus.js'
import { CommandLine } from './lacking.js'
import { taskParts, vcpuParts } from './preemption-text.js'

interface TotalsProps {
  readonly totals: FusedTotals
}
/** Rows of any one table. */
const ROWS = 300
const unitOf = () => session.value?.unit ?? 'ns'
const worstOf = ([worst]: readonly Share[]) =>
  worst ? `${machineName(worst.by.machine)} ${worst.by.name} ${formatShort(worst.time, unitOf())}` : ''

/** All of them, for the tip. */
const shareAll = (shares: readonly Share[]): string | undefined =>
  shares.length < 2
    ? undefined
    : shares.map((s) => `${machineName(s.by.machine)} ${s.by.name}  ${formatDelta(s.time, unitOf())}`).join('\n')

type Why = TaskTotals['vmmBy']
const whyWorst = ([worst]: Why) => (worst ? `${worst.why || 'not known'} ${formatShort(worst.time, unitOf())}` : '')
const whyAll = (by: Why): string | undefined =>
  by.length < 2 ? undefined : by.map((w) => `${w.why || 'not known'}  ${formatDelta(w.time, unitOf())}`).join('\n')

interface HeadProps {
  readonly first: string
  readonly numbers: readonly string[]
  readonly last?: readonly string[]
}
function Head({ first, numbers, last = [] }: HeadProps) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        {numbers.map((h) => (
          <th key={h} scope="col" class="right">
            {h}
          </th>
        ))}
        {last.map((h) => (
          <th key={h} scope="col">
            {h}
          </th>
        ))}
      </tr>
    </thead>
  )
}

interface NumberProps {
  readonly value: number
  readonly soft?: boolean
}
function Length({ value, soft = false }: NumberProps) {
  return (
    <td
      class={`right ${value === 0 || soft ? 'muted' : ''}`}
      title={value === 0 ? undefined : formatDelta(value, unitOf())}
    >
      {value === 0 ? '–' : formatShort(value, unitOf())}
    </td>
  )
}

/** The sum of the parts, which is that of the whole: where it were not, it would stand out. */
function Sum({ parts, whole }: { readonly parts: number; readonly whole: number }) {
  const unit = unitOf()
  return (
    <td
      class={`right ${Math.round(parts) === Math.round(whole) ? '' : 'warning'}`}
      title={`The parts sum to ${formatDelta(parts, unit)}, of ${formatDelta(whole, unit)}`}
    >
      {formatShort(parts, unit)}
    </td>
  )
}

const VCPU = [
  'Guest',
  'of it idle',
  'VMM kernel',
  'VMM user',
  'Preempted',
  'Ready',
  'Blocked',
  'Not known',
  'Sum',
  'Steal',
]

export function Vcpus({ totals: t }: TotalsProps) {
  return (
    <table class="sums">
      <Head first="vCPU" numbers={VCPU} last={['Preempted most by']} />
      <tbody>
        {t.vcpus.map((v) => {
          const { cells, sum } = vcpuParts(v)
          return (
            <tr key={v.track} onClick={() => goToRow(v.track)}>
              <td>
                <Band machine={v.machine} />
                <button type="button" class="link">
                  {machineName(v.machine)} {v.label}
                </button>
                {!v.split && <span class="muted"> *</span>}
              </td>
              {cells.map((c, i) => (
                <Length key={i} value={c} soft={i === 1} />
              ))}
              <Sum parts={sum} whole={t.to - t.from} />
              <td
                class="right"
                title={`${formatDelta(v.steal, unitOf())}: preempted and ready, of the time it wanted to run`}
              >
                {v.stealPercent.toFixed(1)} %
              </td>
              <td title={shareAll(v.preemptedBy)}>{worstOf(v.preemptedBy)}</td>
            </tr>
          )
        })}
      </tbody>
      {t.vcpus.some((v) => !v.split) && (
        <caption>* guest and hypervisor cannot be told apart: both count as guest.</caption>
      )}
    </table>
  )
}

const TASK = [
  'Running',
  'guest mode',
  'hypervisor',
  'host preempted',
  'otherwise',
  'Preempted',
  'Ready',
  'Blocked',
  'Not known',
  'Sum',
]

export function Tasks({ totals: t }: TotalsProps) {
  if (t.tasks.length === 0) return <p class="empty">No guest task ran or waited here.</p>
  return (
    <table class="sums">
      <Head first="Guest task" numbers={TASK} last={['Hypervisor most for', 'Stood still most for']} />
      <tbody>
        {t.tasks.slice(0, ROWS).map((task) => {
          const { cells, within, sum } = taskParts(task)
          return (
            <tr key={task.track} onClick={() => goToRow(task.track)}>
              <td>
                <Band machine={task.machine} />
                <button type="button" class="link" title={task.container ?? undefined}>
                  {machineName(task.machine)} {task.name}
                </button>
              </td>
              <Length value={task.running} />
              {within.map((c, i) => (
                <Length key={i} value={c} soft />
              ))}
              {cells.map((c, i) => (
                <Length key={i} value={c} />
              ))}
              <Sum parts={sum} whole={t.to - t.from} />
              <td title={whyAll(task.vmmBy)}>{whyWorst(task.vmmBy)}</td>
              <td title={shareAll(task.hostPreemptedBy)}>{worstOf(task.hostPreemptedBy)}</td>
            </tr>
          )
        })}
      </tbody>
      <caption>
        Running is as the guest sees it; the four columns after it say what became of that time.
        {t.tasks.length > ROWS && ` The ${formatCount(ROWS)} busiest of ${formatCount(t.tasks.length)}.`}
      </caption>
    </table>
  )
}

const STEAL = [
  'Ran tasks',
  'of it really',
  'Preempted + ready',
  'Steal',
  'Its own figure',
  'Host, same time',
  'Samples',
]

/** What a guest believes, beside what the recording of its host proves. */
export function Steal({ totals: t }: TotalsProps) {
  const views = t.vcpus.flatMap((v) => v.guestView ?? [])
  const sentences = [...new Set(views.map((g) => g.sentence))]
  const commands = [...new Set(views.flatMap((g) => g.command ?? []))]
  return (
    <>
      <table class="sums">
        <Head first="vCPU" numbers={STEAL} last={['Its figure is from']} />
        <tbody>
          {t.vcpus.map((v) => {
            const g = v.guestView
            return (
              <tr key={v.track} onClick={() => goToRow(v.track)}>
                <td>
                  <Band machine={v.machine} />
                  <button type="button" class="link">
                    {machineName(v.machine)} {v.label}
                  </button>
                </td>
                {g ? (
                  <>
                    <Length value={g.believed} />
                    <Length value={g.really} soft />
                  </>
                ) : (
                  <td colSpan={2} class="muted">
                    its recording is not open
                  </td>
                )}
                <Length value={v.steal} />
                <td class="right">{v.stealPercent.toFixed(1)} %</td>
                {g && g.source !== null ? (
                  <>
                    <td class="right" title={formatDelta(g.steal, unitOf())}>
                      {formatShort(g.steal, unitOf())}
                    </td>
                    <Length value={g.hostSteal} />
                    <td class="right">{formatCount(g.samples)}</td>
                    <td>{g.event}</td>
                  </>
                ) : (
                  <td colSpan={4} class="muted" title={g?.sentence}>
                    {g ? 'not recorded' : ''}
                  </td>
                )}
              </tr>
            )
          })}
        </tbody>
        <caption>
          Steal is preempted and ready, of the time that the vCPU wanted to run. Where the guest has a figure of its
          own, the host’s stands beside it for the very time of which that speaks.
        </caption>
      </table>
      {sentences.length > 0 && (
        <section class="lacking">
          <ul>
            {sentences.map((s) => (
              <li key={s}>{s}</li>
            ))}
          </ul>
          {commands.map((c) => (
            <CommandLine key={c} line={c} />
          ))}
        </section>
      )}
    </>
  )
}

const CONTAINER = ['Tasks', 'Running', 'of it really', 'hypervisor', 'taken by the host', 'Preempted', 'Ready']

export function Containers({ totals: t }: TotalsProps) {
  return (
    <table class="sums">
      <Head first="Container" numbers={CONTAINER} />
      <tbody>
        {t.containers.slice(0, ROWS).map((c) => (
          <tr key={`${c.machine} ${c.container}`}>
            <td>
              <Band machine={c.machine} />
              {machineName(c.machine)} <span title={c.container}>{c.container}</span>
            </td>
            <td class="right">{formatCount(c.tasks)}</td>
            <Length value={c.running} />
            {[c.ran, c.vmm, c.taken].map((x, i) => (
              <Length key={i} value={x} soft />
            ))}
            <Length value={c.preempted} />
            <Length value={c.ready} />
          </tr>
        ))}
      </tbody>
      <caption>
        Tasks of one control group or pid namespace together. Running is as their own kernel sees it.
        {t.containers.length > ROWS && ` The ${formatCount(ROWS)} busiest of ${formatCount(t.containers.length)}.`}
      </caption>
    </table>
  )
}

const EXIT = ['Times', 'Total', 'of it user space', 'Median', '90 %', '99 %', 'Longest']

export function Exits({ totals: t }: TotalsProps) {
  const rows = t.vcpus.flatMap((v) => v.exits.map((e) => ({ v, e }))).sort((a, b) => b.e.time - a.e.time)
  if (rows.length === 0)
    return <p class="empty">No exit was recorded here. Exits are told by kvm_exit and kvm_entry of the host.</p>
  return (
    <table class="sums">
      <Head first="vCPU and reason" numbers={EXIT} />
      <tbody>
        {rows.slice(0, ROWS).map(({ v, e }) => (
          <tr key={`${v.track} ${e.reason}`} onClick={() => goToRow(v.track)}>
            <td>
              <Band machine={v.machine} />
              <button type="button" class="link">
                {machineName(v.machine)} {v.label}
              </button>{' '}
              {e.reason}
            </td>
            <td class="right">{formatCount(e.count)}</td>
            <Length value={e.time} />
            <Length value={e.user} soft />
            {[e.p50, e.p90, e.p99, e.max].map((c, i) => (
              <Length key={i} value={c} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
