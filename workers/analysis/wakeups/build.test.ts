import { describe, expect, test } from 'vitest'
import { tell } from '../../../test/fixtures/vm-story.js'
import { correlationId, idText } from '../correlation-id.js'
import { linkId } from './ids.js'
import { WakeupMark, type WakeupRow } from '../../thread/contract.js'

const host = [{ name: 'host' }]
const rowsOf = async (text: string): Promise<readonly WakeupRow[]> => {
  const views = await tell(host, text).wakeups()
  return (await views.table({ start: 0, count: 100 })).rows
}

const marksOf = (row: WakeupRow): string[] =>
  Object.entries(WakeupMark).flatMap(([name, bit]) => (row.marks & bit ? [name] : []))

/** `7 by 3: 10 > 12 > 15 = 5 [Migrated]` */
const short = (r: WakeupRow): string => {
  const t = (m: { readonly t: number } | null): string => (m === null ? '-' : String(m.t))
  const marks = marksOf(r)
  const head = `${r.wakee.pid} by ${r.waker.task.pid}: ${t(r.waking)} > ${t(r.activated)} > ${t(r.running)} = ${r.latency ?? '-'}`
  return marks.length > 0 ? `${head} [${marks.join(' ')}]` : head
}
const told = async (text: string): Promise<string[]> => (await rowsOf(text)).map(short)

describe('wake-ups', () => {
  test('are a waking, a wakeup and the switch that follows', async () => {
    const text = '0 sw 3->7 | 2 sw 7(S)->3 | 10 waking 7 0 | 12 wakeup 7 0 | 15 sw 3(R)->7 | 20 end'
    expect(await told(text)).toEqual(['7 by 3: 10 > 12 > 15 = 5'])
    const [row] = await rowsOf(text)
    expect(row).toMatchObject({ wakingToWakeup: 2, wakeupToRunning: 3, migrated: false, cpuBefore: 0, cpuAfter: 0 })
    expect(row!.grade).toBe('EXACT')
    expect(row!.running!.position).toBe(4)
  })

  test('from CPU 1 to CPU 3 are a migration, told by the tracepoints', async () => {
    const text =
      '0 0.1 sw 0->7 | 2 0.1 sw 7(S)->0 | 9 0.2 work by 5 | 10 0.2 waking 7 1 | 12 0.2 wakeup 7 3 | 15 0.3 sw 0->7'
    const [row] = await rowsOf(text)
    expect(row).toMatchObject({ migrated: true, cpuBefore: 1, cpuAfter: 3 })
    expect(marksOf(row!)).toEqual(['Migrated'])
  })

  test('are a migration also where sched_migrate_task lies between, and none where it comes later', async () => {
    const before = '0 sw 3->7 | 2 sw 7(S)->3 | 10 waking 7 0 | 11 migrate 7 1 | 12 wakeup 7 | 15 0.1 sw 0->7'
    expect((await rowsOf(before))[0]).toMatchObject({ migrated: true })
    const after = '0 sw 3->7 | 2 sw 7(S)->3 | 10 waking 7 0 | 12 wakeup 7 0 | 13 migrate 7 1 | 15 0.1 sw 0->7'
    expect((await rowsOf(after))[0]).toMatchObject({ migrated: false })
  })

  test('of a task woken twice before it runs are two, and the run belongs to the first', async () => {
    const text =
      '0 sw 3->7 | 2 sw 7(S)->3 | 10 waking 7 | 11 wakeup 7 | 13 waking 7 | 14 wakeup 7 | 15 sw 3(R)->7 | 20 end'
    expect(await told(text)).toEqual(['7 by 3: 10 > 11 > 15 = 5', '7 by 3: 13 > 14 > 15 = - [Repeated]'])
    const views = await tell(host, text).wakeups()
    expect(views.survey()).toMatchObject({ count: 2, runs: 1 })
  })

  test('of a task that runs and goes on have no latency, though it is switched in later', async () => {
    const text = '0 sw 3->7 | 5 0.1 waking 7 by 4 | 6 0.1 wakeup 7 | 10 sw 7(R)->3 | 20 sw 3->7 | 30 end'
    expect(await told(text)).toEqual(['7 by 4: 5 > 6 > - = - [WhileRunning]'])
  })

  test('that reach a task on its way out count for the run that follows', async () => {
    const text = '0 sw 3->7 | 5 0.1 waking 7 by 4 | 6 sw 7(S)->3 | 8 0.1 wakeup 7 | 20 sw 3->7 | 30 end'
    expect(await told(text)).toEqual(['7 by 4: 5 > 8 > 20 = 15'])
  })

  test('that reached a running task say nothing of its next sleep, also where sched_wakeup is not recorded', async () => {
    const text =
      '0 sw 3->7 | 5 0.1 waking 7 by 4 | 9 sw 7(R)->3 | 10 sw 3->7 | 12 sw 7(S)->3 | 20 waking 7 | 25 sw 3->7 | 30 end'
    expect(await told(text)).toEqual([
      '7 by 4: 5 > - > - = - [NoWakeup WhileRunning]',
      '7 by 3: 20 > - > 25 = 5 [NoWakeup]',
    ])
  })

  test('of a preempted task are marked as such', async () => {
    const text = '0 sw 3->7 | 2 sw 7(R)->3 | 10 waking 7 | 12 wakeup 7 | 15 sw 3(R)->7 | 20 end'
    expect(await told(text)).toEqual(['7 by 3: 10 > 12 > 15 = 5 [WhileRunnable]'])
  })

  test('without sched_waking begin at sched_wakeup, and those of new tasks are exact all the same', async () => {
    const text = '0 sw 0->3 | 10 wakeup 7 | 15 sw 3(R)->7 | 20 new 8 | 25 sw 7(S)->8 | 30 end'
    expect(await told(text)).toEqual(['7 by 3: 10 > 10 > 15 = 5 [NoWaking]', '8 by 7: 20 > 20 > 25 = 5 [New NoWaking]'])
    expect((await rowsOf(text)).map((r) => [r.grade, r.wakingToWakeup, r.migrated])).toEqual([
      ['LIKELY', null, null],
      ['EXACT', null, null],
    ])
  })

  test('whose run no switch tells of say since when it may have gone on', async () => {
    const text = '0 sw 3->0 | 10 waking 7 | 12 wakeup 7 | 18 work by 7 | 20 end'
    const [row] = await rowsOf(text)
    expect(short(row!)).toBe('7 by 0: 10 > 12 > 18 = 8 [RunInferred]')
    expect(row!.running).toEqual({ t: 18, cpu: 0, position: null, notBefore: 12 })
    expect(row!.grade).toBe('LIKELY')
  })

  test('that the recording ends upon have not run', async () => {
    expect(await told('0 sw 3->7 | 2 sw 7(S)->3 | 10 waking 7 | 12 wakeup 7 | 20 end')).toEqual([
      '7 by 3: 10 > 12 > - = - [NeverRan]',
    ])
  })

  test('have the id that a collector would give them, found again by it', async () => {
    const views = await tell(host, '0 sw 3->7 | 2 sw 7(S)->3 | 10 waking 7 | 15 sw 3(R)->7 | 20 end').wakeups()
    const [row] = (await views.table({ start: 0, count: 1 })).rows
    expect(row!.id).toBe(idText(correlationId({ tgid: 0, pid: 7, runSeq: 0n, ktime: 10n })))
    expect(await views.ids.find(row!.id)).toBe(0)
    expect(await views.ids.find(linkId('boundary', row!.id))).toBe(0)
  })

  test('keep their id when only a part of the recording is there', async () => {
    const end = '10 waking 7 | 15 sw 3(S)->7 | 17 sw 7(S)->3 | 18 waking 7 | 19 sw 3(R)->7 | 20 end'
    const ids = async (text: string): Promise<string[]> => (await rowsOf(text)).map((r) => r.id)
    expect(await ids(`4 work by 3 | ${end}`)).toEqual(await ids(`0 sw 3->7 | 2 sw 7(S)->3 | ${end}`))
  })

  test('keep their id when the files come in another order', async () => {
    const two = [{ name: 'one' }, { name: 'other' }]
    const ids = async (text: string): Promise<string[]> =>
      (await (await tell(two, text).wakeups()).table({ start: 0, count: 9 })).rows.map((r) => r.id)
    const first = await ids('0 sw 3->7 | 2 sw 7(S)->3 | 10 waking 7 | 15 sw 3(R)->7 | 16 G sw 0->9 | 20 end')
    const second = await ids('0 G sw 3->7 | 2 G sw 7(S)->3 | 10 G waking 7 | 15 G sw 3(R)->7 | 16 sw 0->9 | 20 G end')
    expect(first).toHaveLength(1)
    expect(second).toEqual(first)
  })
})
