/** Records wake-ups with their stacks, what woke, and what crosses the boundary to guests. */
export const recordLine =
  "trace-cmd record -e sched_waking -R stacktrace -e sched_wakeup -e sched_wakeup_new -e sched_switch -e sched_migrate_task -e irq -e irq_vectors -e 'kvm:kvm_entry' -e 'kvm:kvm_exit' -e 'kvm:kvm_inj_virq' -e 'kvm:kvm_apic_accept_irq'"

/** Only the stacks are missing. */
export const stackLine = 'trace-cmd record -e sched_waking -R stacktrace -e sched_wakeup -e sched_switch'
