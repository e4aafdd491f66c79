const names: readonly string[] = (
  'set_trap_table mmu_update set_gdt stack_switch set_callbacks fpu_taskswitch sched_op_compat dom0_op set_debugreg ' +
  'get_debugreg update_descriptor - memory_op multicall update_va_mapping set_timer_op event_channel_op_compat xen_version ' +
  'console_io physdev_op_compat grant_table_op vm_assist update_va_mapping_otherdomain iret vcpu_op set_segment_base ' +
  'mmuext_op acm_op nmi_op sched_op callback_op xenoprof_op event_channel_op physdev_op hvm_op'
).split(' ')

/** Name of a Xen hypercall in parentheses, '' when the number is not known. */
export function hypercallName(op: number): string {
  if (op >= 48 && op < 56) return `(arch_${op - 48})`
  const name = names[op]
  return name === undefined || name === '-' ? '' : `(${name})`
}
