// KVM: into the guest and out of it, to user space and back, and what a guest's own guests do to that.

import type { RecordView } from '../../../readers/types.js'
import { SpanFlag } from '../../../thread/contract.js'
import { armExitReason, exitReason, Isa, userspaceReason } from '../reasons.js'
import type { Vcpu, World } from '../world.js'
import { mark, MarkKind, numberOf, type EventName, type Family, type Texts } from './marks.js'

export function kvmFamily({ name }: EventName, texts: Texts): Family | null {
  switch (name) {
    case 'kvm_entry':
      return {
        plain: mark(MarkKind.Entry, -1),
        of: (r) => mark(MarkKind.Entry, numberOf(r, 'vcpu_id', -1)),
        onceAThread: true,
      }
    case 'kvm_exit':
      return { of: (r) => mark(MarkKind.Exit, texts.of(reasonOf(r))) }
    case 'kvm_userspace_exit':
      return {
        of: (r) => {
          const reason = userspaceReason(numberOf(r, 'reason', -1), numberOf(r, 'errno', 0))
          return mark(MarkKind.UserExit, texts.of(reason))
        },
      }
    case 'kvm_fpu':
      return { of: (r) => mark(numberOf(r, 'load', 0) !== 0 ? MarkKind.Run : MarkKind.None) }
    // The tracepoint was renamed in 6.0.
    case 'kvm_nested_vmenter':
    case 'kvm_nested_vmrun':
      return { plain: mark(MarkKind.NestedEnter) }
    case 'kvm_nested_vmexit_inject':
      return {
        of: (r) => {
          const reason = exitReason(numberOf(r, 'isa', Isa.Vmx), numberOf(r, 'exit_code', -1))
          return mark(MarkKind.NestedLeave, texts.of(reason))
        },
      }
    default:
      return null
  }
}

function reasonOf(r: RecordView): string {
  const reason = r.field('exit_reason')
  if (reason === undefined) return armExitReason(numberOf(r, 'ret', -1), numberOf(r, 'esr_ec', -1))
  const isa = numberOf(r, 'isa', Isa.Vmx)
  const told = isa === Isa.Pvm ? r.fields().find((f) => f.name === 'exit_reason')?.text : undefined
  return exitReason(isa, Number(reason), told)
}

/** Of a guest's hypervisor: what its own events say is better than what the physical host's KVM told of it. */
function ownWord(v: Vcpu): void {
  if (v.on?.vcpu) v.on.vcpu.nested = 0
}

export function entry(world: World, v: Vcpu): void {
  if (v.mode === 'guest' && v.split && v.on) {
    v.missing.exits++
    world.rows.amendFlags(v.row, SpanFlag.Inferred)
    world.rows.cut(v.row)
  }
  ownWord(v)
  v.mode = v.split ? 'guest' : 'unsplit'
  world.changedVcpu(v)
}

export function exit(world: World, v: Vcpu, text: number): void {
  if (v.split && v.mode === 'kernel' && v.on && v.seen) {
    v.missing.entries++
    world.rows.amendFlags(v.row, SpanFlag.Inferred)
  }
  v.reason = text
  ownWord(v)
  if (!v.split) return
  v.mode = 'kernel'
  world.rows.cut(v.row)
  world.changedVcpu(v)
  if (v.on) world.rows.markExit(v.row)
}

export function userExit(world: World, v: Vcpu, text: number): void {
  // Without anything that tells of the way back, user space would never end.
  if (!v.split && !v.hasRun) return
  v.mode = 'user'
  v.userReason = text
  world.changedVcpu(v)
}

export function run(world: World, v: Vcpu): void {
  if (v.mode !== 'user') return
  v.mode = v.split ? 'kernel' : 'unsplit'
  world.changedVcpu(v)
}

/** The guest's own hypervisor runs from the next entry on (`reason` says why), or its guest again. */
export function nested(world: World, v: Vcpu, level: 1 | 2, reason: number): void {
  v.nested = level
  if (reason >= 0) v.nestedReason = reason
  world.changedVcpu(v)
}
