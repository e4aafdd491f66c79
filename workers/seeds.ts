// The measuring scripts' functions under their own names, for those who call Remora as a library. Each stands for a command:
//
//   generate_correlation_id   remora correlation-id
//   log_task_state            remora records
//   analyze_ttwu_stacks       remora compare --host H --vm V
//   aggregate_traces          remora aggregate --input FILE --flags wake_flags.cfg
//
// Fields of results are those of the scripts (CorrelationData, StackAnalysisResult, TraceData), with more beside them. Times are ns
// as decimal text: a double does not hold them.

import { correlationId, idText } from './analysis/correlation-id.js'
import { aggregate, readFlagsConfig, type Aggregate } from './analysis/stacks/aggregate.js'
import { constellationOf, Observations } from './analysis/stacks/observe.js'
import { compareSides, type Comparison, type ReportSettings } from './analysis/stacks/report.js'
import { wakeFlagTable } from './analysis/wake-flags.js'
import { memorySource } from './bytes.js'
import { PATH_NAMES, RECORD_NAMES, STAGES, WAKE_STAGES, type WakeRecords } from './model/wake-record.js'
import { openTrace } from './readers/registry.js'
import { InputError } from './fault.js'

export interface CorrelationData {
  readonly correlation_id: string
  readonly tgid: number
  readonly pid: number
  /** ns, decimal. */
  readonly timestamp: string
}

/** What a record tells of a woken task; absent = not recorded. */
export interface TaskState extends CorrelationData {
  readonly comm?: string
  readonly state_before?: number
  readonly state_after?: number
  readonly prev_cpu?: number
  readonly target_cpu?: number
  /** null = cannot be told. */
  readonly migrated: boolean | null
  /** The constellation in words, and the raw flags. */
  readonly flags: string
  readonly flags_entry?: string
  readonly flags_activate?: string
  readonly path?: string
  readonly run_seq?: number
  /** Function of the first timekeeping read. */
  readonly first_read?: string
  /** Stages after the first, ns since it. */
  readonly stages: Readonly<Record<string, number>>
  readonly stack?: readonly string[]
}

/**
 * The correlation id of a wake-up: XXH64 over little-endian (u32 tgid, u32 pid, u64 run_seq, u64 ktime_ns [, u64 machine_id]), as
 * 16 hex digits.
 */
export function generate_correlation_id(
  tgid: number,
  pid: number,
  run_seq: number | bigint,
  ktime_ns: bigint,
  machine_id?: bigint,
): string {
  return idText(correlationId({ tgid, pid, runSeq: BigInt(run_seq), ktime: ktime_ns, machineId: machine_id }))
}

/** Records out of the text of a file (JSON lines or a JSON document). Rejects with InputError where it holds none. */
export async function read_records(text: string, name = 'records'): Promise<WakeRecords> {
  const file = await openTrace(memorySource(name, new TextEncoder().encode(text)))
  if (!file.wakeRecords) throw new InputError(`${name} holds no records of wake-ups.`, 'no-records', name)
  return file.wakeRecords
}

/** States of the woken tasks of all records, in the order of the file. */
export function* log_task_state(records: WakeRecords, kernel = records.header.kernel): Generator<TaskState> {
  const { wakes: w, records: r, strings, stacks, epoch } = records
  const table = wakeFlagTable(kernel)
  const known = (value: number): number | undefined => (value >= 0 ? value : undefined)
  const hex = (value: number): string | undefined => (value >= 0 ? `0x${value.toString(16)}` : undefined)
  for (let i = 0; i < w.count; i++) {
    const flags = constellationOf(w.flagsEntry[i]!, w.flagsActivate[i]!, w.derivedMigrated[i]!, table)
    const start = r.t[w.first[i]!]!
    const stages = WAKE_STAGES.flatMap((kind, s): [string, number][] => {
      const at = w.stages[i * STAGES + s]!
      return at < 0 || at === w.first[i] ? [] : [[RECORD_NAMES[kind]!, r.t[at]! - start]]
    })
    const stack = w.stack[i]!
    yield {
      correlation_id: idText(w.id[i]!),
      tgid: w.tgid[i]!,
      pid: w.pid[i]!,
      timestamp: String(epoch + BigInt(start)),
      comm: strings[w.comm[i]!],
      state_before: known(w.stateBefore[i]!),
      state_after: known(w.stateAfter[i]!),
      prev_cpu: known(w.prevCpu[i]!),
      target_cpu: known(w.targetCpu[i]!),
      migrated: flags.migrated,
      flags: flags.text,
      flags_entry: hex(w.flagsEntry[i]!),
      flags_activate: hex(w.flagsActivate[i]!),
      path: w.path[i] === 0 ? undefined : PATH_NAMES[w.path[i]!],
      run_seq: Number.isNaN(w.runSeq[i]!) ? undefined : w.runSeq[i]!,
      first_read: strings[w.readFunction[i]!],
      stages: Object.fromEntries(stages),
      stack: stack < 0 ? undefined : [...stacks[stack]!].map((f) => strings[f]!),
    }
  }
}

/** Stack clusters of host and VM beside each other; one WakeRecords a run. `offset` is VM median minus host median, ns. */
export function analyze_ttwu_stacks(
  host: readonly WakeRecords[],
  vm: readonly WakeRecords[],
  settings?: ReportSettings,
): Comparison {
  const observations = new Observations()
  host.forEach((records, i) => observations.add(`host ${i + 1}`, 0, records))
  vm.forEach((records, i) => observations.add(`VM ${i + 1}`, 1, records))
  return compareSides(observations, settings)
}

/** Wake-ups by flag constellation. `wake_flags`: the text of a wake_flags.cfg. Throws InputError for a line that cannot be used. */
export function aggregate_traces(traces: readonly WakeRecords[], wake_flags = '', kernel?: string): Aggregate {
  return aggregate(traces, readFlagsConfig(wake_flags, 'wake_flags.cfg'), kernel)
}
