// The lines at the foot of a picture: what it was made of, and how far its times can be trusted.

import type { SessionInfo } from '../../workers/thread/contract.js'
import type { PictureOptions } from '../../workers/thread/picture.js'
import { formatBytes, formatCount } from '../state/format.js'
import { verdict } from '../panels/verdict.js'

export function notesOf(session: SessionInfo, { hashes, version }: PictureOptions): string[] {
  const clocks = session.machines.flatMap((m) => {
    const clock = session.clocks.find((c) => c.machine === m.machine)
    const badge = clock && verdict(clock, m.role, session.unit)
    return badge ? [`${m.name}: times ${badge.text}.`] : []
  })
  const files = session.files.map((f, i) => {
    const hash = hashes?.[i]
    return `${f.name} (${formatBytes(f.size)}${f.traceId ? `, trace id ${f.traceId}` : ''}${hash ? `, SHA-256 ${hash}` : ''})`
  })
  return [
    ...(clocks.length > 0 ? [`Clocks. ${clocks.join(' ')}`] : []),
    `${files.join('; ')}. ${formatCount(session.count)} events.`,
    ...(session.partial === null ? [] : [session.partial]),
    ...(version ? [`Made with Remora ${version}.`] : []),
  ]
}
