// Which wake-ups the tab shows: by name, by what woke, by latency, by whether they moved.

import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Grade, WakeContext, WakeupFilter } from '../../../workers/thread/contract.js'
import { formatShort, parseDelta } from '../../state/format.js'
import { session } from '../../state/session-state.js'
import { wakeFilter } from '../../state/wakeups.js'

const contexts: readonly (readonly [string, string, readonly WakeContext[]])[] = [
  ['', 'any waker', []],
  ['task', 'by tasks', ['task']],
  ['irq', 'by interrupts', ['irq', 'nmi']],
  ['softirq', 'by softirqs', ['softirq']],
]
const moved: readonly (readonly [string, string, boolean | undefined])[] = [
  ['', 'moved or not', undefined],
  ['yes', 'moved', true],
  ['no', 'not moved', false],
]
const grades: readonly (readonly [string, string, readonly Grade[]])[] = [
  ['', 'any grade', []],
  ['EXACT', 'EXACT', ['EXACT']],
  ['LIKELY', 'LIKELY', ['LIKELY']],
  ['AMBIGUOUS', 'AMBIGUOUS', ['AMBIGUOUS']],
]

const flagNames = ['SYNC', 'MIGRATED', 'FORK', 'EXEC', 'TTWU', 'ON_CPU', 'CURRENT_CPU', 'RQ_SELECTED']
const flags: readonly (readonly [string, string, readonly string[]])[] = [
  ['', 'any flags', []],
  ...flagNames.map((name) => [name, name, [name]] as const),
]

/** Without parts that say nothing: the same filter is the same question. */
function change(part: WakeupFilter): void {
  const next = { ...wakeFilter.peek(), ...part }
  wakeFilter.value = Object.fromEntries(
    Object.entries(next).filter(([, v]) => v !== undefined && v !== '' && !(Array.isArray(v) && v.length === 0)),
  )
}

/** Sets or, with null, takes away the limits of latency. */
export const limitLatency = (low: number | null, high: number | null): void =>
  change({ minLatency: low ?? undefined, maxLatency: high ?? undefined } as WakeupFilter)

export const onlyStacks = (stacks: readonly number[]): void => change({ stacks })
export const onlyWakee = (machine: number, pid: number): void => change({ wakees: [{ machine, pid }] })

/** By what the records of collectors hold; for sessions that have such records. */
export function FlagFilter() {
  const value = wakeFilter.value.flags?.[0] ?? ''
  return (
    <span class={value === '' ? 'wide-only' : ''}>
      <Choice
        label="wake_flags in the record"
        options={flags}
        value={value}
        set={(wanted) => change({ flags: wanted })}
      />
    </span>
  )
}

export function WakeFilterBar() {
  const f = wakeFilter.value
  const unit = session.value?.unit ?? 'ns'
  const text = useSignal(f.text ?? '')
  useEffect(() => {
    if ((wakeFilter.peek().text ?? '') !== text.peek()) text.value = wakeFilter.peek().text ?? ''
  }, [f.text])
  useEffect(() => {
    const timer = setTimeout(() => change({ text: text.peek().trim() }), 150)
    return () => clearTimeout(timer)
  }, [text.value])
  const chip = (label: string, without: WakeupFilter) => (
    <button type="button" class="chip" title="Show all of them again" onClick={() => change(without)}>
      {label} ×
    </button>
  )
  const between =
    f.minLatency === undefined && f.maxLatency === undefined
      ? null
      : f.maxLatency === undefined
        ? `from ${formatShort(f.minLatency!, unit)}`
        : `${formatShort(f.minLatency ?? 0, unit)} to ${formatShort(f.maxLatency, unit)}`
  return (
    <>
      {between !== null &&
        f.maxLatency !== undefined &&
        chip(between, { minLatency: undefined, maxLatency: undefined } as unknown as WakeupFilter)}
      {f.stacks && chip(f.stacks.length === 1 ? 'one stack' : `${f.stacks.length} stacks`, { stacks: [] })}
      {f.wakees && chip('one task', { wakees: [] })}
      <input
        type="search"
        class="field wake-text"
        placeholder="Task, waker or pid"
        aria-label="Only wake-ups of or by"
        value={text.value}
        onInput={(e) => (text.value = e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === 'Escape') text.value = ''
        }}
      />
      <LengthField label="at least" value={f.minLatency} set={(minLatency) => change({ minLatency } as WakeupFilter)} />
      <Choice
        label="What woke"
        options={contexts}
        value={contexts.find(([, , c]) => c.join() === (f.contexts ?? []).join())?.[0] ?? ''}
        set={(contexts) => change({ contexts })}
      />
      <Choice
        label="Whether they moved"
        options={moved}
        value={f.migrated === undefined ? '' : f.migrated ? 'yes' : 'no'}
        set={(migrated) => change({ migrated } as WakeupFilter)}
      />
      <Choice label="How sure" options={grades} value={f.grades?.[0] ?? ''} set={(grades) => change({ grades })} />
    </>
  )
}

interface ChoiceProps<T> {
  readonly label: string
  readonly options: readonly (readonly [string, string, T])[]
  readonly value: string
  readonly set: (value: T) => void
}
function Choice<T>({ label, options, value, set }: ChoiceProps<T>) {
  return (
    <select
      class="field"
      aria-label={label}
      title={label}
      value={value}
      onChange={(e) => {
        const found = options.find(([id]) => id === e.currentTarget.value)
        if (found) set(found[2])
      }}
    >
      {options.map(([id, name]) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  )
}

interface LengthProps {
  readonly label: string
  readonly value: number | undefined
  readonly set: (value: number | undefined) => void
}
/** A length of time, `500 us`. */
function LengthField({ label, value, set }: LengthProps) {
  const unit = session.value?.unit ?? 'ns'
  const typed = useSignal<string | null>(null)
  const shown = typed.value ?? (value === undefined ? '' : formatShort(value, unit))
  const read = parseDelta(shown, unit)
  const wrong = shown.trim() !== '' && read === null
  const take = () => {
    const text = typed.peek()
    if (text === null) return
    const length = parseDelta(text, unit)
    if (text.trim() === '') set(undefined)
    else if (length !== null && Number(length) >= 0) set(Number(length))
    typed.value = null
  }
  return (
    <input
      class={`field wake-length ${wrong ? 'wrong' : ''}`}
      aria-label={`Latency ${label}`}
      aria-invalid={wrong}
      title={`Latency ${label}, such as 500 us`}
      placeholder="≥ latency"
      value={shown}
      onInput={(e) => (typed.value = e.currentTarget.value)}
      onBlur={take}
      onKeyDown={(e) => {
        if (e.key === 'Enter') take()
        else if (e.key === 'Escape') typed.value = null
      }}
    />
  )
}
