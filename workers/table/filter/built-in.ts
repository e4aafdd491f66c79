// Names that an expression can use for what every event has. Any other name is a field of the record.

import { RequestError } from '../../fault.js'
import { lostBefore } from '../rows.js'
import type { Bind } from './compile.js'
import type { Comparison, Literal } from './parse.js'
import { rememberPids } from './pid-memo.js'
import { columnTest, Quick } from './tests.js'
import { matcher } from './values.js'

/** The test of a comparison with a built-in name; null when the name is not one. Throws RequestError for senseless comparisons. */
export function builtIn(comparison: Comparison, negated: boolean): Bind | null {
  const make = Object.hasOwn(NAMES, comparison.name) ? NAMES[comparison.name]! : null
  return make ? make(comparison, negated) : null
}

export const builtInNames = (): string[] => Object.keys(NAMES)

type Make = (comparison: Comparison, negated: boolean) => Bind

/** Each name, and what it stands for; docs/filters.md lists the same. */
const NAMES: Readonly<Record<string, Make>> = {
  /** Name of the event; `system:name` where the value has a colon. */
  event: (c, negated) => {
    const { text } = matcher(c)
    const full = c.values.some((v) => v.text.includes(':'))
    return ({ type }) => text(full ? `${type.system}:${type.name}` : type.name) !== negated
  },
  system: (c, negated) => {
    const { text } = matcher(c)
    return ({ type }) => text(type.system) !== negated
  },
  machine: (c, negated) => {
    const { text, number } = matcher(c)
    const byIndex = c.values.every((v) => v.integer !== null)
    return ({ session, stream }) => {
      const { name } = session.machines[stream.machine]!
      return (byIndex ? number(stream.machine, () => name) : text(name)) !== negated
    }
  },
  buffer: (c, negated) => {
    const { text } = matcher(c)
    return ({ stream }) => text(stream.buffer) !== negated
  },
  cpu: cpuTest,
  CPU: cpuTest,
  pid: pidTest,
  common_pid: pidTest,
  task: taskTest,
  comm: taskTest,
  COMM: taskTest,
  time: timeTest,
  lost: (c, negated) => {
    const { number } = numbers(c)
    return ({ stream }) => {
      const usual = number(0, () => '0') !== negated
      if (stream.lost.length === 0) return usual
      return columnTest((row) => {
        const lost = lostBefore(stream, row)
        return lost === 0 ? usual : number(lost, () => String(lost)) !== negated
      })
    }
  },
  info: (c, negated) => {
    const { text } = matcher(c)
    return () => ({ quick: () => Quick.NeedsRecord, full: (record) => text(record.info()) !== negated })
  },
  latency: (c, negated) => {
    const { text } = matcher(c)
    return () => ({ quick: () => Quick.NeedsRecord, full: (record) => text(record.latency()) !== negated })
  },
}

function cpuTest(c: Comparison, negated: boolean): Bind {
  const { number } = numbers(c)
  return ({ stream }) => number(stream.cpu, () => String(stream.cpu)) !== negated
}

function pidTest(c: Comparison, negated: boolean): Bind {
  const { number } = numbers(c)
  const holds = rememberPids((pid) => number(pid, () => String(pid)) !== negated)
  return ({ stream }) => columnTest((row) => holds(stream.pid[row]!))
}

function taskTest(c: Comparison, negated: boolean): Bind {
  const { text } = matcher(c)
  const perFile = new Map<number, (pid: number) => boolean>()
  return ({ session, stream }) => {
    const file = session.files[stream.file]!
    const holds = perFile.get(stream.file) ?? rememberPids((pid) => text(file.comm(pid)) !== negated)
    perFile.set(stream.file, holds)
    return columnTest((row) => holds(stream.pid[row]!))
  }
}

/** The trace clock as shown: seconds with up to nine decimals, or whole ticks where the clock's rate is not known. Exact. */
function timeTest(c: Comparison, negated: boolean): Bind {
  if (c.operator === '~' || c.operator === '!~' || c.operator === '&') {
    throw new RequestError(`Times are compared with == != < <= > >= or in, not with ${c.operator}.`, c.at)
  }
  for (const value of c.values) toTicks(value, 'ns')
  return ({ session, stream }) => {
    const values = c.values.map((v) => {
      const integer = toTicks(v, session.unit) - session.epoch
      return { ...v, integer }
    })
    const { number } = matcher({ ...c, values })
    return columnTest((row) => number(stream.t[row]!, () => '') !== negated)
  }
}

function toTicks(value: Literal, unit: 'ns' | 'ticks'): bigint {
  const parts = /^(-?)(\d+)(?:\.(\d{1,9}))?$/.exec(value.text)
  if (!parts) throw new RequestError(`${value.text} is not a time in seconds with at most nine decimals.`, value.at)
  const [, sign, whole, decimals] = parts
  if (unit === 'ticks' && decimals) {
    throw new RequestError(`This session counts clock ticks, so that ${value.text} is not one of its times.`, value.at)
  }
  const ticks = unit === 'ticks' ? BigInt(whole!) : BigInt(whole! + (decimals ?? '').padEnd(9, '0'))
  return sign ? -ticks : ticks
}

/** Matcher for a number of the columns: text makes sense only as a pattern. */
function numbers(c: Comparison): ReturnType<typeof matcher> {
  if (c.operator !== '~' && c.operator !== '!~') {
    const wrong = c.values.find((v) => v.integer === null)
    if (wrong) throw new RequestError(`${c.name} is a whole number; ${wrong.text || 'empty text'} is none.`, wrong.at)
  }
  return matcher(c)
}
