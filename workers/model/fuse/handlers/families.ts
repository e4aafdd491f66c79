// Which event belongs to which handler.

import { irqFamily } from './irq.js'
import { kvmFamily } from './kvm.js'
import type { EventName, Family, Texts } from './marks.js'
import { schedFamily } from './sched.js'
import { syscallFamily } from './syscalls.js'

/** The family of an event type; null for all types that the fused model does not read. */
export function familyOf(type: EventName, texts: Texts): Family | null {
  for (const find of [kvmFamily, irqFamily, syscallFamily, schedFamily]) {
    const family = find(type, texts)
    if (family) return family
  }
  return null
}
