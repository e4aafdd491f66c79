// Runs of a measurement as a collector writes them: wake-ups with stacks, flags and the first timekeeping read, out of two planted
// ways of waking. Way A: a timer wakes with SYNC, the task migrates, deltas are tight. Way B: a pipe wakes, no migration, wide.

import { correlationId, idText } from '../../workers/analysis/correlation-id.js'
import { seeded } from './random.js'

export interface RunTruth {
  readonly seed: number
  readonly environment: 'host' | 'vm'
  readonly wakeups: number
  /** Share of way A, 0..1. */
  readonly shareA: number
  /** Median deltas from TTWU to the first read, ns. */
  readonly deltaA: number
  readonly deltaB: number
}

/** Ways of the planted clusters, innermost frame first. */
export const wayA =
  'try_to_wake_up hrtimer_wakeup __hrtimer_run_queues hrtimer_interrupt __sysvec_apic_timer_interrupt sysvec_apic_timer_interrupt asm_sysvec_apic_timer_interrupt'.split(
    ' ',
  )
export const wayB =
  'try_to_wake_up autoremove_wake_function __wake_up_common __wake_up_sync_key pipe_write vfs_write ksys_write do_syscall_64 entry_SYSCALL_64_after_hwframe'.split(
    ' ',
  )
/** In 6.1: SYNC|MIGRATED with the kernel's own mark of a wake-up (TTWU), and TTWU alone. */
export const FLAGS_A = 0x38
export const FLAGS_B = 0x08

/** Spread of the deltas around their median, as a share of it. */
const TIGHT = 0.01
const WIDE = 0.6

/** One run as JSON lines. */
export function makeRun({ seed, environment, wakeups, shareA, deltaA, deltaB }: RunTruth): string {
  const random = seeded(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const lines: object[] = [
    {
      ev: 'header',
      collector: 'made',
      machine: environment,
      kernel: '6.1.0-56-cloud-amd64',
      clock: 'mono',
      session_id: `${environment}-${seed}`,
    },
  ]
  let t = 171_223_534_912_180n + BigInt(seed) * 1_000_000_000n
  for (let i = 1; i <= wakeups; i++) {
    const a = random() < shareA
    t += BigInt(200_000 + Math.floor(random() * 600_000))
    const prev = Math.floor(random() * 4)
    const target = a ? (prev + 1) % 4 : prev
    const id = { tgid: 1234, pid: 1234, runSeq: BigInt(i), ktime: t }
    const common = {
      correlation_id: idText(correlationId(id)),
      tgid: 1234,
      pid: 1234,
      comm: 'probe',
      run_seq: i,
      ktime_ns: String(t),
    }
    const median = a ? deltaA : deltaB
    const around = 1 + (a ? TIGHT : WIDE) * (random() + random() - 1)
    const delta = Math.round(median * around)
    const at = (ev: string, after: number, cpu: number, more: object = {}): void => {
      lines.push({ timestamp_ns: String(t + BigInt(after)), ev, cpu, ...common, ...more })
    }
    at('ttwu', 0, prev, {
      by_pid: a ? 0 : 77,
      by_comm: a ? 'swapper/0' : 'writer',
      wake_flags: a ? '0x10' : '0x0',
      prev_cpu: prev,
      stack: dressed(a ? wayA : wayB, random, pick),
    })
    at('waking', Math.round(delta * 0.05), prev, { prev_cpu: prev })
    at('activate', Math.round(delta * 0.1), target, {
      flags_activate: `0x${(a ? FLAGS_A : FLAGS_B).toString(16)}`,
      target_cpu: target,
    })
    at('wakeup', Math.round(delta * 0.15), target, { target_cpu: target })
    at('switch_in', Math.round(delta * 0.6), target, { by_pid: 0 })
    at('first_read', delta, target, { by_pid: 1234, function: pick(['ktime_get', 'ktime_get_ts64']), value: String(t) })
  }
  return `${lines.map((l) => JSON.stringify(l)).join('\n')}\n`
}

/** A way as stacks really look: offsets, copies by the compiler, frames of the tracing, and now and then an odd frame. */
function dressed(way: readonly string[], random: () => number, pick: <T>(list: readonly T[]) => T): string[] {
  const frames = way.map((f) => (random() < 0.2 ? `${f}${pick(['+0x4c/0x90', '.isra.0', '.constprop.0+0x10'])}` : f))
  const odd = random()
  if (odd < 0.1) frames.push(pick(['irqentry_exit', 'native_safe_halt', 'do_idle', 'ret_from_fork']))
  else if (odd < 0.15) frames.splice(frames.length - 1, 0, pick(['rcu_note_context_switch', 'mutex_lock']))
  const traced = random() < 0.5 ? ['bpf_prog_cd5981aa5d35fe20_fe_ttwu', 'bpf_trampoline_6442488686'] : []
  return [...traced, ...frames]
}

export interface MadeStudy {
  readonly host: readonly string[]
  readonly vm: readonly string[]
}

/** 30 + 30 runs by default: the VM is slower by `slower` ns in the median, and takes way B more often. */
export function makeStudy(runs = 30, wakeups = 40, slower = 7_000, seed = 1): MadeStudy {
  const run = (environment: 'host' | 'vm', i: number): string =>
    makeRun({
      seed: seed * 1000 + i + (environment === 'vm' ? 500 : 0),
      environment,
      wakeups,
      shareA: environment === 'host' ? 0.7 : 0.5,
      deltaA: 20_000 + (environment === 'vm' ? slower : 0),
      deltaB: 60_000 + (environment === 'vm' ? slower : 0),
    })
  const all = (environment: 'host' | 'vm'): string[] => Array.from({ length: runs }, (_, i) => run(environment, i))
  return { host: all('host'), vm: all('vm') }
}
