// Recordings of a host and its guests, as trace-cmd would have written them, whose true clock relation is known.

import { makeTruth, random, type GuestRun, type Truth, type TruthOptions } from './clock-truth.js'
import {
  cpuIdle,
  hrtimerStart,
  knownFormats,
  kvmEntry,
  kvmExit,
  kvmUpdateMasterClock,
  kvmWriteTscOffset,
  netReceive,
  netStartXmit,
} from './known-formats.js'
import { guest as guestOption, timeShift, traceId, type Option, type ShiftSample } from './options.js'
import type { EventItem, Item } from './ring-buffer.js'
import { switchTo, task, wakeup, waking, type Task } from './scenario.js'
import { writeTraceDat } from './trace-dat.js'

/**
 * What the guest's file says about its clock: nothing, the truth, or something that is `by` ns off, or that bends: a sample in
 * the first quarter of one CPU is `bend` ns off.
 */
export type Recorded =
  'nothing' | 'truth' | { readonly by: number; readonly bend?: { readonly cpu: number; readonly ns: number } }

export interface PairedGuest {
  readonly name: string
  readonly truth: TruthOptions
  readonly recorded?: Recorded
  /** Whether the files carry the ids that relate them. */
  readonly related?: boolean
  /** Whether the host's GUEST option names the vCPU threads. */
  readonly threads?: boolean
  /** KVM's TSC scaling: the guest counts ratio / 2^fraction as fast as the host. */
  readonly scaling?: { readonly ratio: bigint; readonly fraction: bigint }
}

export interface PairOptions {
  readonly guests: readonly PairedGuest[]
  /** Trace clock of host and guests. */
  readonly clock?: string
  readonly guestClock?: string
  /** Which of the host's events were recorded. */
  readonly events?: 'kvm' | 'entries' | 'exits' | 'sched' | 'neither'
  /** Instruction set of kvm_exit: 1 = VMX, 2 = SVM. */
  readonly isa?: 1 | 2
  /** In each so many events of a host CPU some are lost, and said to be. */
  readonly overrunEvery?: number
  /** The host says when it writes a TSC offset: at every step of a guest's clock. */
  readonly writes?: boolean
}

/** A delay from a guest event to the exit that it causes, ns of host time. */
export interface Delay {
  readonly sequence: 'timer -> MSR_WRITE' | 'idle -> HLT'
  readonly ns: number
}

export interface MadeGuest {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly truth: Truth
  readonly delays: readonly Delay[]
  /** Host clock of a guest clock value, both as they stand in the files. */
  hostOf(raw: bigint, vcpu?: number): number
}

export interface MadePair {
  readonly host: Uint8Array<ArrayBuffer>
  readonly guests: readonly MadeGuest[]
}

/** Clock value of the host at the truth's 0; a guest without scaling counts from the same. */
export const HOST_EPOCH = 100_000_000_000_000n
const HOST_ID = 0xa0n
const EXITS = { 1: { msr: 32n, hlt: 12n, other: 48n }, 2: { msr: 0x7cn, hlt: 0x78n, other: 0x400n } } as const

/** Why a run ended, drawn from its own number so that host and guest agree. */
type Ending = 'msr' | 'hlt' | 'other'
const endingOf = (run: number): Ending => (['msr', 'other', 'hlt', 'other', 'other'] as const)[run % 5]!

export function makePair(o: PairOptions): MadePair {
  const guests = o.guests.map((g, i) => ({ ...g, index: i, id: 0xb0n + BigInt(i), told: makeTruth(g.truth) }))
  const threadOf = (guest: number, vcpu: number): Task => ({
    pid: 1000 + 100 * guest + vcpu,
    comm: `CPU ${vcpu}/KVM`,
  })
  // Every vCPU has a host CPU of its own.
  const hostCpus = guests.flatMap((g) => g.told.runs.map((runs, v) => hostItems(runs, threadOf(g.index, v), v, o, g)))
  const comms = Object.fromEntries(
    guests.flatMap((g) => g.told.runs.map((_, v) => [threadOf(g.index, v).pid, threadOf(g.index, v).comm])),
  )
  const related = guests.filter((g) => g.related ?? true)
  const host = writeTraceDat({
    formats,
    clock: o.clock ?? 'x86-tsc',
    comms,
    buffers: [{ name: '', cpus: hostCpus.map((items, cpu) => ({ cpu, items })) }],
    options: [
      traceId(HOST_ID),
      ...related.map((g) =>
        guestOption(
          g.name,
          g.id,
          g.told.runs.map((_, cpu) => ({ cpu, tid: (g.threads ?? true) ? threadOf(g.index, cpu).pid : -1 })),
        ),
      ),
    ],
  }).bytes
  return { host, guests: guests.map((g) => makeGuest(g, g.told, g.id, o)) }
}

const formats = [
  ...knownFormats,
  kvmEntry,
  kvmExit,
  hrtimerStart,
  cpuIdle,
  netStartXmit,
  netReceive,
  kvmWriteTscOffset,
  kvmUpdateMasterClock,
]

const at = (ns: number): bigint => HOST_EPOCH + BigInt(ns)
const event = (time: bigint, pid: number, format: EventItem['format'], values: EventItem['values']): EventItem => ({
  kind: 'event',
  time,
  pid,
  format,
  values,
})

function hostItems(
  runs: readonly GuestRun[],
  thread: Task,
  vcpu: number,
  o: PairOptions,
  g: { readonly told: Truth; readonly truth: TruthOptions },
): Item[] {
  const which = o.events ?? 'kvm'
  const isa = o.isa ?? 1
  const kvm = which !== 'sched' && which !== 'neither'
  const items: EventItem[] = []
  runs.forEach((run, i) => {
    // After a live migration only others run here.
    if (run.entry >= (g.truth.leaves ?? Infinity)) {
      items.push(switchTo(at(run.entry), task.idle, 0, work), switchTo(at(run.exit), work, 1, task.idle))
      return
    }
    // The thread comes and goes a little before and after its guest; without kvm events that is all there is to see.
    const aside = kvm ? 300 : 0
    const [entry, exit] = [run.sawEntry && which !== 'exits', run.sawExit && which !== 'entries']
    if (which !== 'neither' && (kvm || run.sawEntry)) items.push(switchTo(at(run.entry - aside), task.idle, 0, thread))
    if (kvm && entry)
      items.push(event(at(run.entry), thread.pid, kvmEntry, { vcpu_id: BigInt(vcpu), rip: 4096n, immediate_exit: 0n }))
    if (kvm && exit) items.push(exitItem(run.exit, thread.pid, vcpu, isa, endingOf(i)))
    if (which === 'neither') items.push(waking(at(run.exit), thread, thread, 0))
    else if (kvm || run.sawExit) items.push(switchTo(at(run.exit + aside), thread, 1, task.idle))
  })
  if (vcpu === 0) items.push(...packetItems(g.told, 'host', 'tap0', at))
  for (const step of o.writes ? (g.truth.steps ?? []) : []) {
    // A guest that jumps ahead is less behind: 2^64 - 10^6 is where it starts.
    const before = (1n << 64n) - 1_000_000n
    const next = BigInt.asUintN(64, before - BigInt(step.by))
    const values = { vcpu_id: BigInt(vcpu), previous_tsc_offset: before, next_tsc_offset: next }
    items.push(event(at(step.at), thread.pid, kvmWriteTscOffset, values))
    if (vcpu === 0) items.push(event(at(step.at), thread.pid, kvmUpdateMasterClock, { use_master_clock: 1n }))
  }
  items.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  return o.overrunEvery === undefined ? items : overrun(items, o.overrunEvery)
}

const PROTOCOL = 0x800n
const HEADER = 14

/** One machine's side of the packets. */
function packetItems(
  truth: Truth,
  machine: 'host' | 'guest',
  name: string,
  rawOf: (ns: number) => bigint,
): EventItem[] {
  return truth.packets.flatMap((p) => {
    const sends = p.towards !== machine
    const t = sends ? p.sent : p.received
    if (t === null) return []
    const length = BigInt(p.length)
    return sends
      ? event(rawOf(t), 0, netStartXmit, {
          name,
          protocol: PROTOCOL,
          len: length + BigInt(HEADER),
          network_offset: BigInt(HEADER),
        })
      : event(rawOf(t), 0, netReceive, { name, skbaddr: 4096n, len: length })
  })
}

function exitItem(t: number, pid: number, vcpu: number, isa: 1 | 2, ending: Ending): EventItem {
  return event(at(t), pid, kvmExit, {
    exit_reason: EXITS[isa][ending],
    guest_rip: 4096n,
    isa: BigInt(isa),
    // On SVM this tells writes from reads.
    info1: ending === 'msr' ? 1n : 0n,
    info2: 0n,
    intr_info: 0n,
    error_code: 0n,
    vcpu_id: BigInt(vcpu),
  })
}

const OVERRUN = 7

/** Leaves out some events now and then, and says so, as an overrun ring buffer does. */
function overrun(items: readonly EventItem[], every: number): Item[] {
  const left: Item[] = []
  for (let i = 0; i < items.length; i += every) {
    if (i > 0) left.push({ kind: 'page', lost: OVERRUN })
    left.push(...items.slice(i === 0 ? 0 : i + OVERRUN, i + every))
  }
  return left
}

function makeGuest(g: PairedGuest, truth: Truth, id: bigint, o: PairOptions): MadeGuest {
  const scale = g.scaling
  // A scaled guest counts from the host's zero; the truth's relation is between the unscaled clocks.
  const rawOf = (ns: number): bigint => (scale ? (at(ns) * scale.ratio) >> scale.fraction : at(ns))
  const unscaled = (raw: bigint): bigint => (scale ? (raw << scale.fraction) / scale.ratio : raw)
  const delays: Delay[] = []
  const cpus = truth.runs.map((runs, cpu) => ({ cpu, items: guestItems(runs, cpu, rawOf, truth, delays) }))
  const all = cpus.flatMap((c) => c.items)
  const options: Option[] = []
  const related = g.related ?? true
  if (related) options.push(traceId(id))
  const recorded = g.recorded ?? 'truth'
  if (related && recorded !== 'nothing' && all.length > 0) {
    const { by, bend } = recorded === 'truth' ? { by: 0 } : recorded
    options.push(
      timeShift(
        HOST_ID,
        !scale,
        truth.runs.map((runs, v) => samples(runs, v, truth, by, bend?.cpu === v ? bend.ns : null, rawOf, scale)),
      ),
    )
  }
  const { bytes } = writeTraceDat({
    formats,
    clock: o.guestClock ?? o.clock ?? 'x86-tsc',
    buffers: [{ name: '', cpus }],
    options,
    comms: { 50: 'work' },
  })
  return {
    name: g.name,
    bytes,
    truth,
    delays,
    hostOf: (raw, vcpu) => {
      const ns = Number(unscaled(raw) - HOST_EPOCH)
      return ns + truth.offsetAt(ns, vcpu)
    },
  }
}

function samples(
  runs: readonly GuestRun[],
  vcpu: number,
  truth: Truth,
  by: number,
  bend: number | null,
  rawOf: (ns: number) => bigint,
  scale: PairedGuest['scaling'],
): ShiftSample[] {
  const quarter = bend === null ? undefined : runs[runs.length >> 2]?.guest[0]
  const ends = [runs[0]?.guest[0], quarter, runs.at(-1)?.guest.at(-1)].filter((g) => g !== undefined)
  // KVM's own triple holds for all time: one sample.
  return (scale ? ends.slice(0, 1) : ends).map((g) => {
    const offset = Math.round(truth.offsetAt(g, vcpu)) + by + (g === quarter ? bend! : 0)
    if (!scale) return { time: rawOf(g), offset: BigInt(offset), scaling: 1n }
    const inGuestUnits = (BigInt(offset) * scale.ratio) >> scale.fraction
    return { time: rawOf(g), offset: inGuestUnits, scaling: scale.ratio, fraction: scale.fraction }
  })
}

const work: Task = { pid: 50, comm: 'work' }

function guestItems(
  runs: readonly GuestRun[],
  cpu: number,
  rawOf: (ns: number) => bigint,
  truth: Truth,
  delays: Delay[],
): EventItem[] {
  const next = random(cpu + 1)
  const items: EventItem[] = []
  runs.forEach((run, i) => {
    const ending = endingOf(i)
    run.guest.forEach((g, k) => {
      const time = rawOf(g)
      const last = k === run.guest.length - 1
      if (last && ending === 'msr') {
        items.push(event(time, 50, hrtimerStart, { hrtimer: 1n, function: 2n, expires: 3n, softexpires: 3n }))
      } else if (last && ending === 'hlt') {
        items.push(event(time, 0, cpuIdle, { state: 1n, cpu_id: BigInt(cpu) }))
      } else {
        items.push((next() < 0.5 ? waking : wakeup)(time, work, work, cpu))
      }
      if (last && ending !== 'other') {
        const ns = run.exit - (g + truth.offsetAt(g, cpu))
        delays.push({ sequence: ending === 'msr' ? 'timer -> MSR_WRITE' : 'idle -> HLT', ns })
      }
    })
  })
  if (cpu === 0) {
    items.push(...packetItems(truth, 'guest', 'eth0', rawOf))
    items.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
  }
  // Clocks that are stepped back are not recorded here: a ring buffer tells time by what has passed.
  for (let i = 1; i < items.length; i++) {
    if (items[i]!.time < items[i - 1]!.time) throw new Error(`the guest's time runs back at ${items[i]!.time}`)
  }
  return items
}
