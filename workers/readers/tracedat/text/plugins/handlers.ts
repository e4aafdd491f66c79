import { ftraceHandlers } from './ftrace.js'
import { kernelHandlers } from './kernel.js'
import { kvmHandlers } from './kvm.js'
import type { Handler } from './line.js'
import { schedHandlers } from './sched.js'

const handlers: ReadonlyMap<string, Handler> = new Map(
  [schedHandlers, kernelHandlers, kvmHandlers, ftraceHandlers].flatMap((table) => Object.entries(table)),
)

/** The handler that writes an event's text instead of its print format, where there is one. */
export const handlerOf = (system: string, name: string): Handler | undefined => handlers.get(`${system}/${name}`)
