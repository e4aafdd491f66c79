// Whose names wake_flags have: as the kernel tells that is recorded, or another's. The raw value stands beside them in any case.

import { WakeFlagKernels, type RecordFileInfo, type WakeRecord } from '../../../workers/thread/contract.js'
import { handle } from '../../state/messages.js'
import { nameWakeFlags } from '../../state/wakeups.js'
import { FlagFilter } from './filter-bar.js'
import { useAnswer } from './view.js'

interface Props {
  readonly files: readonly number[]
  /** null: what is usual holds. */
  readonly chosen: string | null
  /** null: the kernel is not known; undefined: several. */
  readonly usual: string | null | undefined
  readonly bar?: boolean
}

function FlagNames({ files, chosen, usual, bar }: Props) {
  const means = usual === undefined ? 'each its kernel’s' : (usual ?? 'kernel not known')
  return (
    <select
      class={bar ? 'field wide-only' : 'field'}
      aria-label="Names of wake_flags"
      title="Whose names wake_flags have: the kernel has renumbered them several times"
      value={chosen ?? ''}
      onChange={(e) => handle(nameWakeFlags(files, e.currentTarget.value || null))}
    >
      <option value="">{bar ? `flags: ${means}` : `as recorded: ${means}`}</option>
      {WakeFlagKernels.map((kernel) => (
        <option key={kernel} value={kernel}>
          {bar ? `flags: kernel ${kernel}` : `kernel ${kernel}`}
        </option>
      ))}
    </select>
  )
}

export const FileFlagNames = ({ of }: { readonly of: RecordFileInfo }) => (
  <FlagNames files={[of.file]} chosen={of.chosen} usual={of.flags} />
)

export const RecordFlagNames = ({ of }: { readonly of: WakeRecord }) => (
  <FlagNames files={[of.source]} chosen={of.chosen ? of.names : null} usual={of.usual} />
)

/** By which flags and whose names, for all files of records at once; nothing where there are none with flags. */
export function FlagBar() {
  const files = useAnswer((api) => api.recordFiles(), []).value.value ?? []
  const flagged = files.filter((f) => f.withEntry + f.withActivation > 0)
  if (flagged.length === 0) return null
  const one = <T,>(of: (f: RecordFileInfo) => T): T | undefined =>
    flagged.every((f) => of(f) === of(flagged[0]!)) ? of(flagged[0]!) : undefined
  return (
    <>
      <FlagFilter />
      <FlagNames
        bar
        files={flagged.map((f) => f.file)}
        chosen={one((f) => f.chosen) ?? null}
        usual={one((f) => f.flags)}
      />
    </>
  )
}
