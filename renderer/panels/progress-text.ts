import { formatBytes, formatCount, formatShare } from '../state/format.js'
import type { Work } from '../state/session-state.js'

/** `decoding 42 %, 123 MB of 292 MB`. */
export function progressText(work: Work): string {
  const p = work.progress
  if (!p) return work.title
  const write = p.unit === 'bytes' ? formatBytes : formatCount
  const phase = p.phase === work.title.toLowerCase() ? work.title : `${work.title}: ${p.phase}`
  const events = p.events !== undefined && p.unit === 'bytes' ? `, ${formatCount(p.events)} events` : ''
  return `${phase} ${formatShare(p.done, p.total)}, ${write(p.done)} of ${write(p.total)}${p.unit === 'events' ? ' events' : ''}${events}`
}
