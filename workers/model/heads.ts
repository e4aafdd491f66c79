// What the heads of a session's files tell, before any event is read.

import type { SourceOpener, SourceRef } from '../bytes.js'
import { InputError, type Fault } from '../fault.js'
import { openTrace } from '../readers/registry.js'
import type { TraceFile } from '../readers/types.js'
import type { DeclaredPair, Family } from '../thread/contract.js'
import { buildFamily } from './machines.js'

export interface Heads {
  readonly files: readonly TraceFile[]
  /** Where each of `files` is. */
  readonly sources: readonly SourceRef[]
  readonly family: Family
}

/**
 * Reads the heads of all files. Those that cannot be read become faults, unless none can: then the first error is thrown.
 * @param pairs guests and hosts that the files themselves do not relate; indices of `sources`
 */
export async function readHeads(
  sources: readonly SourceRef[],
  open: SourceOpener,
  signal?: AbortSignal,
  pairs: readonly DeclaredPair[] = [],
): Promise<Heads> {
  if (sources.length === 0) throw new InputError('No file was given.', 'no-file')
  const opened: { file: TraceFile; source: SourceRef }[] = []
  const failed: InputError[] = []
  for (const source of sources) {
    try {
      opened.push({ file: await openTrace(open(source), signal), source })
    } catch (e) {
      signal?.throwIfAborted()
      failed.push(asInputError(e, source.name))
    }
  }
  if (opened.length === 0) throw failed[0]!
  const files = opened.map((o) => o.file)
  const at = (source: number): number => opened.findIndex((o) => o.source === sources[source])
  const family = buildFamily(
    files,
    pairs.map(({ guest, host }) => ({ guest: at(guest), host: at(host) })),
  )
  const faults = failed.map((e): Fault => ({
    severity: 'error',
    code: e.code,
    message: e.message,
    file: e.file,
    offset: e.offset,
  }))
  return {
    files,
    sources: opened.map((o) => o.source),
    family: { ...family, faults: [...faults, ...family.faults] },
  }
}

function asInputError(e: unknown, name: string): InputError {
  if (e instanceof InputError) return e
  return new InputError(`${name} cannot be read: ${e instanceof Error ? e.message : String(e)}.`, 'unreadable', name)
}
