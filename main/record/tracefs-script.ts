// The recorder that needs nothing but sh, dd and tracefs. It works in an instance of its own, so that nobody else's tracing is
// touched, and takes the instance away however it ends; what a killed one left behind is removed when the next starts.

import { quote } from './runner.js'

export interface TracefsOptions {
  readonly tracefs: string
  /** Directory on that machine for the pages of each CPU. */
  readonly directory: string
  /** `system` or `system:event`. */
  readonly events: readonly string[]
  readonly clock: string
  /** Ring buffer of each CPU, KiB. */
  readonly bufferKb: number
  /** A kernel stack with every event. */
  readonly stacks: boolean
  /** Run when the recording was not ended by us: our process is gone, or the line is. */
  readonly orphaned: string
}

/** Reads files and prints them one after the other, each between marks. `symbols`: the kernel's, some MB. */
export function headScript(tracefs: string, events: readonly string[], symbols = true): string {
  const formats = events.map((e) => {
    const [system, event] = e.split(':')
    return `${tracefs}/events/${system}/${event ?? '*'}/format`
  })
  return `
T=${quote(tracefs)}
f() { [ -r "$1" ] || return 0; printf '@@file %s\\n' "$2"; cat "$1"; printf '\\n@@end\\n'; }
for p in $T/events/header_page $T/events/header_event $T/events/ftrace/*/format ${formats.join(' ')} $T/printk_formats $T/saved_cmdlines; do
  f $p "\${p#$T/}"
done
${symbols ? 'f /proc/kallsyms kallsyms' : ''}
printf '@@file uname\\n'; uname -snrm; printf '\\n@@end\\n'`
}

/** The files of headScript's output by their names. */
export function parseHead(output: string): Record<string, string> {
  const files: Record<string, string> = {}
  const marks = /@@file (.+)\n([\s\S]*?)\n@@end\n(?=@@file |$)/g
  for (const [, name, content] of output.matchAll(marks)) files[name!] = content!
  return files
}

/**
 * Says lines of one word and its value: `error SENTENCE`, `absent EVENT`, `page BYTES`, `clock TEXT`, `on`, `cpu N BYTES` followed
 * by the lines of that CPU's stats, `all` after the last of them, `full`, `end`. Ends when its input does; a line `stop` before that tells that we end it.
 */
export function tracefsScript(o: TracefsOptions): string {
  return `
T=${quote(o.tracefs)} D=${quote(o.directory)}
say() { printf '%s\\n' "$*"; }
drop() { echo 0 > "$1/tracing_on"; echo 0 > "$1/events/enable"; rmdir "$1"; } 2>/dev/null
for i in $T/instances/remora-*; do
  [ -d "$i" ] || continue
  case $(tr '\\0' ' ' < /proc/\${i##*-}/cmdline 2>/dev/null) in *instances/remora-*) ;; *) drop "$i" && say "removed \${i##*/}" ;; esac
done
I=$T/instances/remora-$$
mkdir -p "$D" || { say "error The directory $D cannot be made."; exit 1; }
why=$(mkdir "$I" 2>&1) || { say "error tracefs gives no instance of its own ($why)."; exit 1; }
word=
finish() {
  trap - EXIT
  rm -f "$D/go"; [ -n "\${L:-}" ] && wait $L
  echo 0 > "$I/tracing_on"
  drain; stats
  for c in $cpus; do cat "$I/per_cpu/cpu$c/stats" > "$D/cpu$c.stats"; done
  { cat "$T/saved_cmdlines"; tasks; } > "$D/comms.end"
  drop "$I" || say "error The instance $I cannot be removed."
  say end
  [ "$word" = stop ] || { ${o.orphaned || ':'}; }
  exit 0
}
trap finish EXIT
trap 'exit 0' TERM HUP
trap '' INT PIPE
# /proc adds to a worker's name what it works at; in the kernel's own records it has none of that, and no name is longer than 15.
tasks() {
  for t in /proc/[0-9]*/task/[0-9]*; do
    read -r c < "$t/comm" || continue
    case $c in kworker/R-*) ;; kworker/*) c=\${c%%[-+]*} ;; esac
    printf '%s %.15s\\n' "\${t##*/}" "$c"
  done 2>/dev/null
}
drain() {
  for c in $cpus; do
    why=$(LC_ALL=C dd if="$I/per_cpu/cpu$c/trace_pipe_raw" bs=$P iflag=nonblock 2>&1 >> "$D/cpu$c.raw")
    case $why in *'space left'*|*quota*) say full ;; esac
  done
}
stats() {
  for c in $cpus; do say "cpu $c $(wc -c < "$D/cpu$c.raw")"; cat "$I/per_cpu/cpu$c/stats"; done
  say all
}
cpus=$(cd "$I/per_cpu" && ls -d cpu* | sed s/cpu// | sort -n | tr '\\n' ' ')
P=$(getconf PAGESIZE); [ -r "$I/buffer_subbuf_size_kb" ] && P=$(($(cat "$I/buffer_subbuf_size_kb") * 1024))
say page $P
echo 0 > "$I/tracing_on"
why=$({ echo ${quote(o.clock)} > "$I/trace_clock"; } 2>&1) || { say "error There is no trace clock ${o.clock} here."; exit 1; }
why=$({ echo ${o.bufferKb} > "$I/buffer_size_kb"; } 2>&1) || { say "error There is no memory for buffers of ${o.bufferKb} KiB a CPU."; exit 1; }
say clock "$(cat "$I/trace_clock")"
${o.stacks ? 'echo 1 > "$I/options/stacktrace"' : ''}
for c in $cpus; do : > "$D/cpu$c.raw"; done
n=0
for e in ${o.events.map(quote).join(' ')}; do
  case $e in *:*) f=$I/events/\${e%%:*}/\${e#*:}/enable ;; *) f=$I/events/$e/enable ;; esac
  if { echo 1 > "$f"; } 2>/dev/null; then n=$((n + 1)); else say "absent $e"; fi
done
[ $n -gt 0 ] || { say "error None of the events is known to this kernel."; exit 1; }
tasks > "$D/comms.start"
: > "$D/go"
echo 1 > "$I/tracing_on"
say on
( trap - EXIT; while [ -e "$D/go" ]; do drain; stats; sleep 0.5; done ) < /dev/null & L=$!
read -r word
exit 0`
}

/** pid -> comm lines for the file: what the kernel saved first, then the tasks at the end, then those at the start. */
export function cmdlinesOf(end: string, start: string): string {
  const known = new Map<string, string>()
  for (const line of [...end.split('\n'), ...start.split('\n')]) {
    const found = /^(\d+) (.+)$/.exec(line)
    if (found && !known.has(found[1]!) && found[2] !== '<...>') known.set(found[1]!, found[2]!)
  }
  return [...known].map(([pid, comm]) => `${pid} ${comm}\n`).join('')
}
