// System calls: syscalls:sys_enter_read and raw_syscalls:sys_enter.

import type { Cpu, World } from '../world.js'
import { mark, MarkKind, numberOf, type EventName, type Family, type Texts } from './marks.js'

export function syscallFamily({ name }: EventName, texts: Texts): Family | null {
  if (name === 'sys_enter')
    return { of: (r) => mark(MarkKind.SyscallEnter, texts.of(`system call ${numberOf(r, 'id', -1)}`)) }
  if (name === 'sys_exit' || name.startsWith('sys_exit_')) return { plain: mark(MarkKind.SyscallExit) }
  if (name.startsWith('sys_enter_')) return { plain: mark(MarkKind.SyscallEnter, texts.of(name.slice(10))) }
  return null
}

export function syscallEnter(world: World, cpu: Cpu, pid: number, text: number): void {
  world.callsOf(cpu.machine).set(pid, text)
  if (pid === cpu.pid) world.changed(cpu)
}

export function syscallExit(world: World, cpu: Cpu, pid: number): void {
  const calls = world.callsOf(cpu.machine)
  if (calls.of(pid) < 0) return
  calls.set(pid, -1)
  if (pid === cpu.pid) world.changed(cpu)
}
