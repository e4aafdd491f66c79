// One record of the collector as a ProbeRecord, with what earlier records told: names of tasks, stacks, symbols.

import { correlationId } from '../../analysis/correlation-id.js'
import {
  RecordKind,
  type ClocksourceStage,
  type ProbeRecord,
  type RecordHeader,
  type WakePath,
} from '../../model/wake-record.js'
import { clocksource, head, NO_PROBE, NONE, number, stack, symbol, task, wake, WireKind } from './layout.js'

const decoder = new TextDecoder()

/** Text up to its NUL. */
export function textAt(bytes: Uint8Array, from: number, to: number): string {
  const nul = bytes.indexOf(0, from)
  return decoder.decode(bytes.subarray(from, nul < 0 || nul > to ? to : nul))
}

/** What records name by numbers. */
export class WireNames {
  readonly comms = new Map<number, string>()
  readonly #symbols = new Map<bigint, string>()
  readonly #addresses = new Map<number, readonly bigint[]>()
  readonly #stacks = new Map<number, readonly string[]>()

  /** Takes in a record that tells names; false for every other. */
  learn(kind: number, bytes: Uint8Array, view: DataView): boolean {
    if (kind === WireKind.Task) {
      this.comms.set(view.getUint32(task.task, true), textAt(bytes, task.comm, task.comm + 16))
    } else if (kind === WireKind.Symbol) {
      this.#symbols.set(view.getBigUint64(symbol.address, true), textAt(bytes, symbol.name, bytes.length))
    } else if (kind === WireKind.Stack) {
      const room = Math.floor((bytes.length - stack.address) / 8)
      const frames = Math.min(view.getUint32(stack.count, true), room)
      const at = (i: number): bigint => view.getBigUint64(stack.address + 8 * i, true)
      this.#addresses.set(
        view.getInt32(stack.id, true),
        Array.from({ length: frames }, (_, i) => at(i)),
      )
    } else return false
    return true
  }

  symbol(address: bigint): string {
    return this.#symbols.get(address) ?? `0x${address.toString(16)}`
  }

  stack(id: number): readonly string[] | undefined {
    const known = this.#stacks.get(id)
    if (known) return known
    const addresses = this.#addresses.get(id)
    if (!addresses || addresses.length === 0) return undefined
    const names = addresses.map((a) => this.symbol(a))
    this.#stacks.set(id, names)
    return names
  }
}

type Draft = { -readonly [K in keyof ProbeRecord]: ProbeRecord[K] }

/** `bytes` = the whole record, `offset` = where it lies. Only for kinds of probes. */
export function probeRecord(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  names: WireNames,
  header: RecordHeader,
): ProbeRecord {
  const kind = view.getUint16(head.kind, true) as RecordKind
  const pid = view.getUint32(head.pid, true)
  const r: Draft = {
    kind,
    time: view.getBigUint64(head.time, true),
    cpu: view.getUint16(head.cpu, true),
    offset,
    length: bytes.length,
    pid,
  }
  const comm = pid === 0 ? undefined : names.comms.get(pid)
  if (comm !== undefined) r.comm = comm
  if (kind <= WireKind.LastWake) fillWake(r, view, names, header)
  else if (kind === WireKind.Clocksource) fillClocksource(r, bytes, view, names, header)
  else fillNumber(r, view, names, header)
  return r
}

function fillProbe(r: Draft, index: number, header: RecordHeader, named: boolean): void {
  const probe = index === NO_PROBE ? undefined : header.probes[index]
  if (probe?.source) r.source = probe.source
  if (named && probe?.attached) r.function = probe.attached
}

function fillWake(r: Draft, view: DataView, names: WireNames, header: RecordHeader): void {
  r.wakee = view.getUint32(wake.wakee, true)
  r.wakeeTgid = view.getUint32(wake.wakeeTgid, true)
  const comm = names.comms.get(r.wakee)
  if (comm !== undefined) r.wakeeComm = comm
  const runSeq = view.getBigUint64(wake.runSeq, true)
  r.runSeq = Number(runSeq)
  r.ktime = view.getBigUint64(wake.ktime, true)
  r.id = correlationId({ tgid: r.wakeeTgid, pid: r.wakee, runSeq, ktime: r.ktime })
  const flagsEntry = view.getUint32(wake.flagsEntry, true)
  if (flagsEntry !== NONE) r.flagsEntry = flagsEntry
  const flagsActivate = view.getUint32(wake.flagsActivate, true)
  if (flagsActivate !== NONE) r.flagsActivate = flagsActivate
  const state = view.getUint32(wake.state, true)
  if (state !== NONE) r.stateBefore = state
  const prevCpu = view.getInt16(wake.prevCpu, true)
  if (prevCpu >= 0) r.prevCpu = prevCpu
  const targetCpu = view.getInt16(wake.targetCpu, true)
  if (targetCpu >= 0) r.targetCpu = targetCpu
  const path = view.getUint8(wake.path)
  if (path > 0 && path <= 4) r.path = path as WakePath
  const value = view.getBigUint64(wake.value, true)
  if (value > 0n && r.kind === RecordKind.Activate) r.rqClock = value
  if (value > 0n && r.kind === RecordKind.FirstRead) r.value = value
  const frames = names.stack(view.getInt32(wake.stack, true))
  if (frames) r.stack = frames
  fillProbe(r, view.getUint8(wake.probe), header, r.kind === RecordKind.FirstRead)
}

function fillClocksource(r: Draft, bytes: Uint8Array, view: DataView, names: WireNames, header: RecordHeader): void {
  const chain = correlationId({
    tgid: view.getUint32(clocksource.byTgid, true),
    pid: view.getUint32(clocksource.byPid, true),
    runSeq: view.getBigUint64(clocksource.number, true),
    ktime: view.getBigUint64(clocksource.ktime, true),
  })
  r.chain = chain.toString(16).padStart(16, '0')
  const stage = view.getUint8(clocksource.stage)
  if (stage <= 3) r.clocksourceStage = stage as ClocksourceStage
  const name = textAt(bytes, clocksource.name, clocksource.name + 32)
  if (name) r.clocksource = name
  const value = view.getBigUint64(clocksource.value, true)
  if (value > 0n) r.value = value
  const frames = names.stack(view.getInt32(clocksource.stack, true))
  if (frames) r.stack = frames
  fillProbe(r, view.getUint8(clocksource.probe), header, true)
}

function fillNumber(r: Draft, view: DataView, names: WireNames, header: RecordHeader): void {
  const n = view.getUint32(number.number, true)
  // To cpu_idle "none" is a state of its own: the CPU left it.
  if (n !== NONE || r.kind === RecordKind.CpuIdle) r.number = n
  const vcpu = view.getUint32(number.vcpu, true)
  if (vcpu !== NONE) r.vcpu = vcpu
  const address = view.getBigUint64(number.address, true)
  if (address > 0n) r.function = names.symbol(address)
  const value = view.getBigUint64(number.value, true)
  if (value > 0n) r.value = value
  fillProbe(r, view.getUint8(number.probe), header, false)
}
