// Event formats of the generated sample, with the fields of Linux 6.12, and the kernel symbols its stacks go through.

import type { Field, Format } from '../event-format.js'
import { kernelStack, schedSwitch, schedWaking, schedWakeup } from '../known-formats.js'

type Size = 1 | 2 | 4 | 8
const int = (name: string, type: string, size: Size, signed = false): Field => ({
  kind: 'int',
  name,
  type,
  size,
  signed,
})
const uint = (name: string): Field => int(name, 'unsigned int', 4)
const u32 = (name: string): Field => int(name, 'u32', 4)
const u64 = (name: string): Field => int(name, 'u64', 8)
const bool = (name: string): Field => int(name, 'bool', 1)
const ulong = (name: string): Field => ({ kind: 'long', name, type: 'unsigned long', signed: false })
const pointer = (name: string): Field => ({ kind: 'long', name, type: 'void *', signed: false })

let id = 500
const format = (system: string, name: string, fields: readonly Field[], printFmt: string): Format => ({
  system,
  name,
  id: id++,
  fields,
  printFmt,
})

export const kvmEntry = format(
  'kvm',
  'kvm_entry',
  [uint('vcpu_id'), ulong('rip'), bool('immediate_exit'), u32('intr_info'), u32('error_code')],
  '"vcpu %u, rip 0x%lx intr_info 0x%08x error_code 0x%08x%s", REC->vcpu_id, REC->rip, REC->intr_info, REC->error_code, ' +
    'REC->immediate_exit ? "[immediate exit]" : ""',
)
export const kvmExit = format(
  'kvm',
  'kvm_exit',
  [
    uint('exit_reason'),
    ulong('guest_rip'),
    u32('isa'),
    u64('info1'),
    u64('info2'),
    u32('intr_info'),
    u32('error_code'),
    uint('vcpu_id'),
  ],
  '"vcpu %u reason %u rip 0x%lx info1 0x%016llx info2 0x%016llx intr_info 0x%08x error_code 0x%08x", REC->vcpu_id, ' +
    'REC->exit_reason, REC->guest_rip, REC->info1, REC->info2, REC->intr_info, REC->error_code',
)
export const kvmUserspaceExit = format(
  'kvm',
  'kvm_userspace_exit',
  [int('reason', '__u32', 4), int('errno', 'int', 4, true)],
  '"reason %u errno %d", REC->reason, REC->errno',
)
export const kvmInjVirq = format(
  'kvm',
  'kvm_inj_virq',
  [uint('vector'), bool('soft'), bool('reinjected')],
  '"%s 0x%x%s", REC->soft ? "Soft/INTn" : "IRQ", REC->vector, REC->reinjected ? " [reinjected]" : ""',
)
export const kvmApicAcceptIrq = format(
  'kvm',
  'kvm_apic_accept_irq',
  [int('apicid', '__u32', 4), int('dm', '__u16', 2), int('tm', '__u16', 2), int('vec', '__u8', 1)],
  '"apicid %x vec %u (%s|%s)", REC->apicid, REC->vec, __print_symbolic((REC->dm >> 8 & 0x7), { 0x0, "Fixed" }, ' +
    '{ 0x1, "LowPrio" }, { 0x4, "NMI" }), REC->tm ? "level" : "edge"',
)
export const kvmNestedVmenter = format(
  'kvm',
  'kvm_nested_vmenter',
  [u64('rip'), u64('vmcb'), u64('nested_rip'), u32('int_ctl'), u32('event_inj'), u32('isa')],
  '"rip: 0x%016llx %s: 0x%016llx nested_rip: 0x%016llx int_ctl: 0x%08x event_inj: 0x%08x", REC->rip, ' +
    'REC->isa == 1 ? "vmcs" : "vmcb", REC->vmcb, REC->nested_rip, REC->int_ctl, REC->event_inj',
)
export const kvmNestedVmexitInject = format(
  'kvm',
  'kvm_nested_vmexit_inject',
  [u32('exit_code'), u64('exit_info1'), u64('exit_info2'), u32('exit_int_info'), u32('exit_int_info_err'), u32('isa')],
  '"reason: %u ext_inf1: 0x%016llx ext_inf2: 0x%016llx ext_int: 0x%08x ext_int_err: 0x%08x", REC->exit_code, ' +
    'REC->exit_info1, REC->exit_info2, REC->exit_int_info, REC->exit_int_info_err',
)

export const hrtimerStart = format(
  'timer',
  'hrtimer_start',
  [pointer('hrtimer'), pointer('function'), int('expires', 's64', 8, true), int('softexpires', 's64', 8, true)],
  '"hrtimer=%p function=%ps expires=%llu softexpires=%llu", REC->hrtimer, REC->function, (unsigned long long)' +
    'REC->expires, (unsigned long long)REC->softexpires',
)
export const hrtimerExpireEntry = format(
  'timer',
  'hrtimer_expire_entry',
  [pointer('hrtimer'), int('now', 's64', 8, true), pointer('function')],
  '"hrtimer=%p function=%ps now=%llu", REC->hrtimer, REC->function, (unsigned long long)REC->now',
)
export const hrtimerExpireExit = format(
  'timer',
  'hrtimer_expire_exit',
  [pointer('hrtimer')],
  '"hrtimer=%p", REC->hrtimer',
)
export const hrtimerCancel = format('timer', 'hrtimer_cancel', [pointer('hrtimer')], '"hrtimer=%p", REC->hrtimer')

export const cpuIdle = format(
  'power',
  'cpu_idle',
  [u32('state'), u32('cpu_id')],
  '"state=%lu cpu_id=%lu", (unsigned long)REC->state, (unsigned long)REC->cpu_id',
)

const vector = (name: string): Format =>
  format('irq_vectors', name, [int('vector', 'int', 4, true)], '"vector=%d", REC->vector')
export const localTimerEntry = vector('local_timer_entry')
export const localTimerExit = vector('local_timer_exit')

export const irqHandlerEntry = format(
  'irq',
  'irq_handler_entry',
  [int('irq', 'int', 4, true), { kind: 'loc', name: 'name', rel: false, type: 'char', size: 1, signed: true }],
  '"irq=%d name=%s", REC->irq, __get_str(name)',
)
export const irqHandlerExit = format(
  'irq',
  'irq_handler_exit',
  [int('irq', 'int', 4, true), int('ret', 'int', 4, true)],
  '"irq=%d ret=%s", REC->irq, REC->ret ? "handled" : "unhandled"',
)
const softirqs = ['HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU']
const softirq = (name: string): Format =>
  format(
    'irq',
    name,
    [uint('vec')],
    `"vec=%u [action=%s]", REC->vec, __print_symbolic(REC->vec, ${softirqs.map((s, i) => `{ ${i}, "${s}" }`).join(', ')})`,
  )
export const softirqRaise = softirq('softirq_raise')
export const softirqEntry = softirq('softirq_entry')
export const softirqExit = softirq('softirq_exit')
export const Softirq = { Timer: 1, NetRx: 3, Sched: 7 } as const

export const sampleFormats: readonly Format[] = [
  kernelStack,
  schedSwitch,
  schedWaking,
  schedWakeup,
  kvmEntry,
  kvmExit,
  kvmUserspaceExit,
  kvmInjVirq,
  kvmApicAcceptIrq,
  kvmNestedVmenter,
  kvmNestedVmexitInject,
  hrtimerStart,
  hrtimerExpireEntry,
  hrtimerExpireExit,
  hrtimerCancel,
  cpuIdle,
  localTimerEntry,
  localTimerExit,
  irqHandlerEntry,
  irqHandlerExit,
  softirqRaise,
  softirqEntry,
  softirqExit,
]

const interrupted = '__handle_irq_event_percpu handle_irq_event handle_edge_irq __common_interrupt common_interrupt'
const timed = '__hrtimer_run_queues hrtimer_interrupt __sysvec_apic_timer_interrupt sysvec_apic_timer_interrupt'
const called = 'do_syscall_64 entry_SYSCALL_64_after_hwframe'
/** Who wakes, the innermost function first. */
const paths = {
  timer: `try_to_wake_up hrtimer_wakeup ${timed}`,
  apicTimer: `try_to_wake_up kvm_vcpu_wake_up kvm_apic_local_deliver apic_timer_fn ${timed}`,
  disk: `try_to_wake_up blk_wake_io_task blk_mq_end_request_batch nvme_irq ${interrupted}`,
  virtioDisk: `try_to_wake_up bio_endio blk_mq_end_request virtblk_done vring_interrupt ${interrupted}`,
  net: 'try_to_wake_up vhost_poll_wakeup __wake_up_common sock_def_readable tap_handle_frame net_rx_action handle_softirqs irq_exit_rcu',
  virtioNet:
    'try_to_wake_up __wake_up_common sock_def_readable tcp_rcv_established virtnet_poll net_rx_action handle_softirqs irq_exit_rcu',
  softirq: 'try_to_wake_up wakeup_softirqd handle_softirqs irq_exit_rcu sysvec_apic_timer_interrupt',
  ioeventfd: `try_to_wake_up eventfd_signal_mask ioeventfd_write __kvm_io_bus_write handle_ept_misconfig vmx_handle_exit vcpu_enter_guest kvm_vcpu_ioctl ${called}`,
  inject: `try_to_wake_up kvm_vcpu_kick __apic_accept_irq kvm_irq_delivery_to_apic kvm_set_msi irqfd_wakeup eventfd_write ${called}`,
} as const
export type WakePath = keyof typeof paths

/** Where a guest is when it exits. */
const exits = {
  HLT: 'pv_native_safe_halt',
  MSR_WRITE: 'native_write_msr',
  EPT_MISCONFIG: 'vp_notify',
  IO_INSTRUCTION: 'mem32_serial_out',
  INTERRUPT_WINDOW: 'native_irq_enable',
  VMRESUME: 'vmx_vcpu_enter_exit',
} as const
const names = [
  ...new Set([...Object.values(paths).flatMap((p) => p.split(' ')), 'tick_nohz_handler', ...Object.values(exits)]),
].sort()
const BASE = 0xffffffff81000000n
export const symbols = names.map((name, i) => ({ address: BASE + BigInt(i) * 0x1400n, name }))
export const addressOf = (name: string): bigint => BASE + BigInt(names.indexOf(name)) * 0x1400n
export const stackOf = (path: WakePath): bigint[] =>
  paths[path].split(' ').map((name, i) => addressOf(name) + 0x40n + BigInt(i * 18))
/** Instruction pointer of an exit: in the guest's kernel, else somewhere in a program. */
export const ripOf = (reason: string): bigint =>
  Object.hasOwn(exits, reason) ? addressOf(exits[reason as keyof typeof exits]) + 0xbn : 0x55d4c8a31f20n
