// Chains, and what the labels in them stand for. Labels such as `do_clocksource_switch_entry` are the user's words, not symbols of
// any kernel: the map says which functions and tracepoints they mean, and the first that a recording holds is taken.

import { RequestError } from '../../fault.js'
import type { ChainDefinition, RunsDefinitions } from '../../thread/contract.js'

/** Reads of the clock that a task makes in the kernel, the commonest first. */
const READS = ['ktime_get', 'ktime_get_ts64', 'ktime_get_with_offset', 'ktime_get_real_ts64', 'ktime_get_raw']
const CALLBACKS = ['read_tsc', 'kvm_clock_get_cycles', 'read_hpet', 'acpi_pm_read', 'arch_counter_get_cntvct']

export const defaultDefinitions: RunsDefinitions = {
  version: 1,
  probes: {
    do_clocksource_switch_entry: ['timekeeping_notify', 'change_clocksource'],
    change_clocksource: ['change_clocksource', 'timekeeping_notify'],
    baseline_recalc: [
      'tk_setup_internals',
      'timekeeping_forward_now',
      'timekeeping_update',
      'timekeeping_update_from_shadow',
    ],
    first_read: [...CALLBACKS, ...READS],
    'first tk read': [...READS, ...CALLBACKS, 'remora:first_read'],
    try_to_wake_up: ['try_to_wake_up', 'remora:ttwu', 'sched:sched_waking'],
    scheduler_wake: ['sched:sched_wakeup', 'sched:sched_wakeup_new', 'ttwu_do_activate', 'ttwu_do_wakeup'],
    sched_waking: ['sched:sched_waking'],
    sched_wakeup: ['sched:sched_wakeup', 'sched:sched_wakeup_new'],
    sched_switch: ['sched:sched_switch'],
    switch_out: ['sched:sched_switch@prev_pid'],
    hrtimer_start: ['timer:hrtimer_start', 'hrtimer_start_range_ns'],
    hrtimer_expire: ['timer:hrtimer_expire_entry', '__hrtimer_run_queues', 'hrtimer_interrupt'],
    kvm_entry: ['kvm:kvm_entry'],
    kvm_exit: ['kvm:kvm_exit'],
    irq_entry: ['irq:irq_handler_entry', 'irq_vectors:local_timer_entry'],
    irq_exit: ['irq:irq_handler_exit', 'irq_vectors:local_timer_exit'],
    softirq_raise: ['irq:softirq_raise'],
    softirq_entry: ['irq:softirq_entry'],
    softirq_exit: ['irq:softirq_exit'],
  },
  chains: [
    { name: 'Clocksource switch', steps: ['do_clocksource_switch_entry', 'first_read', 'baseline_recalc'] },
    { name: 'Wake-up to running', steps: ['sched_waking', 'sched_wakeup', 'sched_switch'] },
    { name: 'Wake-up to first clock read', steps: ['sched_waking', 'sched_wakeup', 'sched_switch', 'first tk read'] },
    { name: 'Timer to task', steps: ['hrtimer_expire', 'sched_waking', 'sched_switch'] },
    { name: 'Softirq', steps: ['softirq_raise', 'softirq_entry', 'softirq_exit'] },
    { name: 'Guest exit', steps: ['kvm_exit', 'kvm_entry'] },
    { name: 'Into the guest', steps: ['host:kvm_entry', 'guest:sched_switch'] },
  ],
}

export const chainText = (steps: readonly string[]): string => steps.join(' -> ')

/** `a -> b -> c`, or the name of a chain of `definitions`. Throws RequestError. */
export function chainOf(
  text: string,
  definitions: Pick<RunsDefinitions, 'chains'> = defaultDefinitions,
): ChainDefinition {
  const named = definitions.chains.find((c) => c.name.toLowerCase() === text.trim().toLowerCase())
  if (named) return named
  const steps = text.split(/->|→/).map((s) => s.trim())
  if (steps.length < 2 || steps.includes('')) {
    const names = definitions.chains.map((c) => `"${c.name}"`).join(', ')
    throw new RequestError(
      `A chain is two or more probes such as "a -> b -> c", or one of ${names}; not "${text.trim()}".`,
    )
  }
  const again = steps.find((s, i) => steps.indexOf(s) !== i)
  if (again !== undefined) {
    throw new RequestError(`The chain passes ${again} twice; name the second by another label with the same meaning.`)
  }
  return { name: chainText(steps), steps }
}

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)
const isTexts = (v: unknown): v is string[] =>
  Array.isArray(v) && v.every((x) => typeof x === 'string' && x.trim() !== '')

/** A definitions file. Throws RequestError naming the entry that is wrong. Labels it leaves out keep their usual meaning. */
export function parseDefinitions(text: string, name = 'The definitions'): RunsDefinitions {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (e) {
    throw new RequestError(`${name} is not JSON: ${e instanceof Error ? e.message : String(e)}.`)
  }
  if (!isObject(json) || json.version !== 1) throw new RequestError(`${name} must be an object with "version": 1.`)
  const { probes = {}, chains = [] } = json
  if (!isObject(probes))
    throw new RequestError(`${name}: "probes" must map labels to lists of functions and tracepoints.`)
  for (const [label, candidates] of Object.entries(probes)) {
    if (!isTexts(candidates) || candidates.length === 0) {
      throw new RequestError(`${name}: the probe "${label}" needs a list of functions or tracepoints.`)
    }
  }
  if (!Array.isArray(chains)) throw new RequestError(`${name}: "chains" must be a list.`)
  const checked = chains.map((c: unknown, i): ChainDefinition => {
    const given = isObject(c) && isTexts(c.steps) && c.steps.length >= 2 ? c.steps.map((s) => s.trim()) : null
    if (!given || !isObject(c))
      throw new RequestError(`${name}: chain ${i + 1} needs "steps", a list of two or more labels.`)
    const { steps } = chainOf(chainText(given))
    return { name: typeof c.name === 'string' && c.name.trim() ? c.name.trim() : chainText(steps), steps }
  })
  return {
    version: 1,
    probes: { ...defaultDefinitions.probes, ...(probes as Record<string, string[]>) },
    chains: checked.length > 0 ? checked : defaultDefinitions.chains,
  }
}
