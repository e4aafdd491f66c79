// From the texts of a head to the numbers that the decoder works with.

import { type EventTypeMeta, WakeHow } from '../types.js'
import { type FieldPlace, fieldPlace } from './formats.js'
import type { Head } from './head.js'
import { type Layout, Role, type WakePlaces } from './pages.js'
import type { PageShape } from './page-times.js'

/** Layout of a page as header_page describes it; by the size of a long where it does not. */
export function pageShapeOf(head: Head): PageShape {
  const long = head.longSize === 4 ? 4 : 8
  const commit = fieldPlace(head.headerPage, 'commit')
  const data = fieldPlace(head.headerPage, 'data')
  const commitSize = commit && (commit.size === 4 || commit.size === 8) ? commit.size : long
  const usual = 8 + commitSize
  const sound = data !== null && data.offset >= usual && data.offset % 4 === 0 && data.offset < 4096
  return { commitSize, dataOffset: sound ? data.offset : usual }
}

/** Puts a page size that can be in place of one that cannot. */
export function soundPageSize(head: Head, shape: PageShape): void {
  const data = fieldPlace(head.headerPage, 'data')
  const described = data ? data.offset + data.size : 0
  const sound = (n: number): boolean => n > shape.dataOffset && n % 4 === 0 && n <= 1 << 26
  const instead = sound(described) ? described : 4096
  if (!sound(head.pageSize)) {
    head.fault('error', 'bad-page-size', `The file claims pages of ${head.pageSize} bytes; ${instead} is assumed.`)
    head.pageSize = instead
  }
  head.buffers.forEach((b, i) => {
    if (sound(b.pageSize)) return
    const message = `Buffer ${b.name || 'top'} claims pages of ${b.pageSize} bytes; ${head.pageSize} is assumed.`
    if (head.version === '7') head.fault('error', 'bad-page-size', message)
    head.buffers[i] = { ...b, pageSize: head.pageSize }
  })
}

const none: FieldPlace = { offset: 0, size: 0 }

export function layoutOf(
  head: Head,
  shape: PageShape,
  types: readonly EventTypeMeta[],
  texts: readonly string[],
  epoch: bigint,
): Layout {
  const typeOf = new Uint16Array(65536)
  const roleOf = new Uint8Array(types.length)
  types.forEach((t, i) => {
    if (i > 0) typeOf[t.id] = i
  })
  const role = (name: string, fields: readonly string[], is: number): FieldPlace[] | null => {
    const i = types.findIndex((t) => t.name === name && t.system === 'sched')
    if (i < 0) return null
    const places = fields.map((f) => fieldPlace(texts[i]!, f))
    if (places.some((p) => p === null || p.size === 0)) return null
    roleOf[i] = is
    return places as FieldPlace[]
  }
  const [switchNext = none, switchState = none] = role('sched_switch', ['next_pid', 'prev_state'], Role.Switch) ?? []
  const wake = (kind: number, name: string, cpuField: string): void => {
    const [pid] = role(name, ['pid'], kind) ?? []
    if (!pid) return
    const text = texts[types.findIndex((t) => t.name === name && t.system === 'sched')]!
    const cpu = fieldPlace(text, cpuField) ?? none
    const success = fieldPlace(text, 'success') ?? none
    wakes[kind] = { pid, cpu, success, needs: Math.max(...[pid, cpu, success].map((f) => f.offset + f.size)) }
  }
  const wakes: (WakePlaces | null)[] = [null, null, null, null, null]
  wake(WakeHow.Waking, 'sched_waking', 'target_cpu')
  wake(WakeHow.Wakeup, 'sched_wakeup', 'target_cpu')
  wake(WakeHow.WakeupNew, 'sched_wakeup_new', 'target_cpu')
  wake(WakeHow.Migrate, 'sched_migrate_task', 'dest_cpu')
  const sample = texts.find((t) => t !== '') ?? ''
  const type = fieldPlace(sample, 'common_type')
  const pid = fieldPlace(sample, 'common_pid')
  return {
    bigEndian: head.bigEndian,
    ...shape,
    epochHigh: Number(epoch >> 32n),
    epochLow: Number(epoch & 0xffffffffn),
    typeField: type && type.size === 2 && type.offset % 2 === 0 ? type : { offset: 0, size: 2 },
    pidField: pid && pid.size === 4 && pid.offset % 4 === 0 ? pid : { offset: 4, size: 4 },
    typeOf,
    roleOf,
    switchNext,
    switchState,
    flagsField: fieldPlace(sample, 'common_flags') ?? none,
    wakes,
  }
}
