// What a machine allows to be recorded, found out before anything is touched, and said in plain words.

import { quote, type Runner } from './runner.js'

export interface VcpuThread {
  readonly cpu: number
  readonly tid: number
}

/** A virtual machine that runs there. */
export interface RunningGuest {
  readonly name: string
  readonly pid: number
  readonly vcpus: readonly VcpuThread[]
  /** Address on the host's vsock; null = it has none. */
  readonly cid: number | null
  /** QEMU emulates its CPUs (TCG), each on a thread of its own. */
  readonly emulated: boolean
}

/** Findings for programs; what follows from them for people is in `checks`. */
export interface Facts {
  readonly kernel: string
  readonly root: boolean
  readonly cpus: number
  /** Where tracefs is mounted; '' = nowhere. */
  readonly tracefs: string
  readonly traceClocks: readonly string[]
  /** What another tracer is doing in the top buffer; '' = nothing. */
  readonly busy: string
  /** trace-cmd's path; '' = there is none, or it cannot work on this kernel for the reason in `traceCmdRefused`. */
  readonly traceCmd: string
  readonly traceCmdVersion: string
  readonly traceCmdRefused: string
  readonly btf: boolean
  readonly kvmEvents: boolean
  readonly kvmDebugfs: boolean
  readonly clocksource: string
  readonly freeBytes: number
  readonly guests: readonly RunningGuest[]
}

export interface Check {
  readonly name: string
  /** no = this cannot be recorded here; partly = with what the sentence says. */
  readonly state: 'yes' | 'partly' | 'no'
  readonly sentence: string
}

export interface Preflight {
  readonly machine: string
  readonly facts: Facts
  readonly checks: readonly Check[]
}

export interface PreflightOptions {
  /** Directory there whose free space counts. */
  readonly directory: string
  /** trace-cmd to use in place of the one on PATH. */
  readonly traceCmd?: string
  readonly signal?: AbortSignal
}

/** One line `key value` for each finding. Opening a file for appending changes nothing in it. */
function script({ directory, traceCmd }: PreflightOptions): string {
  return `
say() { printf '%s\\n' "$*"; }
say kernel "$(uname -sr)"
say uid "$(id -u)"
say cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc)"
T=
for d in /sys/kernel/tracing /sys/kernel/debug/tracing; do [ -e $d/events/header_page ] && { T=$d; break; }; done
say tracefs "$T"
if [ -n "$T" ]; then
  say clocks "$(cat $T/trace_clock)"
  [ -d $T/events/kvm ] && say kvm yes
  t=$(cat $T/current_tracer); [ "$t" = nop ] || say busy "the tracer $t"
  case $(head -c 200 $T/set_event 2>/dev/null | head -n 1) in '') ;; *) say busy "enabled events ($(wc -l < $T/set_event) of them)" ;; esac
fi
c=${quote(traceCmd ?? '')}; [ -n "$c" ] || c=$(command -v trace-cmd)
if [ -n "$c" ]; then
  say tracecmd "$c"
  say tracecmdversion "$("$c" --version 2>/dev/null | sed -n 's/^trace-cmd version *//p' | head -n 1)"
  ${traceCmd ? ':' : 'f=$T/set_ftrace_filter; if [ -n "$T" ] && [ -e $f ]; then ( : >> $f ) 2>/dev/null || say tracecmdrefused $f; fi'}
fi
[ -r /sys/kernel/btf/vmlinux ] && say btf yes
[ -d /sys/kernel/debug/kvm ] && say kvmdebugfs yes
say clocksource "$(cat /sys/devices/system/clocksource/clocksource0/current_clocksource 2>/dev/null)"
say free "$(df -Pk ${quote(directory)} 2>/dev/null | awk 'NR == 2 {print $4}')"
for t in /proc/[0-9]*/task/[0-9]*; do
  read -r c < $t/comm 2>/dev/null || continue
  case $c in 'CPU '[0-9]*/*) p=\${t#/proc/}; say vcpu "\${p%%/*} \${t##*/} $c" ;; esac
done 2>/dev/null
for p in $(for t in /proc/[0-9]*/comm; do read -r c < $t || continue; case $c in qemu*) p=\${t#/proc/}; say "\${p%%/*}" ;; esac; done 2>/dev/null); do
  say qemu "$p $(tr '\\0' '\\037' < /proc/$p/cmdline)"
done
true`
}

export async function preflight(runner: Runner, options: PreflightOptions): Promise<Preflight> {
  const { stdout } = await runner.exec(script(options), options.signal ? { signal: options.signal } : {})
  const facts = factsOf(stdout)
  return { machine: runner.name, facts, checks: checksOf(facts) }
}

/** The script's lines as facts; exported for the tests. */
export function factsOf(text: string): Facts {
  const lines = text.split('\n').map((line) => {
    const blank = line.indexOf(' ')
    return blank < 0 ? ([line, ''] as const) : ([line.slice(0, blank), line.slice(blank + 1).trim()] as const)
  })
  const all = (key: string): string[] => lines.filter(([k, v]) => k === key && v !== '').map(([, v]) => v)
  const one = (key: string): string => all(key)[0] ?? ''
  return {
    kernel: one('kernel'),
    root: one('uid') === '0',
    cpus: Number(one('cpus')) || 1,
    tracefs: one('tracefs'),
    traceClocks: one('clocks').replace(/[[\]]/g, '').split(/\s+/).filter(Boolean),
    busy: all('busy').join(' and '),
    traceCmd: one('tracecmd'),
    traceCmdVersion: one('tracecmdversion'),
    traceCmdRefused: one('tracecmdrefused'),
    btf: one('btf') === 'yes',
    kvmEvents: one('kvm') === 'yes',
    kvmDebugfs: one('kvmdebugfs') === 'yes',
    clocksource: one('clocksource'),
    freeBytes: (Number(one('free')) || 0) * 1024,
    guests: guestsOf(all('vcpu'), all('qemu')),
  }
}

function guestsOf(vcpus: readonly string[], qemus: readonly string[]): RunningGuest[] {
  const threads = new Map<number, VcpuThread[]>()
  const emulated = new Set<number>()
  for (const line of vcpus) {
    const found = /^(\d+) (\d+) CPU (\d+)\/(\w*)/.exec(line)
    if (!found) continue
    if (found[4] === 'TCG') emulated.add(Number(found[1]))
    const pid = Number(found[1])
    threads.set(pid, [...(threads.get(pid) ?? []), { tid: Number(found[2]), cpu: Number(found[3]) }])
  }
  return [...threads].map(([pid, list]) => {
    const line = qemus.find((q) => q.startsWith(`${pid} `)) ?? ''
    const words = line.slice(line.indexOf(' ') + 1).split('\u001f')
    const name = words[words.indexOf('-name') + 1] ?? ''
    const cid = /guest-cid=(\d+)/.exec(line)
    return {
      // `-name g1,debug-threads=on`, `-name guest=g1,...`
      name: words.includes('-name') ? name.split(',')[0]!.replace(/^guest=/, '') : `process ${pid}`,
      pid,
      vcpus: list.sort((a, b) => a.cpu - b.cpu),
      cid: cid ? Number(cid[1]) : null,
      emulated: emulated.has(pid),
    }
  })
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`

function checksOf(f: Facts): Check[] {
  const check = (name: string, state: Check['state'], sentence: string): Check => ({ name, state, sentence })
  const clocks = `Trace clocks: ${f.traceClocks.join(', ')}; the machine's clocksource is ${f.clocksource || 'unknown'}.`
  return [
    f.root
      ? check('privileges', 'yes', 'Commands run as root.')
      : check(
          'privileges',
          'no',
          'Commands do not run as root; recording the kernel needs it (sudo remora record ...).',
        ),
    f.tracefs
      ? check('tracefs', 'yes', `Kernel events can be recorded (${f.tracefs}).`)
      : check(
          'tracefs',
          'no',
          f.root
            ? 'tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing.'
            : 'tracefs cannot be seen without root.',
        ),
    ...(f.tracefs ? [check('clocks', 'yes', clocks)] : []),
    traceCmdCheck(f),
    ...(f.busy
      ? [
          check(
            'other tracers',
            'partly',
            `Somebody else traces here: ${f.busy}. Remora records beside it and leaves it alone.`,
          ),
        ]
      : []),
    f.btf
      ? check(
          'eBPF',
          f.root ? 'yes' : 'no',
          `The kernel tells its types (BTF)${f.root ? '' : ', but probes need root'}.`,
        )
      : check(
          'eBPF',
          'no',
          'The kernel has no BTF (/sys/kernel/btf/vmlinux): wake_flags, first reads and stacks stay unknown.',
        ),
    kvmCheck(f),
    ...emulatedCheck(f),
    f.freeBytes > 2 ** 30
      ? check('disk', 'yes', `${gib(f.freeBytes)} are free for the recording.`)
      : check('disk', f.freeBytes > 2 ** 26 ? 'partly' : 'no', `Only ${gib(f.freeBytes)} are free for the recording.`),
  ]
}

function traceCmdCheck(f: Facts): Check {
  if (!f.traceCmd) {
    return {
      name: 'trace-cmd',
      state: 'partly',
      sentence: 'trace-cmd is not installed; Remora records through tracefs itself.',
    }
  }
  if (f.traceCmdRefused) {
    const sentence = `trace-cmd ${f.traceCmdVersion} is there, but this kernel refuses ${f.traceCmdRefused}, of which it dies; Remora records through tracefs itself.`
    return { name: 'trace-cmd', state: 'partly', sentence }
  }
  return { name: 'trace-cmd', state: 'yes', sentence: `trace-cmd ${f.traceCmdVersion} (${f.traceCmd}).` }
}

/**
 * QEMU 7.2 was seen to go on running an int3 that the guest's kernel had put into its code and taken out again while it switched an
 * event on: the vCPU takes the breakpoint for ever. Guests with one thread for all vCPUs (`ALL CPUs/TCG`) do not.
 */
function emulatedCheck(f: Facts): Check[] {
  const names = f.guests.filter((g) => g.emulated && g.vcpus.length > 1).map((g) => g.name)
  if (names.length === 0) return []
  const sentence =
    `Emulated without KVM, a thread for each vCPU: ${names.join(', ')}. QEMU may freeze such a guest when events are switched ` +
    'on in it; started with -accel tcg,thread=single it does not.'
  return [{ name: 'emulated guests', state: 'partly', sentence }]
}

function kvmCheck(f: Facts): Check {
  const guests = f.guests.map((g) => `${g.name} (${g.vcpus.map((v) => `vCPU ${v.cpu} = thread ${v.tid}`).join(', ')})`)
  const running = guests.length > 0 ? `Guests run here: ${guests.join('; ')}.` : 'No guest runs here.'
  const debugfs = f.kvmDebugfs ? ' TSC offsets of guests can be read (kvm debugfs).' : ''
  // Where tracefs cannot be seen, neither can its events.
  if (f.tracefs && !f.kvmEvents)
    return { name: 'guests', state: 'partly', sentence: `${running} The kernel has no kvm events.${debugfs}` }
  return { name: 'guests', state: 'yes', sentence: `${running}${debugfs}` }
}
