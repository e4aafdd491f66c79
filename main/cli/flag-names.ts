import type { RecordsApi } from '../../workers/thread/contract.js'

export const flagOptions = { kernel: { type: 'string' } } as const

/** Names wake_flags of all files of records as `--kernel` says. Rejects with RequestError where that is no kernel. */
export async function nameWakeFlags(
  engine: Pick<RecordsApi, 'recordFiles' | 'chooseWakeFlags'>,
  kernel: string | undefined,
): Promise<void> {
  if (kernel === undefined) return
  for (const { file } of await engine.recordFiles()) await engine.chooseWakeFlags(file, kernel)
}
