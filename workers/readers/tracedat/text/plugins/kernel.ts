// Timers, memory, TLB, futex and wireless events.

import { toByteString } from '../bytestring.js'
import { hexText, signed64, toInt32, toUint32, type Value } from '../value.js'
import type { Handler, Line } from './line.js'

const unsigned = (v: Value): string => `${v}`
const pointer = (v: Value): string => `0x${hexText(v)}`
const wide = (v: Value): string => `0x${hexText(v).padStart(8, '0')}`

function timer(line: Line): void {
  line.text += 'hrtimer='
  if (!line.print('timer', pointer, true)) line.print('hrtimer', pointer)
}

function callback(line: Line): void {
  line.print(
    'function',
    (v) => {
      const found = line.context.symbol(BigInt(v))
      if (!found) return ` function=${wide(v)}`
      // The distance is taken the wrong way round, so that it is negative but for 0.
      const distance = BigInt.asUintN(64, -BigInt(found.offset))
      return ` function=${`${toByteString(found.name)}/0x${distance.toString(16)}`.slice(0, 127)}`
    },
    true,
  )
}

const timerExpires: Handler = (line) => {
  timer(line)
  line.text += ' now='
  line.print('now', unsigned)
  callback(line)
  return false
}

const timerStart: Handler = (line) => {
  timer(line)
  callback(line)
  line.text += ' expires='
  line.print('expires', unsigned)
  line.text += ' softexpires='
  line.print('softexpires', unsigned)
  return false
}

/** Names the caller before the event's own text. */
const callSite: Handler = (line) => {
  const at = line.value('call_site', true)
  const found = at === undefined ? null : line.context.symbol(BigInt(at))
  if (found) line.text += `(${toByteString(found.name)}+0x${(found.offset >>> 0).toString(16)}) `
  return true
}

const flushReasons = ['flush on task switch', 'remote shootdown', 'local shootdown', 'local mm shootdown']

const tlbFlush: Handler = (line) => {
  line.text += 'pages='
  line.print('pages', (v) => `${signed64(v)}`)
  const reason = line.value('reason')
  if (reason === undefined) return true
  line.text += ` reason=${flushReasons[Number(reason)] ?? ''} (${signed64(reason)})`
  return false
}

type Argument = 'val' | 'utime' | 'uaddr2' | 'val3'
// n = decimal, x = hex of at least eight digits, 2 = decimal under the name val2.
const futexCommands: readonly (readonly [string, Partial<Record<Argument, 'n' | 'x' | '2'>>])[] = [
  ['FUTEX_WAIT', { val: 'x', utime: 'x' }],
  ['FUTEX_WAKE', { val: 'n' }],
  ['FUTEX_FD', { val: 'n' }],
  ['FUTEX_REQUEUE', { val: 'n', utime: '2', uaddr2: 'x' }],
  ['FUTEX_CMP_REQUEUE', { val: 'n', utime: '2', uaddr2: 'x', val3: 'x' }],
  ['FUTEX_WAKE_OP', { val: 'n', utime: '2', uaddr2: 'x', val3: 'x' }],
  ['FUTEX_LOCK_PI', { utime: 'x' }],
  ['FUTEX_UNLOCK_PI', {}],
  ['FUTEX_TRYLOCK_PI', {}],
  ['FUTEX_WAIT_BITSET', { val: 'x', utime: 'x', val3: 'x' }],
  ['FUTEX_WAKE_BITSET', { val: 'n', val3: 'x' }],
  ['FUTEX_WAIT_REQUEUE_PI', { val: 'x', utime: 'x', uaddr2: 'x', val3: 'x' }],
  ['FUTEX_CMP_REQUEUE_PI', { val: 'n', utime: '2', uaddr2: 'x', val3: 'x' }],
]

const futex: Handler = (line) => {
  const values: Partial<Record<string, Value>> = {}
  for (const name of ['uaddr', 'op', 'val', 'utime', 'uaddr2', 'val3']) {
    const v = line.value(name)
    if (v === undefined) return true
    values[name] = v
  }
  const op = toUint32(values['op'] ?? 0)
  const command = op === values['op'] ? futexCommands[(op & ~0x180) >>> 0] : undefined
  if (!command) return true
  line.text += `op=${command[0]}`
  if (op & 0x80) line.text += '|FUTEX_PRIVATE_FLAG'
  if (op & 0x100) line.text += '|FUTEX_CLOCK_REALTIME'
  line.text += ` uaddr=${wide(values['uaddr'] ?? 0)}`
  for (const name of ['val', 'utime', 'uaddr2', 'val3'] as const) {
    const how = command[1][name]
    const v = values[name] ?? 0
    if (how === 'x') line.text += ` ${name}=${wide(v)}`
    else if (how !== undefined) line.text += ` ${how === '2' ? 'val2' : name}=${v}`
  }
  return false
}

const indent = ' '.repeat(65)

const bssInfo: Handler = (line) => {
  const text = (name: string): string => {
    const field = line.field(name)
    if (!field) return `NOTFOUND:${name}`
    if (!field.isDynamic || field.isRelative) return line.chars(field)
    const locator = Number(line.read(field))
    const offset = locator % 0x10000
    return line.chars({ ...field, offset, size: Math.floor(locator / 0x10000) })
  }
  const decimal = (name: string): void => void line.print(name, (v) => `${name}:${toInt32(v)}`, true)
  const bits = (name: string): void =>
    void line.print(name, (v) => `${name}:${toUint32(v) === 0 ? '0' : `0x${hexText(toUint32(v))}`}`, true)
  line.text += `${text('wiphy_name')} vif:${text('vif_name')}`
  line.print('vif_type', (v) => `(${toInt32(v)})`)
  line.text += `\n${indent}`
  for (const name of ['assoc', 'aid', 'cts', 'shortpre', 'shortslot', 'dtimper']) {
    decimal(name)
    line.text += ' '
  }
  line.text += `\n${indent}`
  decimal('bcnint')
  line.text += ' '
  bits('assoc_cap')
  line.text += ' '
  bits('basic_rates')
  line.text += ' '
  decimal('enable_beacon')
  line.text += `\n${indent}`
  decimal('ht_operation_mode')
  return false
}

export const kernelHandlers: Readonly<Record<string, Handler>> = {
  'timer/hrtimer_expire_entry': timerExpires,
  'timer/hrtimer_start': timerStart,
  'kmem/kfree': callSite,
  'kmem/kmalloc': callSite,
  'kmem/kmalloc_node': callSite,
  'kmem/kmem_cache_alloc': callSite,
  'kmem/kmem_cache_alloc_node': callSite,
  'kmem/kmem_cache_free': callSite,
  'tlb/tlb_flush': tlbFlush,
  'syscalls/sys_enter_futex': futex,
  'mac80211/drv_bss_info_changed': bssInfo,
}
