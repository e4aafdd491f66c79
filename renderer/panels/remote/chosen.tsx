import { useSignal } from '@preact/signals'
import type { Family, FileInfo } from '../../../workers/thread/contract.js'
import { formatBytes, formatDelta, formatShort, plural } from '../../state/format.js'
import { handle } from '../../state/messages.js'
import { windowOf } from '../../state/window.js'
import { busy, chosen, copyAndOpen, look, openInPlace } from '../../state/remote.js'

/** A file that is read in place as a whole rather costs as much as a copy. */
const SMALL = 16e6

const countsTicks = (f: FileInfo) => /tsc|counter|cycle/.test(f.clock) && f.tsc2nsec === null

/** Length of a recording in ns (ticks). */
function lengthOf(family: Family): { readonly length: number; readonly unit: 'ns' | 'ticks' } {
  const unit = family.files.some(countsTicks) ? 'ticks' : 'ns'
  const host = family.files.find((f) => f.file === family.machines[0]?.files[0]) ?? family.files[0]
  if (!host?.span) return { length: 0, unit }
  const ticks = BigInt(host.span.last) - BigInt(host.span.first)
  const { tsc2nsec } = host
  return { length: Number(tsc2nsec ? (ticks * BigInt(tsc2nsec.mult)) >> BigInt(tsc2nsec.shift) : ticks), unit }
}

/** What the chosen files hold, and the two ways to open them. */
export function Chosen() {
  const found = look.value
  const family = found?.family
  const size = found?.files.reduce((n, f) => n + f.size, 0) ?? 0
  const { length, unit } = family ? lengthOf(family) : { length: 0, unit: 'ns' as const }
  const scale = unit === 'ns' ? 1e9 : 1
  const from = useSignal('0')
  const given = useSignal('')
  // As much as ten million bytes tell, unless the user says otherwise.
  const usual = Math.max(1e-3, Math.min(length, (length * 10e6) / Math.max(1, size)) / scale)
  const span = given.value === '' ? usual.toPrecision(3).replace(/\.?0+$/, '') : given.value
  const window = windowOf(from.value, span, scale)
  const idle = busy.value === null
  const whole = size <= SMALL
  return (
    <footer class="remote-chosen">
      <div class="remote-info" aria-label="What the chosen files hold">
        {!family && (
          <p class="muted">
            {chosen.value.size === 0
              ? 'Choose a trace to see what it holds before anything is copied: its head alone is read. A host and its guests are chosen together (Ctrl+click).'
              : ''}
          </p>
        )}
        {family?.files.map((f) => (
          <p key={f.file}>
            <b>{f.name}</b> <span class="muted">{fileLine(f)}</span>
          </p>
        ))}
        {family && family.machines.some((m) => m.parent !== null) && (
          <p class="muted">
            {plural(family.machines.filter((m) => m.parent !== null).length, 'guest')} of{' '}
            {family.machines.find((m) => m.parent === null)?.name}
          </p>
        )}
        {family?.faults.map((f, i) => (
          <p key={i} class={f.severity === 'error' ? 'remote-fault' : 'warning'}>
            {f.file ? `${f.file}: ` : ''}
            {f.message}
          </p>
        ))}
      </div>
      {family && (
        <div class="remote-ways">
          <button type="button" class="button primary" disabled={!idle} onClick={() => handle(copyAndOpen())}>
            Copy {formatBytes(size)} and open
          </button>
          <div class="remote-place">
            <button
              type="button"
              class="button"
              disabled={!idle || (!whole && window === null)}
              title="Reads what is looked at, and copies nothing"
              onClick={() => handle(openInPlace(whole ? null : window))}
            >
              Open in place
            </button>
            {!whole && (
              <>
                <label>
                  from
                  <input
                    class="field"
                    inputMode="decimal"
                    value={from.value}
                    aria-label="Beginning of the window"
                    onInput={(e) => (from.value = e.currentTarget.value)}
                  />
                  {unit === 'ns' ? 's' : 'ticks'}
                </label>
                <label>
                  for
                  <input
                    class={`field ${window ? '' : 'wrong'}`}
                    inputMode="decimal"
                    value={span}
                    aria-label="Length of the window"
                    onInput={(e) => (given.value = e.currentTarget.value)}
                  />
                  {unit === 'ns' ? 's' : 'ticks'}
                </label>
                <span class="muted">of {formatShort(length, unit)}</span>
              </>
            )}
          </div>
        </div>
      )}
    </footer>
  )
}

function fileLine(f: FileInfo): string {
  return [
    `${f.format} ${f.version}`,
    f.compression && f.compression !== 'none' ? f.compression : 'not compressed',
    plural(f.cpuCount, 'CPU'),
    `clock ${f.clock || 'not named'}`,
    f.span && !countsTicks(f) && f.tsc2nsec === null
      ? formatDelta(Number(BigInt(f.span.last) - BigInt(f.span.first)), 'ns')
      : '',
    f.uname.split(' ').slice(1, 3).join(' '),
  ]
    .filter(Boolean)
    .join(', ')
}
