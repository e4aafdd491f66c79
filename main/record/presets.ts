import { RequestError } from '../../workers/fault.js'

/** What one machine is asked to record. Events are `system` or `system:event`. */
export interface Preset {
  readonly name: string
  readonly title: string
  readonly host: readonly string[]
  readonly guest: readonly string[]
  /** What the collector records beside the events; null = it is not needed. */
  readonly collector: { readonly groups: readonly string[]; readonly stacks: boolean } | null
}

export const presets: readonly Preset[] = [
  {
    name: 'scheduler',
    title: 'who runs when and who wakes whom',
    host: ['sched', 'irq'],
    guest: ['sched', 'irq'],
    collector: null,
  },
  {
    name: 'kvm',
    title: 'virtual machines: entries, exits and interrupts of vCPUs beside the scheduler',
    host: ['sched', 'irq', 'kvm'],
    guest: ['sched', 'irq', 'timer'],
    collector: null,
  },
  {
    name: 'wake-ups',
    title: 'wake-ups with wake_flags, kernel stacks and the first timekeeping read',
    host: ['sched'],
    guest: ['sched'],
    collector: { groups: ['wake', 'read'], stacks: true },
  },
  {
    name: 'clocksource',
    title: 'clocksource switches with what follows, and timers',
    host: ['sched', 'timer'],
    guest: ['sched', 'timer'],
    collector: { groups: ['wake', 'read', 'clock', 'hrtimer'], stacks: true },
  },
  {
    name: 'everything',
    title: 'all of this, with interrupts, timers, C-states and power',
    host: ['sched', 'irq', 'timer', 'kvm', 'power', 'irq_vectors', 'workqueue', 'ipi'],
    guest: ['sched', 'irq', 'timer', 'power', 'irq_vectors', 'workqueue', 'ipi'],
    collector: { groups: ['wake', 'read', 'clock', 'irq', 'softirq', 'hrtimer', 'idle', 'kvm'], stacks: true },
  },
]

/** Throws RequestError for a name that is none. */
export function presetNamed(name: string): Preset {
  const preset = presets.find((p) => p.name === name)
  if (preset) return preset
  throw new RequestError(`"${name}" is no preset: there are ${presets.map((p) => p.name).join(', ')}.`)
}
