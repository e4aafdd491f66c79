// What of a stack at a wake-up tells something.

/** The tracing's own functions, BPF's, and the insides of a wake-up: innermost in every stack, the same in all. */
const NOISE =
  /^(trace_event_raw_event_|trace_event_buffer_|__?traceiter_|__ftrace_|ftrace_|bpf_prog_|bpf_trace_|bpf_trampoline_|__bpf_|perf_trace_|stack_trace_|__unwind_start|trace_raw_output_|ttwu_|try_to_wake_up|default_wake_function$|wake_up_process$|wake_up_state$|sched_ttwu_pending$|select_task_rq)/

/** How many innermost frames are noise. The outermost is never. */
export function folded(symbols: readonly string[]): number {
  let n = 0
  while (n < symbols.length - 1 && NOISE.test(symbols[n]!)) n++
  return n
}

/** A function's name without what the compiler adds to it: `poll_schedule_timeout.constprop.0`. */
export const plainName = (symbol: string): string => symbol.replace(/\.(isra|constprop|part|cold|llvm)\b.*$/, '')

/** The functions of a stack that tell something, innermost first. */
export const meaningful = (symbols: readonly string[]): string[] => symbols.slice(folded(symbols)).map(plainName)
