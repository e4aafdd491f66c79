// Events of the tracers themselves. Records are rendered one by one, so what trace-cmd derives from the records before and after
// (the indentation of function calls, calls and returns joined in one line) is left out.

import { toByteString } from '../bytestring.js'
import { callers } from '../stack.js'
import { hexText, signed64, type Value, wrap } from '../value.js'
import type { Handler, Line } from './line.js'

function symbol(line: Line, address: Value): string | undefined {
  const found = line.context.symbol(BigInt(address))
  return found ? toByteString(found.name) : undefined
}

const calledFunction: Handler = (line) => {
  const ip = line.value('ip')
  const parent = ip === undefined ? undefined : line.value('parent_ip')
  if (ip === undefined || parent === undefined) {
    line.text += '!'
    return true
  }
  line.text += symbol(line, ip) ?? `0x${hexText(ip)}`
  return false
}

const repeats: Handler = (line) => {
  calledFunction(line)
  const count = line.value('count')
  const high = count === undefined ? undefined : line.value('top_delta_ts')
  const low = high === undefined ? undefined : line.value('bottom_delta_ts')
  if (count === undefined || high === undefined || low === undefined) {
    line.text += '!'
    return true
  }
  const delta = wrap((BigInt(high) << 32n) | BigInt(low))
  line.text += ` (count: ${signed64(count)}  last: ${delta} before)`
  return false
}

const stack: Handler = (line) => {
  if (!line.format.byName.has('caller')) {
    line.text += '<CANT FIND FIELD caller>'
    return false
  }
  line.text += '<stack trace >\n'
  for (const address of callers(line.format, line.payload, line.context)) {
    const found = line.context.symbol(address)
    const at = address.toString(16)
    line.text += found ? `=> ${toByteString(found.name)} (${at})\n` : `=> ${at}\n`
  }
  return false
}

const rawData: Handler = (line) => {
  const id = line.value('id')
  if (id === undefined) {
    line.text += '!'
    return true
  }
  line.text += `# ${hexText(id)}`
  const buf = line.format.byName.get('buf')
  if (!buf) {
    line.text += '<CANT FIND FIELD buf>'
    return false
  }
  // Eight bytes for every long, even where a long has four.
  const { payload, context } = line
  const step = context.longSize === 4 ? 4 : 8
  for (let at = buf.offset; at < payload.length; at += step) {
    for (const b of payload.subarray(at, at + 8)) line.text += ` ${b < 16 ? '0' : ''}${b.toString(16)}`
  }
  return false
}

/** A mark for calls that took long; durations in ns. */
function overhead(ns: bigint): string {
  if (ns > 1_000_000_000n) return '$ '
  if (ns > 1_000_000n) return '# '
  if (ns > 100_000n) return '! '
  return ns > 10_000n ? '+ ' : '  '
}

function duration(ns: bigint): string {
  const micros = (ns / 1000n).toString()
  const text = micros.length < 7 ? `${micros}.${(ns % 1000n).toString().padStart(3, '0')}` : micros
  return `${text} us ${' '.repeat(Math.max(0, 7 - text.length))}|  `
}

// Deeper calls than any kernel stack holds; bounds what a damaged record can make us allocate.
const indent = (depth: Value): string => ' '.repeat(2 * Number(depth < 1000 ? depth : 1000))

const graphEntry: Handler = (line) => {
  const address = line.value('func')
  const depth = address === undefined ? undefined : line.value('depth')
  if (address === undefined || depth === undefined) {
    line.text += '!'
    return true
  }
  line.text += `             |  ${indent(depth)}${symbol(line, address) ?? hexText(address)}() {`
  return false
}

const graphExit: Handler = (line) => {
  const returned = line.value('rettime')
  const called = returned === undefined ? undefined : line.value('calltime')
  if (returned === undefined || called === undefined) {
    line.text += '!'
    return true
  }
  const ns = BigInt.asUintN(64, BigInt(returned) - BigInt(called))
  line.text += overhead(ns) + duration(ns)
  const depth = line.value('depth')
  if (depth === undefined) {
    line.text += '!'
    return true
  }
  line.text += `${indent(depth)}}`
  return false
}

export const ftraceHandlers: Readonly<Record<string, Handler>> = {
  'ftrace/function': calledFunction,
  'ftrace/func_repeats': repeats,
  'ftrace/kernel_stack': stack,
  'ftrace/raw_data': rawData,
  'ftrace/funcgraph_entry': graphEntry,
  'ftrace/funcgraph_exit': graphExit,
}
