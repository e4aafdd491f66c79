import { expect, test } from 'vitest'
import { storyEvents, storySession } from '../../../../test/fixtures/vm-story.js'
import type { StackFrame } from '../../../readers/types.js'
import { plainName, folded } from './frames.js'

/** Frames by name; the same name has the same address everywhere. */
const frames = (...symbols: string[]): StackFrame[] =>
  symbols.map((symbol) => ({
    symbol,
    offset: 0,
    address: BigInt([...symbol].reduce((n, c) => n * 31 + c.charCodeAt(0), 7)),
  }))

const futex = ['trace_event_raw_event_sched_wakeup_template', 'try_to_wake_up', 'wake_up_q', 'futex_wake', 'entry']
const pipe = ['try_to_wake_up', 'pollwake', 'pipe_write.isra.0', 'entry']

/** Task 7 woken three times: twice out of a futex, once out of a pipe; then once without a stack. */
function views() {
  const events = storyEvents(`
    0 sw 3->7 | 2 sw 7(S)->3 | 10 waking 7 | 11 stack 0 | 14 sw 3(R)->7 | 16 sw 7(S)->3 | 20 waking 7 | 21 stack 1 | 22 sw 3(R)->7
    26 sw 7(S)->3 | 30 waking 7 | 31 wakeup 7 | 32 stack 0 | 40 sw 3(R)->7 | 41 sw 7(S)->3 | 50 waking 7 | 52 sw 3(R)->7
    54 end`).map((e) =>
    e.type === 'ftrace:kernel_stack'
      ? { ...e, stack: { kind: 'kernel' as const, frames: frames(...(e.fields!.which === 0 ? futex : pipe)) } }
      : e,
  )
  return storySession([{ name: 'host' }], events).wakeups()
}

test('stacks of wake-ups are told apart, counted and timed, the tracing left out', async () => {
  const { stacks, distinct, without } = await (await views()).stacks({}, 10)
  expect([distinct, without]).toEqual([2, 1])
  expect(stacks.map((s) => [s.frames, s.count, s.latency!.mean])).toEqual([
    [['wake_up_q', 'futex_wake', 'entry'], 2, 7],
    [['pollwake', 'pipe_write', 'entry'], 1, 2],
  ])
})

test('a selection of stacks holds their wake-ups alone, and the table names them', async () => {
  const v = await views()
  const [, pipes] = (await v.stacks({}, 10)).stacks
  const table = await v.table({ start: 0, count: 9, stacks: [pipes!.stack] })
  expect(table.rows.map((r) => [r.waking.t, r.stack])).toEqual([[20, 'pollwake < pipe_write < entry']])
  expect((await (await views()).table({ start: 0, count: 9 })).rows.map((r) => r.stack)).toEqual([
    'wake_up_q < futex_wake < entry',
    'pollwake < pipe_write < entry',
    'wake_up_q < futex_wake < entry',
    null,
  ])
})

test('the tree of stacks adds up from the outermost function', async () => {
  const tree = await (await views()).stackTree({})
  const path = (node: number): string =>
    node === 0 ? '' : `${path(tree.parent[node]!)}/${tree.names[tree.name[node]!]}`
  expect(Array.from(tree.parent, (_, n) => `${path(n)} ${tree.count[n]} ${tree.latency[n]}`)).toEqual([
    ' 3 16',
    '/entry 3 16',
    '/entry/futex_wake 2 14',
    '/entry/futex_wake/wake_up_q 2 14',
    '/entry/pipe_write 1 2',
    '/entry/pipe_write/pollwake 1 2',
  ])
  expect([tree.withStack, tree.without]).toEqual([3, 1])
})

test('noise is folded from the innermost frame outwards, and never all of a stack', () => {
  expect(folded(futex)).toBe(2)
  expect(folded(['bpf_prog_10f_tp', 'bpf_trace_run1', '__traceiter_sched_waking', 'try_to_wake_up', 'pollwake'])).toBe(
    4,
  )
  expect(folded(['try_to_wake_up'])).toBe(0)
  expect(folded(['pollwake', 'try_to_wake_up'])).toBe(0)
  expect(plainName('poll_schedule_timeout.constprop.0')).toBe('poll_schedule_timeout')
})
