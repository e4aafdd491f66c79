import { expect, test } from 'vitest'
import { functionOf, isInstrumentation, withoutInstrumentation } from './frames.js'

test('frames of the tracing go, functions of the same first names stay', () => {
  const gone = [
    'bpf_prog_de765b952d8618d9_tp_waking',
    'bpf_prog_de765b952d8618d9',
    'bpf_trampoline_6442488686',
    'bpf_trace_run1',
  ]
  for (const frame of [...gone, '__traceiter_sched_waking', 'bpf_trampoline_6442488686+0x4c/0x1000', '__this_module'])
    expect(isInstrumentation(frame), frame).toBe(true)
  for (const frame of ['bpf_prog_load', 'bpf_trampoline_update', 'bpf_tracing_prog_attach', 'try_to_wake_up'])
    expect(isInstrumentation(frame), frame).toBe(false)
})

test('a function behind its trampoline stands on the stack once', () => {
  const frames = [
    'bpf_prog_de765b952d8618d9_tp',
    'bpf_trace_run1',
    'try_to_wake_up',
    'bpf_trampoline_6442488686',
    'try_to_wake_up',
  ]
  expect(withoutInstrumentation([...frames, 'swake_up_one'])).toEqual(['try_to_wake_up', 'swake_up_one'])
  // Recursion that no trampoline explains is kept.
  expect(withoutInstrumentation(['__wake_up_common', '__wake_up_common'])).toHaveLength(2)
})

test('a function has one name whatever the compiler made of it', () => {
  expect(functionOf('finish_task_switch.isra.0+0x9f/0x2c0')).toBe('finish_task_switch')
  expect(functionOf('queue_stop_cpus_work.constprop.0')).toBe('queue_stop_cpus_work')
  expect(functionOf('foo.part.0.cold+0x1 [kvm]')).toBe('foo')
  expect(functionOf('vmx_vcpu_run [kvm_intel]')).toBe('vmx_vcpu_run')
  expect(functionOf('0xffffffff81000000')).toBe('0xffffffff81000000')
})
