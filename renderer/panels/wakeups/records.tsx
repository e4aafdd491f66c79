// Files of collectors' and scripts' records that are open beside the recordings, and how much of them joined its wake-ups.

import type { RecordFileInfo } from '../../../workers/thread/contract.js'
import { formatCount, formatShort } from '../../state/format.js'
import { Band, machineName } from '../../widgets/machine.js'
import { FileFlagNames } from './flag-names.js'
import { useAnswer } from './view.js'

export function Records() {
  const { value, trouble } = useAnswer((api) => api.recordFiles(), []).value
  if (trouble !== null) return <p class="warning">{trouble}</p>
  if (!value) return null
  if (value.length === 0)
    return (
      <p class="empty">
        Shows what a collector’s or a script’s records say of the same wake-ups: correlation ids, wake_flags at entry
        and at activation, first timekeeping reads. No such file is open. Open the records (JSON, JSON lines or the
        collector’s own format) together with the recording of the same time.
      </p>
    )
  return (
    <div class="scroll panel-fill" tabIndex={0} aria-label="Records">
      <table class="sums">
        <thead>
          <tr>
            {['File', 'Machine', 'Kernel', 'Names of flags'].map((h) => (
              <th key={h} scope="col">
                {h}
              </th>
            ))}
            {['Wake-ups', 'Joined', 'Off by, median', '99 %', 'With id', 'Flags', 'Stacks', 'Reads', 'Lost'].map(
              (h) => (
                <th key={h} scope="col" class="right">
                  {h}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {value.map((f) => (
            <RecordRow key={f.file} of={f} />
          ))}
        </tbody>
      </table>
      <ul class="lacking">
        {value.flatMap((f) =>
          f.absent.map((a) => (
            <li key={`${f.file} ${a.field}`}>
              {f.name}: {a.field} is absent, {a.because}
            </li>
          )),
        )}
      </ul>
    </div>
  )
}

function RecordRow({ of: f }: { readonly of: RecordFileInfo }) {
  const length = (n: number | null) => (n === null ? '' : formatShort(n, 'ns'))
  return (
    <tr>
      <td>
        <Band machine={f.machine} />
        {f.name}
      </td>
      <td>{machineName(f.machine)}</td>
      <td>{f.kernel || <span class="muted">not said</span>}</td>
      <td>{f.withEntry + f.withActivation > 0 ? <FileFlagNames of={f} /> : <span class="muted">no flags</span>}</td>
      <td class="right">{formatCount(f.wakes)}</td>
      <td class="right" title="Of those that the recording could have">
        {formatCount(f.joined)} of {formatCount(f.expected)}
      </td>
      <td class="right">{length(f.median)}</td>
      <td class="right">{length(f.p99)}</td>
      <td class="right">{formatCount(f.withId)}</td>
      <td class="right">{formatCount(Math.max(f.withEntry, f.withActivation))}</td>
      <td class="right">{formatCount(f.withStack)}</td>
      <td class="right">{formatCount(f.withRead)}</td>
      <td class="right">{formatCount(f.lost)}</td>
    </tr>
  )
}
