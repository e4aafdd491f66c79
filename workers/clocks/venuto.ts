// Sequences whose delays tell how well two clocks agree: a guest that programs its timer or goes idle leaves to the host at once,
// so the delay from that guest event to the exit is short and steady. (S. De Venuto, D. Faggioli: trace-cmd host-guest
// synchronisation accuracy; VMX exit reasons from arch/x86/include/uapi/asm/vmx.h, SVM ones from svm.h.)

import { lowerBound, upperBound, type StreamColumns } from '../columns/event-table.js'
import type { ClockHealth, MachineInfo } from '../thread/contract.js'
import type { Assessment } from './assess.js'
import type { Scene } from './estimate/gather.js'

type Sequence = ClockHealth['deltas'][number]['sequence']

const TIMER = new Set(['hrtimer_start', 'hrtimer_cancel', 'hrtimer_expire_exit'])
const IDLE = new Set(['cpu_idle', 'cpu_idle_miss'])
const VMX = { HLT: 12, MSR_WRITE: 32 }
const SVM = { HLT: 0x78, MSR: 0x7c }
/** Exits looked at; beyond that the figures do not change any more. */
const MOST = 200_000

interface Candidate {
  readonly row: number
  readonly sequence: Sequence
  readonly delta: number
}

/** Delays of both sequences under the session's times as they are. Empty without kvm_exit. */
export async function venutoDeltas(scene: Scene, guest: MachineInfo, a: Assessment): Promise<ClockHealth['deltas']> {
  if (a.gathered.evidence.kind !== 'kvm') return []
  const found = new Map<Sequence, number[]>([
    ['timer -> MSR_WRITE', []],
    ['idle -> HLT', []],
  ])
  const vcpuOf = new Map(a.gathered.threads.map((t, i) => [t.tid, { cpu: t.vcpu, index: i }]))
  let left = MOST
  for (const s of scene.streams) {
    if (s.machine !== guest.parent || left <= 0) continue
    const candidates = candidatesIn(scene, s, guest, a, vcpuOf, left)
    left -= candidates.length
    const { records } = scene.files[s.file]!
    await records.load(
      s.inFile,
      candidates.map((c) => s.where[c.row]!),
    )
    for (const c of candidates) {
      const at = s.where[c.row]!
      if (!records.has(s.inFile, at)) await records.load(s.inFile, [at])
      const record = records.at(s.inFile, at)
      const field = (name: string): number => Number(record.field(name) ?? -1)
      if (reasonFits(c.sequence, field('exit_reason'), field('isa'), field('info1')))
        found.get(c.sequence)!.push(c.delta)
    }
  }
  return [...found].filter(([, d]) => d.length > 0).map(([sequence, d]) => ({ sequence, ...moments(d) }))
}

function reasonFits(sequence: Sequence, reason: number, isa: number, info1: number): boolean {
  const svm = isa === 2
  if (sequence === 'idle -> HLT') return reason === (svm ? SVM.HLT : VMX.HLT)
  return svm ? reason === SVM.MSR && info1 === 1 : (reason & 0xffff) === VMX.MSR_WRITE
}

/** Exits of a host stream whose bracket ends with a guest event that begins one of the sequences. */
function candidatesIn(
  scene: Scene,
  s: StreamColumns,
  guest: MachineInfo,
  a: Assessment,
  vcpuOf: ReadonlyMap<number, { readonly cpu: number; readonly index: number }>,
  most: number,
): Candidate[] {
  const exit = s.types.findIndex((type) => scene.eventTypes[type]?.name === 'kvm_exit')
  const candidates: Candidate[] = []
  if (exit < 0) return candidates
  for (let row = 0; row < s.count && candidates.length < most; row++) {
    if (s.type[row] !== exit) continue
    const vcpu = vcpuOf.get(s.pid[row]!)
    if (!vcpu) continue
    const t = s.t[row]!
    const brackets = a.brackets[vcpu.index]!
    const k = lowerBound(brackets.to, brackets.to.length, t)
    const last = lastGuestEvent(scene, guest, vcpu.cpu, t)
    if (!last || last.t < (brackets.from[k] ?? Infinity)) continue
    const sequence = TIMER.has(last.name) ? 'timer -> MSR_WRITE' : IDLE.has(last.name) ? 'idle -> HLT' : null
    if (sequence) candidates.push({ row, sequence, delta: t - last.t })
  }
  return candidates
}

function lastGuestEvent(scene: Scene, guest: MachineInfo, cpu: number, t: number): { t: number; name: string } | null {
  let best: { t: number; name: string } | null = null
  for (const s of scene.streams) {
    if (s.machine !== guest.machine || s.cpu !== cpu) continue
    const i = upperBound(s.t, s.count, t) - 1
    if (i < 0 || (best && s.t[i]! <= best.t)) continue
    best = { t: s.t[i]!, name: scene.eventTypes[s.types[s.type[i]!]!]!.name }
  }
  return best
}

function moments(d: readonly number[]): { n: number; mean: number; variance: number; sd: number } {
  const n = d.length
  const mean = d.reduce((x, y) => x + y, 0) / n
  const variance = n < 2 ? 0 : d.reduce((x, y) => x + (y - mean) ** 2, 0) / (n - 1)
  return { n, mean, variance, sd: Math.sqrt(variance) }
}
