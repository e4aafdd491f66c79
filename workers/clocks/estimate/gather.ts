// Evidence out of a loaded session: brackets of each vCPU from the host's events, guest events from the guest's. Only columns are
// read, no records.

import { lowerBound, type StreamColumns } from '../../columns/event-table.js'
import type { Runs } from '../../model/runs.js'
import type { TraceFile } from '../../readers/types.js'
import { SpanFlag, type MachineInfo } from '../../thread/contract.js'
import { findAnchor } from './anchor.js'
import { closeBrackets } from './brackets.js'
import type { BracketKind, Evidence, VcpuEvidence } from './evidence.js'
import type { ClockMarks } from '../marks.js'
import { lastSeen, offsetWrites, packetWays } from './gather-marks.js'
import { placesOf } from './places.js'

/** What gathering needs of a session. */
export interface Scene {
  readonly files: readonly TraceFile[]
  readonly machines: readonly MachineInfo[]
  readonly streams: readonly StreamColumns[]
  /** Names of the session's event types. */
  readonly eventTypes: readonly { readonly system: string; readonly name: string }[]
  readonly runs: Runs
  /** What was read of records; absent = nothing. */
  readonly marks?: ClockMarks
}

export interface Gathered {
  readonly evidence: Evidence
  /** Host thread of each vCPU of the evidence, and where that is known from. */
  readonly threads: readonly {
    readonly vcpu: number
    readonly tid: number
    readonly by: 'GUEST option' | 'thread name'
  }[]
  /** Why there is no evidence, one sentence; null when there is some. */
  readonly lacking: string | null
}

const VCPU_THREAD = /^CPU (\d+)\/(KVM|TCG)$/

/**
 * Evidence for one guest.
 * @param scale from guest ticks to the guest times of the evidence
 * @param offsetGuess session time minus guest time, as far as known: helps to tell apart the vCPU threads of several guests
 */
export function gatherEvidence(
  scene: Scene,
  guest: MachineInfo,
  offsetGuess: number | null,
  scale: (tick: number) => number = (tick) => tick,
): Gathered {
  const nothing = (lacking: string): Gathered => ({ evidence: { kind: 'sched', vcpus: [] }, threads: [], lacking })
  if (guest.parent === null) return nothing('The host of this guest is not among the opened files.')
  const host = scene.machines[guest.parent]!
  const guestTimes = new Map(guest.cpus.map((cpu) => [cpu, guestEvents(scene, guest, cpu).map(scale)]))
  const candidates = threadsOf(scene, host, guest)
  const { epoch } = scene.files[guest.files[0]!]!.meta
  const guestTime = (s: StreamColumns, row: number): number =>
    scale(s.ticks[row]! + Number(scene.files[s.file]!.meta.epoch - epoch))
  const ways = packetWays(scene, guest, host, guestTime)
  const packetsAlone = (): Gathered => {
    const none = new Float64Array(0)
    const vcpus = [...guestTimes].map(([vcpu, events]) => ({ vcpu, entry: none, exit: none, guest: events }))
    return { evidence: { kind: 'sched', vcpus, ways }, threads: [], lacking: null }
  }
  if (candidates.size === 0) {
    if (ways.length > 0) return packetsAlone()
    return nothing(
      `No vCPU thread of ${guest.name} is known: the host's trace names none (GUEST option) and has no thread called "CPU n/KVM".`,
    )
  }
  const kvm = kvmBrackets(scene, host)
  const kind: BracketKind = kvm.size > 0 ? 'kvm' : 'sched'
  // Without switches a thread is seen only now and then, and when it ran meanwhile is not known.
  const switches = scene.streams.some((s) => s.machine === host.machine && s.switches > 0)
  const bracketsOf = (tid: number): Pick<VcpuEvidence, 'entry' | 'exit'> | undefined =>
    kind === 'kvm' ? kvm.get(tid) : switches ? schedBrackets(scene, host, tid) : undefined
  const seats: Seat[] = []
  for (const [vcpu, { tids, by }] of [...candidates].sort((a, b) => a[0] - b[0])) {
    const events = guestTimes.get(vcpu)
    if (!events || events.length === 0) continue
    const possible = tids.flatMap((tid) => {
      const brackets = bracketsOf(tid)
      return brackets && brackets.entry.length > 0 ? [{ tid, by, evidence: { vcpu, guest: events, ...brackets } }] : []
    })
    if (possible.length > 0) seats.push(possible)
  }
  const seated = chooseThreads(seats, kind, offsetGuess)
  const threads = seated.map(({ tid, by, evidence }) => ({ vcpu: evidence.vcpu, tid, by }))
  const vcpus = seated.map(({ evidence }) => evidence)
  if (vcpus.length === 0 && ways.length > 0) return packetsAlone()
  const lacking =
    vcpus.length > 0
      ? null
      : `The host's trace says nothing about when the vCPUs of ${guest.name} ran: it needs kvm_entry and kvm_exit, or at least sched_switch.`
  const tids = new Set(threads.map((t) => t.tid))
  const writes = offsetWrites(scene, guest, tids, scale)
  return { evidence: { kind, vcpus, ways, writes, goneAt: lastSeen(scene, host, tids) }, threads, lacking }
}

type Brackets = Pick<VcpuEvidence, 'entry' | 'exit'>

interface Sitter {
  readonly tid: number
  readonly by: Candidates['by']
  readonly evidence: VcpuEvidence
}

/** Threads that may be one vCPU. */
type Seat = readonly Sitter[]

/**
 * One thread a vCPU. Where several guests have threads of the same names, the one in whose brackets the guest's events lie: under
 * the offset known so far, or under the one for which one of the threads votes most clearly, whichever explains more.
 */
function chooseThreads(seats: readonly Seat[], kind: BracketKind, guess: number | null): readonly Sitter[] {
  if (seats.every((s) => s.length === 1)) return seats.map((s) => s[0]!)
  const offsets = guess === null ? [] : [guess]
  const votes = seats.flatMap((s) => s.map((p) => findAnchor({ kind, vcpus: [p.evidence] }))).filter((v) => v !== null)
  const clearest = votes.sort((a, b) => b.votes / (b.runnerUp + 1) - a.votes / (a.runnerUp + 1))[0]
  if (clearest) offsets.push(clearest.offset)
  const seatings = offsets.map((offset) => {
    const best = seats.map((s) => s.map((sitter) => ({ sitter, share: shareInside(sitter, offset) })).reduce(fitter))
    return { sitters: best.map((b) => b.sitter), share: best.reduce((sum, b) => sum + b.share, 0) }
  })
  return seatings.length === 0 ? [] : seatings.reduce((a, b) => (b.share > a.share ? b : a)).sitters
}

const fitter = <T extends { readonly share: number }>(a: T, b: T): T => (b.share > a.share ? b : a)

function shareInside({ evidence }: Sitter, offset: number): number {
  const { inside, outside } = placesOf([closeBrackets(evidence)], () => offset)
  return inside / Math.max(1, inside + outside)
}

/** Ticks of all events of a guest CPU, ascending. */
function guestEvents(scene: Scene, guest: MachineInfo, cpu: number): Float64Array {
  const own = scene.streams.filter((s) => s.machine === guest.machine && s.cpu === cpu && s.count > 0)
  const all = new Float64Array(own.reduce((n, s) => n + s.count, 0))
  let n = 0
  for (const s of own) {
    // Files of one machine differ in their epochs; the first one's counts.
    const shift = Number(scene.files[s.file]!.meta.epoch - scene.files[guest.files[0]!]!.meta.epoch)
    for (let i = 0; i < s.count; i++) all[n++] = s.ticks[i]! + shift
  }
  for (let i = 1; i < n; i++) if (all[i]! < all[i - 1]!) return all.sort()
  return all
}

interface Candidates {
  readonly tids: number[]
  readonly by: 'GUEST option' | 'thread name'
}

function threadsOf(scene: Scene, host: MachineInfo, guest: MachineInfo): Map<number, Candidates> {
  const found = new Map<number, Candidates>()
  for (const v of guest.vcpus) if (v.tid > 0) found.set(v.cpu, { tids: [v.tid], by: 'GUEST option' })
  if (found.size > 0) return found
  for (const f of host.files) {
    for (const [tid, comm] of scene.files[f]!.meta.comms) {
      const match = VCPU_THREAD.exec(comm)
      if (!match) continue
      const vcpu = Number(match[1])
      const c = found.get(vcpu) ?? { tids: [], by: 'thread name' }
      if (!c.tids.includes(tid)) c.tids.push(tid)
      found.set(vcpu, c)
    }
  }
  return found
}

/** kvm_entry/kvm_exit brackets of every thread that has any. */
function kvmBrackets(scene: Scene, host: MachineInfo): Map<number, Brackets> {
  const typeOf = (name: string): number => scene.eventTypes.findIndex((t) => t.name === name)
  const entryType = typeOf('kvm_entry')
  const exitType = typeOf('kvm_exit')
  const marks = new Map<number, { t: number; enter: boolean }[]>()
  if (entryType < 0 && exitType < 0) return new Map()
  for (const s of scene.streams) {
    if (s.machine !== host.machine) continue
    for (let i = 0; i < s.count; i++) {
      const type = s.types[s.type[i]!]!
      if (type !== entryType && type !== exitType) continue
      const pid = s.pid[i]!
      let list = marks.get(pid)
      if (!list) marks.set(pid, (list = []))
      list.push({ t: s.t[i]!, enter: type === entryType })
    }
  }
  const gaps = lostSpans(scene, host)
  const brackets = new Map<number, Brackets>()
  for (const [tid, list] of marks) {
    for (const [from, to] of gaps) list.push({ t: from, enter: true }, { t: to, enter: false })
    // A vCPU that moves between CPUs leaves its marks in several streams.
    list.sort((a, b) => a.t - b.t)
    const entry: number[] = []
    const exit: number[] = []
    let entered: number | null = null
    for (const m of list) {
      if (m.enter) {
        if (entered !== null) {
          entry.push(entered)
          exit.push(Infinity)
        }
        entered = m.t
      } else {
        entry.push(entered ?? -Infinity)
        exit.push(m.t)
        entered = null
      }
    }
    if (entered !== null) {
      entry.push(entered)
      exit.push(Infinity)
    }
    brackets.set(tid, { entry: Float64Array.from(entry), exit: Float64Array.from(exit) })
  }
  return brackets
}

/**
 * When a thread was on a CPU. Where a switch was not recorded, the true one lies between the last event before and the first
 * after: the bracket is taken as long as it can have been, so that no constraint says more than is known.
 */
function schedBrackets(scene: Scene, host: MachineInfo, tid: number): Brackets {
  const { cpus, intervals: x } = scene.runs
  const spans: [number, number][] = lostSpans(scene, host)
  cpus.forEach((cpu, row) => {
    if (cpu.machine !== host.machine) return
    const last = x.first[row + 1]! - 1
    for (let i = x.first[row]!; i < last; i++) {
      if (x.value[i] !== tid) continue
      const inferred = (x.flags[i]! & (SpanFlag.Inferred | SpanFlag.Lost)) !== 0
      const from = inferred ? eventBefore(cpu.streams, x.t[i]!) : x.t[i]!
      const to = i + 1 === last ? Infinity : x.t[i + 1]!
      spans.push([from, to])
    }
  })
  spans.sort((a, b) => a[0] - b[0])
  const entry: number[] = []
  const exit: number[] = []
  for (const [from, to] of spans) {
    const end = exit.length > 0 ? exit[exit.length - 1]! : -Infinity
    if (from <= end) exit[exit.length - 1] = Math.max(end, to)
    else {
      entry.push(from)
      exit.push(to)
    }
  }
  return { entry: Float64Array.from(entry), exit: Float64Array.from(exit) }
}

/** Times in which a host CPU lost events: any vCPU can have run there. */
function lostSpans(scene: Scene, host: MachineInfo): [number, number][] {
  const spans: [number, number][] = []
  for (const s of scene.streams) {
    if (s.machine !== host.machine) continue
    for (const { row } of s.lost) {
      if (row > 0 && row < s.count) spans.push([s.t[row - 1]!, s.t[row]!])
    }
  }
  return spans
}

/** Time of the last event before `t` on a CPU; -Infinity when there is none. */
function eventBefore(streams: readonly StreamColumns[], t: number): number {
  let best = -Infinity
  for (const s of streams) {
    const i = lowerBound(s.t, s.count, t)
    if (i > 0) best = Math.max(best, s.t[i - 1]!)
  }
  return best
}
