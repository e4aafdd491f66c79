// Interrupt vectors as KVM and the guest record them.

import { numberOf } from '../../../model/fuse/handlers/marks.js'
import type { RecordView } from '../../../readers/types.js'

/** KVM raising an interrupt for a guest. */
export const isRaise = (name: string): boolean =>
  /^kvm_(set_irq|msi_set_irq|apicv?_accept_irq|pi_irte_update)$/.test(name)
/** Posted: the guest takes it without being left. */
export const isPosted = (name: string): boolean => name === 'kvm_apicv_accept_irq'

const VALID = 0x80000000
const TYPE = 0x700

/** The vector that an event of KVM names; null = none. Fields as in arch/x86/kvm/trace.h. */
export function vectorOf(name: string, record: RecordView): number | null {
  const field = (n: string): number | null => {
    const value = numberOf(record, n, -1)
    return value < 0 ? null : value
  }
  switch (name) {
    case 'kvm_entry': {
      const info = field('intr_info')
      // Of what is injected, type 0 is an external interrupt.
      return info !== null && info >= VALID && (info & TYPE) === 0 ? info & 0xff : null
    }
    case 'kvm_inj_virq':
      return field('vector') ?? field('irq')
    case 'kvm_apic_accept_irq':
    case 'kvm_apicv_accept_irq':
      return field('vec')
    case 'kvm_msi_set_irq': {
      const data = field('data')
      return data === null ? null : data & 0xff
    }
    default:
      return null
  }
}

/** How an event of KVM is told: `kvm_msi_set_irq, vector 37`. */
export function raiseLabel(name: string, record: RecordView): string {
  const vector = vectorOf(name, record)
  if (vector !== null) return `${name}, vector ${vector}`
  return name === 'kvm_set_irq' ? `kvm_set_irq, gsi ${numberOf(record, 'gsi', -1)}` : name
}
