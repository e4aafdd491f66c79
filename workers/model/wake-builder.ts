// Puts the records of one file together: columns of all records, one row a wake-up with its stages, clocksource switches.

import { FlagNames } from '../analysis/wake-flags.js'
import { correlationId } from '../analysis/correlation-id.js'
import { functionOf, withoutInstrumentation } from '../analysis/stacks/frames.js'
import { float64, GrowingTable, int32, int8, uint32, uint64, uint8 } from './wake-columns.js'
import {
  ClocksourceStage,
  NO_HEADER,
  RecordKind,
  STAGES,
  WAKE_STAGES,
  WakePath,
  type ClocksourceSwitch,
  type ProbeRecord,
  type RecordHeader,
  type WakeRecords,
} from './wake-record.js'

const recordSpecs = {
  t: float64(),
  kind: uint8(),
  cpu: int32(),
  pid: int32(),
  label: int32(),
  wake: int32(),
  offset: float64(),
  length: uint32(),
}

const wakeSpecs = {
  id: uint64(),
  serial: float64(),
  tgid: int32(),
  pid: int32(),
  comm: int32(),
  runSeq: float64(),
  ktime: float64(),
  first: int32(),
  stages: int32(-1, STAGES),
  wakerPid: int32(),
  wakerComm: int32(),
  flagsEntry: int32(),
  flagsActivate: int32(),
  path: uint8(),
  stateBefore: int32(),
  stateAfter: int32(),
  prevCpu: int32(),
  targetCpu: int32(),
  derivedMigrated: int8(),
  rqClock: uint64(),
  stack: int32(),
  readStack: int32(),
  readFunction: int32(),
  readValue: float64(),
  source: int32(),
}

const stageOf = (kind: RecordKind): number => (WAKE_STAGES as readonly number[]).indexOf(kind)
const TTWU = stageOf(RecordKind.Ttwu)
const WAKING = stageOf(RecordKind.Waking)
const WAKEUP = stageOf(RecordKind.Wakeup)

/** Wakings out of one stop_machine() belong to one clocksource switch; ns. */
const ONE_SWITCH = 10e6

type Draft = { -readonly [K in keyof ClocksourceSwitch]: ClocksourceSwitch[K] }

export class WakeRecordBuilder {
  header: RecordHeader = NO_HEADER
  #epoch: bigint | null = null
  #records = new GrowingTable(recordSpecs)
  #wakes = new GrowingTable(wakeSpecs)
  #switches: Draft[] = []
  #inferred: Draft[] = []
  /** Chain of the last switch. */
  #chain: string | undefined
  #strings = new Map<string, number>()
  #stackIndex = new Map<string, number>()
  #stacks: Uint32Array[] = []
  #byId = new Map<bigint, number>()
  #bySerial = new Map<number, number>()
  /** The wake-up of a task that has not gone on yet, for records without any number. */
  #byTask = new Map<number, number>()
  /** Names of tasks, the last one wins. */
  readonly comms = new Map<number, string>()

  get count(): number {
    return this.#records.count
  }

  /** Takes in the next record of the file. */
  push(r: ProbeRecord): void {
    this.#epoch ??= r.time
    const t = this.#since(r.time)
    const at = this.#records.add()
    const c = this.#records.columns
    c.t[at] = t
    c.kind[at] = r.kind
    c.cpu[at] = r.cpu
    c.pid[at] = r.pid
    c.label[at] = this.#string(r.function)
    c.offset[at] = r.offset
    c.length[at] = r.length
    if (r.comm && r.pid > 0) this.comms.set(r.pid, r.comm)
    if (r.wakeeComm && r.wakee) this.comms.set(r.wakee, r.wakeeComm)
    const stack = this.#stack(r.stack)
    if (r.kind === RecordKind.Clocksource) this.#clocksource(r, at, stack)
    const stage = stageOf(r.kind)
    const alone = r.kind === RecordKind.Correlation || r.kind === RecordKind.Trace
    const wake = stage < 0 && !alone ? this.#known(r) : this.#wakeOf(r, stage)
    c.wake[at] = wake
    if (wake < 0) return
    const { first } = this.#wakes.columns
    if (first[wake] === -1) first[wake] = at
    this.#fill(wake, r, stack)
    if (stage >= 0) this.#enter(wake, stage, r, at, stack)
    if (stage === WAKING && stack >= 0) this.#inferSwitch(r, t, at, stack)
  }

  finish(): WakeRecords {
    const records = this.#records.finish()
    const w = this.#wakes.finish()
    for (let i = 0; i < this.#wakes.count; i++) {
      if (w.prevCpu[i]! >= 0 && w.targetCpu[i]! >= 0) w.derivedMigrated[i] = w.prevCpu[i] === w.targetCpu[i] ? 0 : 1
      // The wakelist's sched_wakeup is recorded by the target CPU, not by the waker's.
      const waking = w.stages[i * STAGES + WAKING]!
      const wakeup = w.stages[i * STAGES + WAKEUP]!
      if (w.path[i] === WakePath.Unknown && waking >= 0 && wakeup >= 0 && records.cpu[waking] !== records.cpu[wakeup]) {
        w.path[i] = WakePath.Wakelist
      }
    }
    return {
      header: this.header,
      flagNames: new FlagNames(this.header.kernel),
      epoch: this.#epoch ?? 0n,
      records: { count: this.#records.count, ...records },
      wakes: { count: this.#wakes.count, ...w },
      clocksources: this.#switches.length > 0 ? this.#switches : this.#inferred,
      strings: [...this.#strings.keys()],
      stacks: this.#stacks,
    }
  }

  #since(time: bigint): number {
    return Number(time - (this.#epoch ?? 0n))
  }

  #string(text: string | undefined): number {
    if (text === undefined || text === '') return -1
    const known = this.#strings.get(text)
    if (known !== undefined) return known
    this.#strings.set(text, this.#strings.size)
    return this.#strings.size - 1
  }

  #stack(frames: readonly string[] | undefined): number {
    if (!frames || frames.length === 0) return -1
    const key = frames.join('\n')
    const known = this.#stackIndex.get(key)
    if (known !== undefined) return known
    const kept = withoutInstrumentation(frames)
    const plain = kept.join('\n')
    const index = this.#stackIndex.get(plain) ?? this.#stacks.push(Uint32Array.from(kept, (f) => this.#string(f))) - 1
    this.#stackIndex.set(key, index)
    this.#stackIndex.set(plain, index)
    return index
  }

  /** The wake-up that a record's numbers name, if it is known; -1 otherwise. */
  #known(r: ProbeRecord): number {
    if (r.id !== undefined) return this.#byId.get(r.id) ?? -1
    return r.serial ? (this.#bySerial.get(r.serial) ?? -1) : -1
  }

  /** The wake-up of a stage, a new one where it begins one. */
  #wakeOf(r: ProbeRecord, stage: number): number {
    const known = this.#known(r)
    const fits = known >= 0 && (r.wakee === undefined || this.#wakes.columns.pid[known] === r.wakee)
    if (fits) return known
    const numbered = r.id !== undefined || r.serial !== undefined
    if (!numbered && r.wakee !== undefined && stage > TTWU) {
      const open = this.#byTask.get(r.wakee)
      if (open !== undefined && this.#isBefore(open, stage)) return open
    }
    const wake = this.#wakes.add()
    if (r.id !== undefined) this.#byId.set(r.id, wake)
    if (r.serial) this.#bySerial.set(r.serial, wake)
    if (r.wakee !== undefined) this.#byTask.set(r.wakee, wake)
    return wake
  }

  /** Whether a wake-up has not come as far as `stage`. */
  #isBefore(wake: number, stage: number): boolean {
    for (let s = stage; s < STAGES; s++) if (this.#wakes.columns.stages[wake * STAGES + s]! >= 0) return false
    return true
  }

  /** What any record may say of its wake-up; the first that says it counts. */
  #fill(wake: number, r: ProbeRecord, stack: number): void {
    const w = this.#wakes.columns
    const set = (c: Int32Array, value: number | undefined): void => {
      if (value !== undefined && c[wake] === -1) c[wake] = value
    }
    if (r.serial !== undefined) w.serial[wake] = r.serial
    set(w.tgid, r.wakeeTgid)
    set(w.pid, r.wakee)
    set(w.comm, r.wakeeComm === undefined ? undefined : this.#string(r.wakeeComm))
    if (r.runSeq !== undefined) w.runSeq[wake] = r.runSeq
    if (r.ktime !== undefined) w.ktime[wake] = this.#since(r.ktime)
    set(w.flagsEntry, r.flagsEntry)
    set(w.flagsActivate, r.flagsActivate)
    if (r.path !== undefined && w.path[wake] === WakePath.Unknown) w.path[wake] = r.path
    set(w.stateBefore, r.stateBefore)
    set(w.stateAfter, r.stateAfter)
    if (r.rqClock !== undefined && w.rqClock[wake] === 0n) w.rqClock[wake] = BigInt.asUintN(64, r.rqClock)
    set(w.source, r.source === undefined ? undefined : this.#string(r.source))
    if (r.kind === RecordKind.FirstRead) {
      set(w.readStack, stack)
      set(w.readFunction, this.#string(r.function))
      if (r.value !== undefined && Number.isNaN(w.readValue[wake])) w.readValue[wake] = this.#since(r.value)
    } else if (r.kind !== RecordKind.SwitchIn && stack >= 0) set(w.stack, stack)
    if (w.id[wake] === 0n) this.#identify(wake, r)
  }

  #identify(wake: number, r: ProbeRecord): void {
    const w = this.#wakes.columns
    if (r.id !== undefined) w.id[wake] = r.id
    else if (r.wakeeTgid !== undefined && r.wakee !== undefined && r.runSeq !== undefined && r.ktime !== undefined) {
      w.id[wake] = correlationId({ tgid: r.wakeeTgid, pid: r.wakee, runSeq: BigInt(r.runSeq), ktime: r.ktime })
    }
  }

  #enter(wake: number, stage: number, r: ProbeRecord, at: number, stack: number): void {
    const w = this.#wakes.columns
    const slot = wake * STAGES + stage
    // A stage that comes twice (a task woken again before it ran) keeps its first record.
    if (w.stages[slot]! >= 0) return
    w.stages[slot] = at
    const beginning = stage <= WAKING
    if (beginning && w.wakerPid[wake] === -1) {
      w.wakerPid[wake] = r.pid
      w.wakerComm[wake] = this.#string(r.comm)
    }
    // The tracepoint's stack is deeper than the one of the entry, which is the one that counts.
    if (stage === TTWU && stack >= 0) w.stack[wake] = stack
    const selecting = beginning || r.kind === RecordKind.Activate
    if (selecting && w.prevCpu[wake] === -1 && r.prevCpu !== undefined) w.prevCpu[wake] = r.prevCpu
    const selected = r.kind === RecordKind.Activate || r.kind === RecordKind.Wakeup
    if (selected && w.targetCpu[wake] === -1 && r.targetCpu !== undefined) w.targetCpu[wake] = r.targetCpu
  }

  #clocksource(r: ProbeRecord, at: number, stack: number): void {
    const stage = r.clocksourceStage ?? ClocksourceStage.Entry
    const slot = (['entry', 'change', 'firstRead', 'recalculation'] as const)[stage]
    const last = this.#switches.at(-1)
    // A stage may have several probes: what they see is one switch where they say so, else where it fits.
    const chained = r.chain !== undefined && r.chain === this.#chain
    const fits = last && last[slot] < 0 && (!r.clocksource || r.clocksource === last.to)
    const draft = last && stage > ClocksourceStage.Entry && (chained || fits) ? last : null
    if (draft && draft[slot] >= 0) return
    const own = draft ?? emptySwitch(r.clocksource ?? '', stack, false)
    if (!draft) this.#switches.push(own)
    this.#chain = r.chain
    own[slot] = at
    if (own.stack < 0) own.stack = stack
  }

  /** Where no probe sees clocksource switches, stacks of wake-ups out of timekeeping_notify show them. */
  #inferSwitch(r: ProbeRecord, t: number, at: number, stack: number): void {
    if (!r.stack?.some((f) => functionOf(f) === 'timekeeping_notify')) return
    const last = this.#inferred.at(-1)
    const { pid, t: times } = this.#records.columns
    if (last && pid[last.entry] === r.pid && t - times[last.entry]! < ONE_SWITCH) return
    this.#inferred.push({ ...emptySwitch('', stack, true), entry: at })
  }
}

const emptySwitch = (to: string, stack: number, inferred: boolean): Draft => ({
  to,
  entry: -1,
  change: -1,
  firstRead: -1,
  recalculation: -1,
  stack,
  inferred,
})
