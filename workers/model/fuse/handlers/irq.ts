// Interrupts: hardware (irq_handler_*), x86's own vectors (irq_vectors:*), softirqs.

import { softirqName } from '../reasons.js'
import type { Cpu, World } from '../world.js'
import { mark, MarkKind, numberOf, type EventName, type Family, type Texts } from './marks.js'

export function irqFamily({ system, name }: EventName, texts: Texts): Family | null {
  if (name === 'irq_handler_entry') {
    return {
      of: (r) =>
        mark(MarkKind.IrqEntry, texts.of(`irq ${numberOf(r, 'irq', -1)} ${String(r.field('name') ?? '')}`.trim())),
    }
  }
  if (name === 'irq_handler_exit') return { plain: mark(MarkKind.IrqExit) }
  if (name === 'softirq_entry') {
    return { of: (r) => mark(MarkKind.SoftirqEntry, texts.of(softirqName(numberOf(r, 'vec', -1)))) }
  }
  if (name === 'softirq_exit') return { plain: mark(MarkKind.SoftirqExit) }
  if (system !== 'irq_vectors') return null
  const parts = /^(.*)_(entry|exit)$/.exec(name)
  if (!parts) return null
  return { plain: parts[2] === 'entry' ? mark(MarkKind.IrqEntry, texts.of(parts[1]!)) : mark(MarkKind.IrqExit) }
}

export function irqEntry(world: World, cpu: Cpu, text: number): void {
  cpu.irqs.push(text)
  world.changed(cpu)
}

/** An exit whose entry came before the trace changes nothing. */
export function irqExit(world: World, cpu: Cpu): void {
  if (cpu.irqs.pop() !== undefined) world.changed(cpu)
}

export function softirqEntry(world: World, cpu: Cpu, text: number): void {
  cpu.softirq = text
  world.changed(cpu)
}

export function softirqExit(world: World, cpu: Cpu): void {
  if (cpu.softirq < 0) return
  cpu.softirq = -1
  world.changed(cpu)
}
