// Helper functions that print formats call and libtraceevent's plugins define.

import { toUint32, type Value } from '../value.js'
import { commandBlockText } from './scsi.js'
import { hypercallName } from './xen.js'

/**
 * Addresses of a record's own bytes, for functions that take a pointer to a dynamic array. No kernel or user address of a record
 * lies here, and offsets are recovered by subtraction.
 */
export const payloadBase = 0x7ffe_0000_0000

interface Result {
  /** What the function returns, where a number is asked for. */
  readonly value: Value
  /** What it prints (byte string), where text is asked for. */
  readonly text: string
}

interface Helper {
  readonly arguments: number
  call(args: readonly Value[], p: Uint8Array): Result
}

/** Bytes that an argument points to; none when it does not point into the record. */
function pointedTo(v: Value | undefined, p: Uint8Array): Uint8Array {
  const at = typeof v === 'number' ? v - payloadBase : -1
  return at >= 0 && at <= p.length ? p.subarray(at) : new Uint8Array(0)
}

const helpers: Readonly<Record<string, Helper>> = {
  jbd2_dev_to_name: {
    arguments: 1,
    call: ([dev = 0]) => ({ value: 0, text: `${toUint32(dev) >>> 20}:${toUint32(dev) & 0xfffff}` }),
  },
  // The tick rate of the traced kernel is not known, so jiffies stay jiffies.
  jiffies_to_msecs: { arguments: 1, call: ([jiffies = 0]) => ({ value: jiffies, text: `${jiffies}` }) },
  is_writable_pte: { arguments: 1, call: ([pte = 0]) => ({ value: toUint32(pte) & 2, text: '' }) },
  __le16_to_cpup: {
    arguments: 1,
    call: ([pointer], p) => {
      const b = pointedTo(pointer, p)
      return { value: (b[0] ?? 0) + (b[1] ?? 0) * 256, text: '' }
    },
  },
  xen_hypercall_name: { arguments: 1, call: ([op = 0]) => ({ value: 0, text: hypercallName(toUint32(op)) }) },
  scsi_trace_parse_cdb: {
    arguments: 3,
    call: ([, block], p) => ({ value: 0, text: commandBlockText(pointedTo(block, p)) }),
  },
}

/** Names of the functions and how many arguments each takes. */
export const functionArguments: ReadonlyMap<string, number> = new Map(
  Object.entries(helpers).map(([name, h]) => [name, h.arguments]),
)

export function callFunction(name: string, args: readonly Value[], p: Uint8Array): Result {
  const helper = Object.hasOwn(helpers, name) ? helpers[name] : undefined
  return helper ? helper.call(args, p) : { value: 0, text: '' }
}
