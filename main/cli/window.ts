import { countsNs } from '../../workers/clocks/relate.js'
import { RequestError } from '../../workers/fault.js'
import type { Family, LoadWindow, WindowTime } from '../../workers/thread/contract.js'

/** @param width of the column of names */
export const windowHelp = (width: number): string =>
  [
    `${'  --window FROM..TO'.padEnd(width)}read only this part of the recording, as little of the files as that takes: seconds as`,
    `${''.padEnd(width)}printed, or +SECONDS from its start, both included; what happened before is then not known`,
    '',
  ].join('\n')

/** `FROM..TO` as the engine takes it. The files' heads tell whether times are seconds or ticks. Throws RequestError. */
export function windowOption(text: string, { files }: Pick<Family, 'files'>): LoadWindow {
  const ticks = !files.every(countsNs)
  const form = ticks ? '100..200 in ticks, or +0..+1000' : '6633.3..6633.4 in seconds, or +1.5..+2'
  const match = /^([+\d.-]+?)\.\.([+\d.-]+)$/.exec(text)
  const time = (part: string): WindowTime => {
    const m = /^(?:(\+)|(-))?(\d+)(?:\.(\d{1,9}))?$/.exec(part)
    if (!m || (ticks && m[4] !== undefined)) throw new RequestError(`--window takes ${form}, not "${text}".`)
    const [, plus, minus, whole, fraction = ''] = m
    const value = ticks ? BigInt(whole!) : BigInt(whole! + fraction.padEnd(9, '0'))
    return { value: String(minus ? -value : value), since: plus ? 'start' : 'clock' }
  }
  if (!match) throw new RequestError(`--window takes ${form}, not "${text}".`)
  return { from: time(match[1]!), to: time(match[2]!) }
}
