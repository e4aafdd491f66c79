// KVM events. Names of exit reasons are those of libtraceevent's plugin, which differ from the kernel's in places.

import { hexText, toInt32, toUint32, type Value } from '../value.js'
import type { Handler, Line } from './line.js'

function table(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  for (const entry of text.trim().split(/\s+/)) {
    const [value = '', name = ''] = entry.split(':')
    names.set(parseInt(value, 16), name)
  }
  return names
}

const vmx = table(`
0:EXCEPTION_NMI 1:EXTERNAL_INTERRUPT 2:TRIPLE_FAULT 7:PENDING_INTERRUPT 8:NMI_WINDOW 9:TASK_SWITCH a:CPUID c:HLT d:INVD
e:INVLPG f:RDPMC 10:RDTSC 12:VMCALL 13:VMCLEAR 14:VMLAUNCH 15:VMPTRLD 16:VMPTRST 17:VMREAD 18:VMRESUME 19:VMWRITE 1a:VMOFF
1b:VMON 1c:CR_ACCESS 1d:DR_ACCESS 1e:IO_INSTRUCTION 1f:MSR_READ 20:MSR_WRITE 24:MWAIT_INSTRUCTION 27:MONITOR_INSTRUCTION
28:PAUSE_INSTRUCTION 29:MCE_DURING_VMENTRY 2b:TPR_BELOW_THRESHOLD 2c:APIC_ACCESS 2d:EOI_INDUCED 30:EPT_VIOLATION
31:EPT_MISCONFIG 32:INVEPT 34:PREEMPTION_TIMER 36:WBINVD 37:XSETBV 38:APIC_WRITE 3a:INVPCID 3e:PML_FULL 3f:XSAVES 40:XRSTORS`)

const svm = table(`
0:READ_CR0 3:READ_CR3 4:READ_CR4 8:READ_CR8 10:WRITE_CR0 13:WRITE_CR3 14:WRITE_CR4 18:WRITE_CR8 20:READ_DR0 21:READ_DR1
22:READ_DR2 23:READ_DR3 24:READ_DR4 25:READ_DR5 26:READ_DR6 27:READ_DR7 30:WRITE_DR0 31:WRITE_DR1 32:WRITE_DR2 33:WRITE_DR3
34:WRITE_DR4 35:WRITE_DR5 36:WRITE_DR6 37:WRITE_DR7 40:EXCP_DE 41:EXCP_DB 43:EXCP_BP 44:EXCP_OF 45:EXCP_BR 46:EXCP_UD
47:EXCP_NM 48:EXCP_DF 4a:EXCP_TS 4b:EXCP_NP 4c:EXCP_SS 4d:EXCP_GP 4e:EXCP_PF 50:EXCP_MF 51:EXCP_AC 52:EXCP_MC 53:EXCP_XF
60:INTR 61:NMI 62:SMI 63:INIT 64:VINTR 65:CR0_SEL_WRITE 66:IDTR_READ 67:GDTR_READ 68:LDTR_READ 69:TR_READ 6a:IDTR_WRITE
6b:GDTR_WRITE 6c:LDTR_WRITE 6d:TR_WRITE 6e:RDTSC 6f:RDPMC 70:PUSHF 71:POPF 72:CPUID 73:RSM 74:IRET 75:SWINT 76:INVD 77:PAUSE
78:HLT 79:INVLPG 7a:INVLPGA 7b:IOIO 7c:MSR 7d:TASK_SWITCH 7e:FERR_FREEZE 7f:SHUTDOWN 80:VMRUN 81:VMMCALL 82:VMLOAD 83:VMSAVE
84:STGI 85:CLGI 86:SKINIT 87:RDTSCP 88:ICEBP 89:WBINVD 8a:MONITOR 8b:MWAIT 8c:MWAIT_COND 8d:XSETBV 400:NPF
401:AVIC_INCOMPLETE_IPI 402:AVIC_UNACCELERATED_ACCESS -1:ERR`)

/** Name of an exit reason; undefined when it has none. `isa` is 1 for VMX, 2 for SVM, as kvm_exit records it. */
function exitReasonName(isa: number, reason: number): string | undefined {
  if (isa === 1) return vmx.get(reason)
  if (isa !== 2) return 'UNKNOWN-ISA'
  const name = svm.get(reason)
  return name === undefined ? undefined : `EXIT_${name}`
}

function printReason(line: Line, field: string): boolean {
  const v = line.value(field)
  if (v === undefined) return false
  const isa = line.value('isa', true) ?? 1
  const name = exitReasonName(toUint32(isa), toInt32(v))
  line.text += name === undefined ? `reason UNKNOWN (${v})` : `reason ${name}`
  return true
}

const exit: Handler = (line) => {
  if (!printReason(line, 'exit_reason')) return true
  const rip = line.value('guest_rip')
  if (rip === undefined) return true
  line.text += ` rip 0x${hexText(rip)}`
  const info1 = line.value('info1', true)
  const info2 = line.value('info2', true)
  if (info1 !== undefined && info2 !== undefined) line.text += ` info ${hexText(info1)} ${hexText(info2)}`
  return false
}

const entry: Handler = (line) => {
  line.print('vcpu_id', (v) => ` vcpu ${toUint32(v)}`)
  const rip = line.value('rip')
  if (rip === undefined) return true
  line.text += ` rip 0x${hexText(rip)}`
  return false
}

const emulate: Handler = (line) => {
  const values: Value[] = []
  for (const name of ['rip', 'csbase', 'len', 'flags', 'failed']) {
    const v = line.value(name)
    if (v === undefined) return true
    values.push(v)
  }
  const [rip = 0, base = 0, length = 0, , failed = 0] = values
  const field = line.field('insn')
  if (!field) {
    line.text += '<CANT FIND FIELD insn>'
    return true
  }
  const bytes = line.payload.subarray(field.offset, field.offset + Math.min(Number(length), 15))
  const code = Array.from(bytes, (b) => (b < 16 ? '0' : '') + b.toString(16)).join(' ')
  line.text += `${hexText(base)}:${hexText(rip)}: ${code}${failed === 0 ? '' : ' FAIL'}`
  return false
}

const inject: Handler = (line) => {
  if (!printReason(line, 'exit_code')) return true
  line.print('exit_info1', (v) => ` info1 ${hexText(v)}`)
  line.print('exit_info2', (v) => ` info2 ${hexText(v)}`)
  line.print('exit_int_info', (v) => ` int_info ${hexText(v)}`)
  line.print('exit_int_info_err', (v) => ` int_info_err ${hexText(v)}`)
  return false
}

const nestedExit: Handler = (line) => {
  const rip = line.value('rip')
  if (rip === undefined) return true
  line.text += ` rip ${hexText(rip)}`
  return inject(line)
}

const access = ['---', '--x', 'w--', 'w-x', '-u-', '-ux', 'wu-', 'wux']

/** The role bits of a shadow page, in the layout of the kernels the plugin was written for. */
function roleText(role: number): string {
  const bit = (n: number): boolean => ((role >>> n) & 1) !== 0
  return (
    `${role & 15} q${(role >>> 5) & 3}${bit(7) ? ' direct' : ''} ${access[(role >>> 8) & 7]!}${bit(11) ? ' invalid' : ''} ` +
    `${bit(4) ? '' : '!'}pae ${bit(12) ? '' : '!'}nxe ${bit(13) ? '' : '!'}wp${bit(14) ? ' smep' : ''}` +
    `${bit(15) ? ' smap' : ''}${role >>> 24 ? ' smm' : ''}`
  )
}

const role: Handler = (line) => {
  const v = line.value('role')
  if (v === undefined) return true
  const word = toUint32(v)
  line.text += line.context.bigEndian ? `WORD: ${word.toString(16).padStart(8, '0')}` : roleText(word)
  line.print('root_count', (n) => ` root ${toUint32(n)} `)
  const unsync = line.value('unsync')
  if (unsync === undefined) return true
  line.text += unsync === 0 ? 'sync' : 'unsync'
  return false
}

const getPage: Handler = (line) => {
  const created = line.value('created')
  if (created === undefined) return true
  line.text += created === 0 ? 'existing ' : 'new '
  const gfn = line.value('gfn')
  if (gfn === undefined) return true
  line.text += `sp gfn ${hexText(gfn)} `
  return role(line)
}

export const kvmHandlers: Readonly<Record<string, Handler>> = {
  'kvm/kvm_exit': exit,
  'kvm/kvm_entry': entry,
  'kvm/kvm_emulate_insn': emulate,
  'kvm/kvm_nested_vmexit': nestedExit,
  'kvm/kvm_nested_vmexit_inject': inject,
  'kvmmmu/kvm_mmu_get_page': getPage,
  'kvmmmu/kvm_mmu_sync_page': role,
  'kvmmmu/kvm_mmu_unsync_page': role,
  'kvmmmu/kvm_mmu_zap_page': role,
  'kvmmmu/kvm_mmu_prepare_zap_page': role,
}
