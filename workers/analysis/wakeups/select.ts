// Which wake-ups pass a filter, and in what order.

import type { WakeupFilter, WakeupSort } from '../../thread/contract.js'
import { contexts, latencyOf, NONE, type Wakeups } from './columns.js'
import { grades, gradeOf } from './grade.js'
import type { StackIndex } from './stacks/index.js'

export interface Names {
  /** `bash-4711`. */
  of(machine: number, pid: number): string
}

type Test = (i: number) => boolean

/** What is known of wake-ups beside their columns. */
export interface Beside {
  /** Names of a record's wake_flags at activation and at entry; empty where there is no record. */
  flagsOf(i: number): readonly string[]
  /** The stacks, once they are read. */
  readonly stacks: StackIndex | null
}

/** Indices of the wake-ups that pass, ascending. Stacks must have been read where the filter names some. */
export function select(w: Wakeups, filter: WakeupFilter, names: Names, beside: Beside): Uint32Array {
  const tests = testsOf(w, filter, names, beside)
  const found = new Uint32Array(w.count)
  let n = 0
  next: for (let i = 0; i < w.count; i++) {
    for (const test of tests) if (!test(i)) continue next
    found[n++] = i
  }
  return found.slice(0, n)
}

function testsOf(w: Wakeups, f: WakeupFilter, names: Names, { flagsOf, stacks }: Beside): Test[] {
  const tests: Test[] = []
  const { from, to, migrated, minLatency, maxLatency } = f
  if (from !== undefined) tests.push((i) => w.wakingT[i]! >= from)
  if (to !== undefined) tests.push((i) => w.wakingT[i]! <= to)
  if (f.machines) tests.push((i) => f.machines!.includes(w.machine[i]!))
  if (f.wakees) tests.push(isAnyOf(w, w.wakee, f.wakees))
  if (f.wakers) tests.push(isAnyOf(w, w.waker, f.wakers))
  if (f.text) tests.push(named(w, f.text, names))
  if (f.task) tests.push(isTask(w, f.task, names))
  if (f.contexts)
    tests.push(
      isIn(
        w.context,
        f.contexts.map((c) => contexts.indexOf(c)),
      ),
    )
  if (migrated !== undefined) tests.push((i) => migratedOf(w, i) === migrated)
  if (minLatency !== undefined) tests.push((i) => latencyOf(w, i) >= minLatency)
  if (maxLatency !== undefined) tests.push((i) => latencyOf(w, i) <= maxLatency)
  if (f.grades) {
    const wanted = f.grades.map((g) => grades.indexOf(g))
    tests.push((i) => wanted.includes(gradeOf(w.marks[i]!)))
  }
  if (f.marks) tests.push((i) => (w.marks[i]! & f.marks!) !== 0)
  if (f.notMarks) tests.push((i) => (w.marks[i]! & f.notMarks!) === 0)
  if (f.flags) tests.push((i) => flagsOf(i).some((name) => f.flags!.includes(name)))
  if (f.stacks && stacks) tests.push((i) => f.stacks!.includes(stacks.of[i]!))
  return tests
}

const isIn = (column: Uint8Array, wanted: readonly number[]): Test => {
  const set = new Set(wanted)
  return (i) => set.has(column[i]!)
}

const keyOf = (machine: number, pid: number): number => pid * 256 + machine

function isAnyOf(w: Wakeups, pids: Int32Array, tasks: NonNullable<WakeupFilter['wakees']>): Test {
  const wanted = new Set(tasks.map((t) => keyOf(t.machine, t.pid)))
  return (i) => wanted.has(keyOf(w.machine[i]!, pids[i]!))
}

/** Each task's name is looked at once. */
function nameTest(text: string, names: Names): (machine: number, pid: number) => boolean {
  const wanted = text.toLowerCase()
  const known = new Map<number, boolean>()
  return (machine, pid) => {
    const key = keyOf(machine, pid)
    let answer = known.get(key)
    if (answer === undefined) known.set(key, (answer = names.of(machine, pid).toLowerCase().includes(wanted)))
    return answer
  }
}

function named(w: Wakeups, text: string, names: Names): Test {
  const holds = nameTest(text, names)
  return (i) => holds(w.machine[i]!, w.wakee[i]!) || holds(w.machine[i]!, w.waker[i]!)
}

function isTask(w: Wakeups, text: string, names: Names): Test {
  if (/^\d+$/.test(text)) return (i) => w.wakee[i] === Number(text)
  const holds = nameTest(text, names)
  return (i) => holds(w.machine[i]!, w.wakee[i]!)
}

/** Whether the task moved; null = cannot be told. */
export function migratedOf(w: Wakeups, i: number): boolean | null {
  if (w.marks[i]! & 256) return true
  if (w.cpuBefore[i]! < 0 || w.wakeupRow[i] === NONE) return null
  return w.cpuAfter[i]! < 0 ? null : false
}

/** Puts selected wake-ups in order; equal ones stay in the order of time. Those without a value come last. */
export function sortWakeups(
  w: Wakeups,
  selected: Uint32Array,
  sort: WakeupSort,
  descending: boolean,
  names: Names,
  beside: Beside,
): Uint32Array {
  const n = selected.length
  const key = keysOf(w, selected, sort, names, beside)
  const way = descending ? -1 : 1
  const order = new Uint32Array(n)
  for (let k = 0; k < n; k++) {
    order[k] = k
    // One order for both ways: what has no value is larger than everything.
    key[k] = key[k] === key[k] ? key[k]! * way : Infinity
  }
  order.sort((a, b) => key[a]! - key[b]! || a - b)
  for (let k = 0; k < n; k++) order[k] = selected[order[k]!]!
  return order
}

function keysOf(
  w: Wakeups,
  selected: Uint32Array,
  sort: WakeupSort,
  names: Names,
  { flagsOf, stacks }: Beside,
): Float64Array {
  const key = new Float64Array(selected.length)
  const fill = (value: (i: number) => number): Float64Array => {
    for (let k = 0; k < key.length; k++) key[k] = value(selected[k]!)
    return key
  }
  switch (sort) {
    case 'time':
      return fill((i) => w.wakingT[i]!)
    case 'latency':
      return fill((i) => latencyOf(w, i))
    case 'wakingToWakeup':
      return fill((i) => w.wakeupT[i]! - w.wakingT[i]!)
    case 'wakeupToRunning':
      return fill((i) => latencyOf(w, i) - (w.wakeupT[i]! - w.wakingT[i]!))
    case 'cpuBefore':
      return fill((i) => w.cpuBefore[i]!)
    case 'cpuAfter':
      return fill((i) => w.cpuAfter[i]!)
    case 'context':
      return fill((i) => w.context[i]!)
    case 'grade':
      return fill((i) => gradeOf(w.marks[i]!))
    case 'flags': {
      const texts = Array.from(selected, (i) => flagsOf(i).join('|'))
      const rank = ranks(texts)
      return key.map((_, k) => (texts[k] === '' ? Number.NaN : rank.get(texts[k]!)!))
    }
    case 'stack': {
      const rank = ranks((stacks?.stacks ?? []).map((frames) => frames.join('\n')))
      const of = (stack: number): number => (stack < 0 ? Number.NaN : rank.get(stacks!.stacks[stack]!.join('\n'))!)
      const ofStack = (stacks?.stacks ?? []).map((_, stack) => of(stack))
      return fill((i) => ofStack[stacks?.of[i] ?? -1] ?? Number.NaN)
    }
    case 'wakee':
    case 'waker': {
      const pids = sort === 'wakee' ? w.wakee : w.waker
      const rank = ranksOf(w, selected, pids, names)
      return fill((i) => rank.get(keyOf(w.machine[i]!, pids[i]!))!)
    }
  }
}

/** Places of texts in their order. */
const ranks = (texts: readonly string[]): Map<string, number> =>
  new Map([...new Set(texts)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).map((text, rank) => [text, rank]))

/** Tasks by name, then pid. */
function ranksOf(w: Wakeups, selected: Uint32Array, pids: Int32Array, names: Names): Map<number, number> {
  const seen = new Map<number, { readonly name: string; readonly machine: number; readonly pid: number }>()
  for (const i of selected) {
    const [machine, pid] = [w.machine[i]!, pids[i]!]
    const key = keyOf(machine, pid)
    if (!seen.has(key)) seen.set(key, { name: names.of(machine, pid), machine, pid })
  }
  const sorted = [...seen].sort(
    ([, a], [, b]) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || a.pid - b.pid || a.machine - b.machine,
  )
  return new Map(sorted.map(([key], rank) => [key, rank]))
}
