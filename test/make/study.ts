// A study of runs whose truth is known: the same runs recorded on a host and in a VM whose clock is a constant away, two ways to
// wake up, phases of I/O in which one segment scatters more, and a pulse per second with lost edges. Nothing else differs: what
// else is found is a mistake.

import { Random } from '../../workers/analysis/statistics/random.js'

export interface StudyFile {
  readonly path: string
  readonly text: string
}

export interface StudyOptions {
  /** Runs a group. */
  readonly runs?: number
  readonly seed?: number
  /** Planted beside the usual: the VM's first segment is longer by that many ns. */
  readonly slower?: number
}

export const studySteps = ['do_clocksource_switch_entry', 'first_read', 'baseline_recalc', 'switch_done'] as const
export const studyChain = studySteps.join(' -> ')

/** What is in it. */
export const studyTruth = {
  offset: 1_111_000_000,
  /** Edges that one side lost, by number. */
  lost: { host: [41, 187], vm: [77, 140, 233] },
  /** Share of runs that pass the first way. */
  first: 0.65,
  flags: { first: '0x30', second: '0x10' },
  /** First segment of the two ways: median and scatter, ns. */
  ways: { first: [4200, 140], second: [9600, 1100] },
  /** Third segment: scatter in quiet and in I/O phases, ns; the same median. */
  phases: { quiet: 250, io: 1600, median: 8000 },
} as const

const common = ['ttwu_do_activate', 'try_to_wake_up']
const stacks = {
  first: [
    [
      ...common,
      'wake_up_process+0x15/0x20',
      'hrtimer_wakeup+0x22/0x30',
      '__hrtimer_run_queues+0x11b/0x2a0',
      'hrtimer_interrupt+0xfe/0x220',
      'sysvec_apic_timer_interrupt',
    ],
    [
      ...common,
      'wake_up_process+0x15/0x20',
      'hrtimer_wakeup+0x22/0x30',
      '__hrtimer_run_queues.constprop.0+0x12a/0x2a0',
      'hrtimer_interrupt+0xfe/0x220',
      'sysvec_apic_timer_interrupt',
      'asm_sysvec_apic_timer_interrupt',
    ],
  ],
  second: [
    [
      ...common,
      'autoremove_wake_function',
      '__wake_up_common+0x8a',
      '__wake_up_sync_key+0x38',
      'pipe_write+0x16b',
      'vfs_write',
      'ksys_write',
      'do_syscall_64',
    ],
    [
      ...common,
      'autoremove_wake_function',
      '__wake_up_common+0x8e',
      '__wake_up_sync_key+0x38',
      'pipe_write+0x1ff',
      'vfs_write',
      'ksys_write',
      'do_syscall_64',
    ],
  ],
}

interface Environment {
  readonly name: 'host' | 'vm'
  /** Added to all times, ns. */
  readonly offset: number
  readonly slower: number
}

/** Host as CSV, VM as JSON lines; metadata beside each. */
export function makeStudy({ runs = 300, seed = 6, slower = 0 }: StudyOptions = {}): StudyFile[] {
  return [
    ...group({ name: 'host', offset: 0, slower: 0 }, runs, seed),
    ...group({ name: 'vm', offset: studyTruth.offset, slower }, runs, seed),
  ]
}

/** 47 h 33 min since boot. */
const START = 171_223_000_000_000

interface Row {
  readonly timestamp_ns: number
  readonly probe_name: string
  readonly session_id: string
  readonly cpu_id: number
  readonly delta_chain_id: number
  readonly phase: string
  readonly wake_flags: string
  readonly stack: string
}

function group({ name, offset, slower }: Environment, runs: number, seed: number): StudyFile[] {
  const random = new Random(seed, name)
  // Both sides record the same runs: where they pass and what else goes on is the machine's.
  const shared = new Random(seed, 'study')
  const { ways, phases, first, flags } = studyTruth
  const lost = new Set<number>(studyTruth.lost[name])
  const rows: Row[] = []
  const half = Math.ceil(runs / 2)
  const at = (second: number, ns: number): number => START + second * 1_000_000_000 + offset + Math.round(ns)
  const edge = (k: number, session: string): void => {
    if (lost.has(k)) return
    rows.push({
      timestamp_ns: at(k, 60 * random.normal()),
      probe_name: 'pps',
      session_id: session,
      cpu_id: 0,
      delta_chain_id: k,
      phase: '',
      wake_flags: '',
      stack: '',
    })
  }
  for (let k = 0; k < runs; k++) {
    const session = k < half ? 's1' : 's2'
    edge(k, session)
    const way = random.unit() < first ? 'first' : 'second'
    const phase = Math.floor(k / 25) % 3 === 2 ? 'io' : 'quiet'
    const [median, scatter] = ways[way]
    const segments = [
      median + scatter * random.normal() + slower,
      12_000 * Math.exp(0.03 * random.normal()),
      phases.median + phases[phase] * random.normal(),
    ]
    let time = at(k, 534_912_180 + 1e6 * shared.unit() + 120 * random.normal())
    const same = {
      session_id: session,
      cpu_id: k % 4,
      delta_chain_id: k + 1,
      phase,
      wake_flags: flags[way],
      stack: stacks[way][random.below(2)]!.join(';'),
    }
    rows.push({ timestamp_ns: time, probe_name: studySteps[0], ...same })
    segments.forEach((length, i) => {
      time += Math.max(100, Math.round(length))
      rows.push({ timestamp_ns: time, probe_name: studySteps[i + 1]!, ...same, stack: '' })
    })
  }
  edge(half, 's1')
  edge(runs, 's2')
  const sessions = ['s1', 's2'].map((session_id, i) => ({
    session_id,
    environment: name,
    governor: 'performance',
    max_cstate: i === 0 ? 1 : 9,
    kernel: '6.1.0-28-amd64',
    ...(name === 'vm' ? { vm: { vcpus: 2, memory_mb: 2048, machine: 'q35' } } : {}),
  }))
  const records =
    name === 'host'
      ? { path: 'host/probes.csv', text: csv(rows) }
      : { path: 'vm/probes.jsonl', text: rows.map((r) => `${JSON.stringify(r)}\n`).join('') }
  return [records, { path: `${name}/sessions.json`, text: `${JSON.stringify({ sessions }, null, 2)}\n` }]
}

function csv(rows: readonly Row[]): string {
  const columns = [
    'timestamp_ns',
    'probe_name',
    'session_id',
    'cpu_id',
    'delta_chain_id',
    'phase',
    'wake_flags',
    'stack',
  ] as const
  return `${[columns.join(','), ...rows.map((r) => columns.map((c) => r[c]).join(','))].join('\n')}\n`
}
