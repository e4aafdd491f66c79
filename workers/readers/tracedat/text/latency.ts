import type { TextContext } from './context.js'
import type { EventFormat } from './format.js'
import { readUnsigned, toInt32, toUint32 } from './value.js'

const irqsOff = 0x01
const irqsUnknown = 0x02
const needResched = 0x04
const hardirq = 0x08
const softirq = 0x10

function common(f: EventFormat, name: string, payload: Uint8Array, ctx: TextContext): number | undefined {
  const field = f.byName.get(name)
  if (!field?.common) return undefined
  return toUint32(readUnsigned(payload, field.offset, field.size, ctx.bigEndian))
}

/**
 * The latency columns of a record as `trace-cmd report -l` prints them: interrupts off, need-resched, hard/soft interrupt,
 * preempt depth and migrate-disable depth: `d..2.`; kernels that record more common counters get a column for each.
 */
export function latencyText(f: EventFormat, payload: Uint8Array, ctx: TextContext): string {
  const flags = common(f, 'common_flags', payload, ctx) ?? 0
  const count = common(f, 'common_preempt_count', payload, ctx) ?? 0
  const hard = (flags & hardirq) !== 0
  const soft = (flags & softirq) !== 0
  let out = flags & irqsOff ? 'd' : flags & irqsUnknown ? 'X' : '.'
  out += flags & needResched ? 'N' : '.'
  out += hard && soft ? 'H' : hard ? 'h' : soft ? 's' : '.'
  out += count & 0x0f ? (count & 0x0f).toString(16) : '.'
  out += count & 0xf0 ? (count >>> 4).toString(16) : '.'
  for (const name of ['common_migrate_disable', 'common_lock_depth']) {
    const v = common(f, name, payload, ctx)
    if (v !== undefined) out += toInt32(v) < 0 ? '.' : String(toInt32(v))
  }
  return out
}
