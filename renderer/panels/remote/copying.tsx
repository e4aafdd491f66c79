import { formatBytes, formatShare } from '../../state/format.js'
import { busy, copying } from '../../state/remote.js'

/** `12 s`, `3 min`. */
const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`

/** How far a copy is, how fast, and how long it still takes. */
export function Copying() {
  const now = copying.value
  if (!now) return null
  const p = now.progress
  const words = !p
    ? 'Looking at it'
    : p.phase === 'checking'
      ? 'Comparing checksums'
      : p.phase === 'broken'
        ? 'The line broke; connecting again, the copy then goes on'
        : [
            `${formatShare(p.done, p.total)}, ${formatBytes(p.done)} of ${formatBytes(p.total)}`,
            `${formatBytes(p.speed)}/s${p.packed ? ', packed on the way' : ''}`,
            p.left === null ? '' : `${duration(p.left)} left`,
          ]
            .filter(Boolean)
            .join(', ')
  return (
    <section class="remote-copying" role="status">
      <p>
        Copying <b>{now.name}</b>
        {now.of > 1 && <span class="muted">{` (${now.nth} of ${now.of})`}</span>}
      </p>
      <progress max={p?.total ?? 1} value={p ? p.done : undefined} aria-label={`Copying ${now.name}`} />
      <p class="muted">{words}</p>
      <p class="muted">When you cancel, what has come is kept and gone on with the next time.</p>
      <div class="dialog-foot">
        <span class="fill" />
        <button type="button" class="button" onClick={() => busy.peek()?.cancel()}>
          Cancel
        </button>
      </div>
    </section>
  )
}
