// Frames of kernel stacks as text: `symbol`, `symbol+0x1f`, `symbol+0x1f/0x80 [module]`, or a bare address.

/** What the tracing itself puts on a stack. Strict, because `bpf_prog_load` and `bpf_trampoline_update` are kernel functions. */
const INSTRUMENTATION =
  /^(bpf_prog_[0-9a-f]{16}(_.*)?|bpf_trampoline_\d+(_\d+)?|bpf_trace_run\d+|bpf_dispatcher_\w+_func|__traceiter_\w+|__this_module)$/

/** The symbol of a frame without offset and module; an address stays as it is. */
export function symbolOf(frame: string): string {
  const end = /[+\s]/.exec(frame)
  return end && end.index > 0 ? frame.slice(0, end.index) : frame
}

/** The offset that a frame states, bytes; -1 where it states none. */
export function offsetIn(frame: string): number {
  const offset = /\+0x([0-9a-fA-F]+)/.exec(frame)
  return offset ? Number.parseInt(offset[1]!, 16) : -1
}

/** The function as its source calls it: without offset, module and what the compiler appends to its copies. */
export function functionOf(frame: string): string {
  const symbol = symbolOf(frame)
  const at = symbol.search(/\.(isra|constprop|part|cold|llvm)\b/)
  return at > 0 ? symbol.slice(0, at) : symbol
}

export const isInstrumentation = (frame: string): boolean => INSTRUMENTATION.test(symbolOf(frame))

/**
 * A stack without the frames of the tracing itself. A function entered through a trampoline stands on the stack twice, on both
 * sides of it; it is kept once.
 */
export function withoutInstrumentation(frames: readonly string[]): string[] {
  const kept: string[] = []
  let stripped = false
  for (const frame of frames) {
    if (isInstrumentation(frame)) {
      stripped = true
      continue
    }
    const twice = stripped && kept.length > 0 && functionOf(kept.at(-1)!) === functionOf(frame)
    if (!twice) kept.push(frame)
    stripped = false
  }
  return kept
}
