// Names of exit reasons. Facts from the kernel's headers: VMX from arch/x86/include/uapi/asm/vmx.h, SVM from
// arch/x86/include/uapi/asm/svm.h, arm64 from arch/arm64/include/asm/{esr,kvm_arm,kvm_asm}.h, returns to user space from
// include/uapi/linux/kvm.h, PVM from arch/x86/kvm/pvm/pvm.h of the PVM patches (their own, out of tree).

/** `0:NAME NEXT 1f:OTHER …` with hexadecimal numbers; a name without one counts on. */
function table(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  let next = 0
  for (const word of text.trim().split(/\s+/)) {
    const at = word.indexOf(':')
    if (at > 0) next = parseInt(word.slice(0, at), 16)
    names.set(next++, word.slice(at + 1))
  }
  return names
}

const vmx = table(`
0:EXCEPTION_NMI EXTERNAL_INTERRUPT TRIPLE_FAULT INIT_SIGNAL SIPI_SIGNAL 7:INTERRUPT_WINDOW NMI_WINDOW TASK_SWITCH CPUID
c:HLT INVD INVLPG RDPMC RDTSC 12:VMCALL VMCLEAR VMLAUNCH VMPTRLD VMPTRST VMREAD VMRESUME VMWRITE VMOFF VMON CR_ACCESS
DR_ACCESS IO_INSTRUCTION MSR_READ MSR_WRITE INVALID_STATE MSR_LOAD_FAIL 24:MWAIT_INSTRUCTION MONITOR_TRAP_FLAG
27:MONITOR_INSTRUCTION PAUSE_INSTRUCTION MCE_DURING_VMENTRY 2b:TPR_BELOW_THRESHOLD APIC_ACCESS EOI_INDUCED GDTR_IDTR LDTR_TR
EPT_VIOLATION EPT_MISCONFIG INVEPT RDTSCP PREEMPTION_TIMER INVVPID WBINVD XSETBV APIC_WRITE RDRAND INVPCID VMFUNC ENCLS
RDSEED PML_FULL XSAVES XRSTORS 43:UMWAIT TPAUSE 4a:BUS_LOCK NOTIFY SEAMCALL TDCALL 54:MSR_READ_IMM MSR_WRITE_IMM`)

const svm = table(`
0:READ_CR0 2:READ_CR2 READ_CR3 READ_CR4 8:READ_CR8 10:WRITE_CR0 12:WRITE_CR2 WRITE_CR3 WRITE_CR4 18:WRITE_CR8 20:READ_DR0
READ_DR1 READ_DR2 READ_DR3 READ_DR4 READ_DR5 READ_DR6 READ_DR7 30:WRITE_DR0 WRITE_DR1 WRITE_DR2 WRITE_DR3 WRITE_DR4 WRITE_DR5
WRITE_DR6 WRITE_DR7 40:DE_EXCP DB_EXCP 43:BP_EXCP OF_EXCP BR_EXCP UD_EXCP NM_EXCP DF_EXCP 4a:TS_EXCP NP_EXCP SS_EXCP GP_EXCP
PF_EXCP 50:MF_EXCP AC_EXCP MC_EXCP XF_EXCP 60:INTR NMI SMI INIT VINTR CR0_SEL_WRITE IDTR_READ GDTR_READ LDTR_READ TR_READ
IDTR_WRITE GDTR_WRITE LDTR_WRITE TR_WRITE RDTSC RDPMC PUSHF POPF CPUID RSM IRET SWINT INVD PAUSE HLT INVLPG INVLPGA IOIO MSR
TASK_SWITCH FERR_FREEZE SHUTDOWN VMRUN VMMCALL VMLOAD VMSAVE STGI CLGI SKINIT RDTSCP ICEBP WBINVD MONITOR MWAIT MWAIT_COND
XSETBV RDPRU EFER_WRITE_TRAP CR0_WRITE_TRAP CR1_WRITE_TRAP CR2_WRITE_TRAP CR3_WRITE_TRAP CR4_WRITE_TRAP CR5_WRITE_TRAP
CR6_WRITE_TRAP CR7_WRITE_TRAP CR8_WRITE_TRAP CR9_WRITE_TRAP CR10_WRITE_TRAP CR11_WRITE_TRAP CR12_WRITE_TRAP CR13_WRITE_TRAP
CR14_WRITE_TRAP CR15_WRITE_TRAP a2:INVPCID a5:BUS_LOCK IDLE_HLT 400:NPF AVIC_INCOMPLETE_IPI AVIC_UNACCELERATED_ACCESS VMGEXIT`)

const pvm = table(`
0:DE_EXCP DB_EXCP NMI_EXCP BP_EXCP OF_EXCP BR_EXCP UD_EXCP NM_EXCP DF_EXCP a:TS_EXCP c:SS_EXCP GP_EXCP PF_EXCP 10:MF_EXCP
AC_EXCP MC_EXCP XM_EXCP VE_EXCP 10000:SYSCALL 20000:HYPERCALL 30000:ERETU 40000:ERETS 50000:INTERRUPT 60000:INT80`)

/** Exception classes of ESR_ELx. */
const arm = table(`
0:UNKNOWN WFx 3:CP15_32 CP15_64 CP14_MR CP14_LS FP_ASIMD CP10_ID PAC c:CP14_64 e:ILL 11:SVC32 HVC32 SMC32 15:SVC64 HVC64
SMC64 SYS64 SVE ERET 1f:IMP_DEF IABT_LOW IABT_CUR PC_ALIGN 24:DABT_LOW DABT_CUR SP_ALIGN 28:FP_EXC32 2c:FP_EXC64 2f:SERROR
BREAKPT_LOW BREAKPT_CUR SOFTSTP_LOW SOFTSTP_CUR WATCHPT_LOW WATCHPT_CUR 38:BKPT32 3a:VECTOR32 3c:BRK64`)

/** ARM_EXCEPTION_*; a trap is told by its class. */
const armReturn = table('0:IRQ SERROR TRAP IL badca11:HYP_GONE')
const ARM_TRAP = 2

const userspace = table(`
0:UNKNOWN EXCEPTION IO HYPERCALL DEBUG HLT MMIO IRQ_WINDOW_OPEN SHUTDOWN FAIL_ENTRY INTR SET_TPR TPR_ACCESS S390_SIEIC
S390_RESET DCR NMI INTERNAL_ERROR OSI PAPR_HCALL S390_UCONTROL WATCHDOG S390_TSCH EPR SYSTEM_EVENT S390_STSI IOAPIC_EOI HYPERV
ARM_NISV X86_RDMSR X86_WRMSR DIRTY_RING_FULL AP_RESET_HOLD X86_BUS_LOCK XEN RISCV_SBI RISCV_CSR NOTIFY LOONGARCH_IOCSR
MEMORY_FAULT TDX`)

export const Isa = { Vmx: 1, Svm: 2, Pvm: 3 } as const

/** Reason of a kvm_exit of x86. `isa` as recorded: 1 = VMX, 2 = SVM, 3 = PVM. `told` is the name in the trace's own format. */
export function exitReason(isa: number, reason: number, told?: string): string {
  // VMX keeps flags in the upper half, such as "failed entry".
  const code = isa === Isa.Vmx ? reason & 0xffff : reason
  const name = (isa === Isa.Vmx ? vmx : isa === Isa.Svm ? svm : pvm).get(code)
  // Of PVM's patches there are several with numbers of their own.
  if (isa === Isa.Pvm && told !== undefined && /[A-Za-z_]{3}/.test(told)) return told
  return name ?? `exit ${code < 0 ? code : `0x${code.toString(16)}`}`
}

/** Reason of a kvm_exit of arm64: how the guest came back, and the exception class when it trapped. */
export function armExitReason(ret: number, exceptionClass: number): string {
  const code = ret & 0x7fffffff
  if (code !== ARM_TRAP) return armReturn.get(code) ?? `exit ${code}`
  return arm.get(exceptionClass) ?? `class 0x${exceptionClass.toString(16)}`
}

/** Why KVM_RUN returned; `error` is the errno that it returned with, if any. */
export function userspaceReason(reason: number, error: number): string {
  if (error < 0) return error === -4 ? 'interrupted by a signal' : `errno ${-error}`
  const name = userspace.get(reason)
  return name === undefined ? `KVM_EXIT ${reason}` : `KVM_EXIT_${name}`
}

/** Reasons by which a guest says that it has nothing to do. */
export const isHalt = (reason: string): boolean => /^(HLT|IDLE_HLT|WFx|HC_IRQ_HALT|MWAIT.*)$/.test(reason)

const softirqs = ['HI', 'TIMER', 'NET_TX', 'NET_RX', 'BLOCK', 'IRQ_POLL', 'TASKLET', 'SCHED', 'HRTIMER', 'RCU']

/** `softirq TIMER` (include/linux/interrupt.h). */
export const softirqName = (vec: number): string => `softirq ${softirqs[vec] ?? vec}`
