import { randomBytes } from 'node:crypto'
import { mkdir, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { InputError } from '../../workers/fault.js'
import {
  breakable,
  noFigures,
  type CpuCount,
  type CpuCounts,
  type Figures,
  type RecordedFile,
  type Recorder,
} from './recorder.js'
import { quote, type Runner, type Running } from './runner.js'
import { GrowingPages } from './so-far.js'
import { headScript, parseHead } from './tracefs-script.js'
import type { HeadFiles } from './trace-dat-v7.js'

/** A guest whose agent (`trace-cmd agent -N HOST`) is asked by the host's trace-cmd. */
export interface AgentGuest {
  readonly name: string
  /** `10.9.1.2:823`, or a vsock's cid. */
  readonly address: string
  readonly events: readonly string[]
  /** The trace.dat to write, here. */
  readonly to: string
}

export interface TraceCmdOptions {
  readonly runner: Runner
  readonly label: string
  readonly program: string
  readonly tracefs: string
  readonly events: readonly string[]
  readonly clock: string
  readonly bufferKb: number
  readonly stacks: boolean
  readonly agents: readonly AgentGuest[]
  /** The trace.dat to write, here. */
  readonly to: string
}

/** The command line of trace-cmd, as people see it. */
function traceCmdWords(o: TraceCmdOptions, output: string): string[] {
  const events = (list: readonly string[]): string[] => list.flatMap((e) => ['-e', e])
  const stacks = o.stacks ? ['-T'] : []
  return [
    o.program,
    'record',
    '-o',
    output,
    '-C',
    o.clock,
    '-b',
    String(o.bufferKb),
    ...stacks,
    ...events(o.events),
    ...o.agents.flatMap((a) => ['-A', a.address, '-b', String(o.bufferKb), ...stacks, ...events(a.events)]),
  ]
}

/**
 * Ends trace-cmd as Ctrl-C would when the input ends, whatever that came from: our word, our death, a broken line. Without the
 * word nobody will come for the files: `orphaned` clears them away.
 */
const script = (words: readonly string[], directory: string, tracefs: string, orphaned: string): string => `
T=${quote(tracefs)}
P=$(getconf PAGESIZE); [ -r "$T/buffer_subbuf_size_kb" ] && P=$(($(cat "$T/buffer_subbuf_size_kb") * 1024))
echo "@page $P"
cd ${quote(directory)} || exit 1
had=$(ls $T/instances)
# Else pages are written when half of the buffer is full: what is recorded so far would be long ago.
percent=$(cat $T/buffer_percent 2>/dev/null)
[ -n "$percent" ] && echo 1 2>/dev/null > $T/buffer_percent
on=$(cat $T/tracing_on) kb=$(cat $T/buffer_size_kb) clock=$(sed 's/.*\\[\\(.*\\)\\].*/\\1/' $T/trace_clock) stacks=$(cat $T/options/stacktrace)
${words.map(quote).join(' ')} > said 2>&1 < /dev/null & p=$!
trap '' INT HUP PIPE
( while kill -0 $p 2>/dev/null; do
  for s in $T/per_cpu/cpu*/stats; do echo "@cpu $s"; cat "$s"; done
  [ "$(cat $T/tracing_on)" = 1 ] && [ -n "$(head -c 1 $T/set_event)" ] && echo @on
  for f in host.dat.cpu*; do [ -f "$f" ] && echo "@pages \${f##*cpu} $(wc -c < "$f")"; done; echo "@all"
  echo "@bytes $(cat *.dat* 2>/dev/null | wc -c)"; echo "@kb $(cat $T/buffer_size_kb)"
  sleep 0.5
done ) < /dev/null & l=$!
( wait_for=$p; while kill -0 $wait_for 2>/dev/null; do sleep 0.2; done; echo "@gone" ) < /dev/null & w=$!
read -r word
kill -INT $p 2>/dev/null
wait $p; c=$?
kill $l $w 2>/dev/null
# trace-cmd does not always leave everything as it found it.
for i in 1 2 3; do { echo > $T/set_event; echo $clock > $T/trace_clock; echo $stacks > $T/options/stacktrace
  echo \${kb%% *} > $T/buffer_size_kb; echo $on > $T/tracing_on; } 2>/dev/null && break; sleep 0.3; done
[ -n "$percent" ] && echo $percent 2>/dev/null > $T/buffer_percent
for i in $T/instances/clock_synch-*; do
  case " $(echo $had) " in *" \${i##*/} "*) ;; *) rmdir "$i" 2>/dev/null ;; esac
done
echo "@end $c"
[ "$word" = stop ] || { ${orphaned || ':'}; }
exit 0`

/** Drives trace-cmd; host and guests in one go where the guests' agents answer. */
export function traceCmdRecorder(o: TraceCmdOptions): Recorder {
  const notes: string[] = []
  const { broken, break: breakOff } = breakable()
  let running: Running | null = null
  let directory = `${o.to}.parts`
  let stopping = false
  let code: number | null = null
  let figures: Figures = noFigures
  let sum = { entries: 0, read: 0, overrun: 0, dropped: 0, fill: 0 }
  let cpus: { cpu: number; events: number; lost: number }[] = []
  let counts: CpuCounts | null = null
  let largest = 0
  let bufferKb = o.bufferKb
  let rate = { at: 0, events: 0 }
  let pageSize = 4096
  /** Bytes of pages of each CPU that trace-cmd has written; `pages` while they are being told. */
  let standing: readonly { readonly cpu: number; readonly bytes: number }[] = []
  let pages: { cpu: number; bytes: number }[] = []
  /** What describes the kernel, read when it is first wanted; its symbols, which a slow machine is long about, only for stacks. */
  let head: Promise<HeadFiles> | null = null
  const traceId = randomBytes(8).readBigUInt64LE()
  const growing = new GrowingPages(o)
  const said = async (): Promise<string> => {
    const { stdout } = await o.runner.exec(`grep -v '^Hit Ctrl' ${quote(`${directory}/said`)} | tail -n 3`)
    return stdout
      .trim()
      .replace(/\s*\n\s*/g, '; ')
      .replace(/\.$/, '')
  }
  const clearUp = async (): Promise<void> => void (await o.runner.exec(`rm -rf ${quote(directory)}`))
  const take = (line: string): void => {
    const found = /^(entries|read events|overrun|dropped events|bytes): (\d+)/.exec(line)
    if (found) {
      const amount = Number(found[2])
      const cpu = cpus.at(-1)
      if (cpu && /entries|read/.test(found[1]!)) cpu.events += amount
      if (cpu && /overrun|dropped/.test(found[1]!)) cpu.lost += amount
      if (found[1] === 'entries') sum.entries += amount
      else if (found[1] === 'read events') sum.read += amount
      else if (found[1] === 'overrun') sum.overrun += amount
      else if (found[1] === 'dropped events') sum.dropped += amount
      else largest = Math.max(largest, amount)
    } else if (line.startsWith('@cpu')) {
      cpus.push({ cpu: Number(/cpu(\d+)\/stats$/.exec(line)?.[1]), events: 0, lost: 0 })
    } else if (line.startsWith('@bytes')) {
      const now = performance.now()
      counts = { at: now, cpus: cpus.sort((a, b) => a.cpu - b.cpu) satisfies CpuCount[] }
      cpus = []
      const events = sum.entries + sum.read
      const perSecond = rate.at === 0 ? null : Math.max(0, ((events - rate.events) * 1000) / (now - rate.at))
      const fill = largest / (bufferKb * 1024)
      figures = { events, perSecond, lost: sum.overrun + sum.dropped, fill, bytes: Number(line.slice(7)) }
      rate = { at: now, events }
      sum = { entries: 0, read: 0, overrun: 0, dropped: 0, fill: 0 }
      largest = 0
    } else if (line.startsWith('@pages')) {
      const [, cpu = '0', bytes = '0'] = line.split(' ')
      pages.push({ cpu: Number(cpu), bytes: Number(bytes) })
    } else if (line === '@all') {
      standing = pages.sort((a, b) => a.cpu - b.cpu)
      pages = []
    } else if (line.startsWith('@page')) pageSize = Number(line.slice(6))
    else if (line.startsWith('@kb')) bufferKb = Number(line.slice(4)) || bufferKb
    else if (line.startsWith('@end')) code = Number(line.slice(5))
  }
  const bring = async (from: string, to: string): Promise<RecordedFile> => {
    if (o.runner.local) await rename(join(directory, from), to)
    else await o.runner.fetch(`${directory}/${from}`, to)
    return {
      kind: 'trace.dat',
      path: to,
      bytes: (await stat(to)).size,
      figures: from === 'host.dat' ? figures : noFigures,
    }
  }

  return {
    label: o.label,
    how: traceCmdWords(o, basename(o.to)).join(' '),
    notes,
    broken,
    figures: () => figures,
    counts: () => counts,
    traceId,
    async soFar(limit, guests) {
      if (!running || stopping || standing.length === 0) return null
      head ??= o.runner.exec(headScript(o.tracefs, o.events, o.stacks)).then(({ stdout }) => parseHead(stdout))
      const now = standing.map((c) => ({ ...c, path: `${directory}/host.dat.cpu${c.cpu}` }))
      const files = await head
      const standingNow = { files, clock: `[${o.clock}]`, pageSize, traceId, guests, comms: null, cpus: now }
      const found = await growing.soFar(basename(o.to), standingNow, limit)
      if (o.agents.length === 0) return found
      const names = o.agents.map((a) => a.name).join(', ')
      return { ...found, note: `What the agent of ${names} records is seen when the recording ends.` }
    },
    async start() {
      await mkdir(dirname(o.to), { recursive: true })
      if (o.runner.local) await mkdir(directory, { recursive: true })
      else {
        const made = await o.runner.exec('mktemp -d /var/tmp/remora-XXXXXX')
        if (made.code !== 0) throw new InputError(`${o.label}: no directory can be made in /var/tmp.`, 'no-directory')
        directory = made.stdout.trim()
      }
      const orphaned = o.runner.local ? '' : `rm -rf ${quote(directory)}`
      let told: (on: boolean) => void = () => undefined
      const first = new Promise<boolean>((resolve) => (told = resolve))
      running = await o.runner.start(script(traceCmdWords(o, 'host.dat'), directory, o.tracefs, orphaned), {
        onLine: (line, stream) => {
          if (line === '@on') told(true)
          if (stream === 'stdout' && line === '@gone' && !stopping) {
            breakOff(new InputError(`${o.label}: trace-cmd ended by itself.`, 'trace-cmd-ended'))
          } else if (stream === 'stdout') take(line)
        },
      })
      running.done.catch((error: Error) => breakOff(error))
      // Before that clocks are synchronised with guests, which takes seconds.
      const on = await Promise.race([first, broken.catch(() => false)])
      if (on) return
      const why = await said()
      await this.end()
      await clearUp()
      throw new InputError(`${o.label}: trace-cmd does not record${why ? ` (${why})` : ''}.`, 'trace-cmd-failed')
    },
    async end() {
      stopping = true
      running?.say('stop')
      running?.endInput()
      await running?.done
    },
    async bring() {
      const files: RecordedFile[] = []
      const why = await said()
      await growing.close()
      try {
        files.push(await bring('host.dat', o.to))
        for (const agent of o.agents) {
          // trace-cmd names a guest's file after its own and the address without the port.
          files.push(await bring(`host-${agent.address.replace(/:\d+$/, '')}.dat`, agent.to))
        }
      } catch (error) {
        if (files.length === 0)
          throw new InputError(`${o.label}: trace-cmd wrote no file (${why || String(error)}).`, 'no-file')
        notes.push(`${o.label}: trace-cmd wrote no file of a guest (${why}).`)
      }
      if (code !== 0) notes.push(`${o.label}: trace-cmd ended with code ${code} (${why}).`)
      await clearUp()
      return files
    },
  }
}
