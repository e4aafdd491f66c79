// A session of `remora record`: machines looked at, then run after run of their recorders, into one folder with a manifest.

import { mkdir, open as openFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { ByteSource } from '../../workers/bytes.js'
import { InputError } from '../../workers/fault.js'
import { openTrace } from '../../workers/readers/registry.js'
import type { HeldSource } from '../piece-source.js'
import { version } from '../version.js'
import type { Manifest, ManifestRun } from './manifest.js'
import { recordersOf, traceOf, type Agent, type Machine, type Planned, type Wishes } from './plan.js'
import type { VcpuThread } from './preflight.js'
import type { CpuCounts, Figures, RecordedFile, SoFar } from './recorder.js'
import type { GuestOption } from './trace-dat-v7.js'

export interface SessionOptions {
  readonly folder: string
  readonly machines: readonly Machine[]
  readonly agents: readonly Agent[]
  readonly wishes: Wishes
  /** The collector's program here; null = events only. */
  readonly program: string | null
  readonly runs: number
  /** Length of each run; null = until the signal. */
  readonly seconds: number | null
  readonly pauseSeconds: number
  readonly command: readonly string[]
  /** Ends the run that goes on, keeps it, and begins no other. */
  readonly signal: AbortSignal
  readonly onLive?: (live: Live) => void
  /** Called with every run that has begun: the way to look at what it has recorded so far. */
  readonly onGoing?: (look: LookSoFar) => void
  /** A sentence for the user. */
  readonly onNote?: (sentence: string) => void
}

/** What is recorded so far; of sources that the caller closes. */
export interface RecordedSoFar {
  /** Empty = nothing yet, or nothing any more: the run is ending. */
  readonly sources: readonly HeldSource[]
  /** Value of the host's trace clock from which nothing is lacking; null = all of it is there. */
  readonly since: bigint | null
  readonly notes: readonly string[]
}

/** About `limit` bytes at most. One look at a time: a second one waits. Rejects (InputError) when a machine cannot be reached. */
export type LookSoFar = (limit: number) => Promise<RecordedSoFar>

export interface LiveRecorder {
  readonly label: string
  readonly figures: Figures
  readonly counts: CpuCounts | null
}

export interface Live {
  readonly run: number
  readonly runs: number
  readonly phase: 'starting' | 'recording' | 'writing' | 'pause'
  readonly seconds: number
  readonly recorders: readonly LiveRecorder[]
}

const liveMs = 500

/** Resolves to the manifest as written. Rejects (InputError) when the first run cannot start; the folder is kept. */
export async function recordSession(o: SessionOptions): Promise<Manifest> {
  await mkdir(o.folder, { recursive: true })
  const runs: ManifestRun[] = []
  const how = new Map<string, readonly string[]>()
  const manifest = (state: Manifest['state'], reason: string): Manifest => ({
    version: 1,
    remora: version,
    session: o.wishes.session,
    preset: o.wishes.preset.name,
    clock: o.wishes.clock,
    command: o.command,
    runsAsked: o.runs,
    state,
    reason,
    machines: [
      ...o.machines.map(({ name, role, found }) => ({
        name,
        role,
        kernel: found.facts.kernel,
        how: how.get(name) ?? [],
        checks: found.checks,
      })),
      ...o.agents.map(({ name, address }) => ({
        name,
        role: 'guest' as const,
        kernel: '',
        how: [`trace-cmd agent ${address}`],
        checks: [],
      })),
    ],
    runs,
  })
  const save = async (state: Manifest['state'], reason = ''): Promise<Manifest> => {
    const now = manifest(state, reason)
    await writeWhole(join(o.folder, 'manifest.json'), `${JSON.stringify(now, null, 2)}\n`)
    return now
  }

  for (let run = 1; run <= o.runs; run++) {
    const folder = o.runs === 1 ? o.folder : join(o.folder, `run-${String(run).padStart(String(o.runs).length, '0')}`)
    await mkdir(folder, { recursive: true })
    const planned = recordersOf(folder, o.machines, o.agents, o.wishes, o.program, () => guestOptions(folder, o))
    for (const { machine, recorder } of planned) {
      how.set(machine.name, [...new Set([...(how.get(machine.name) ?? []), recorder.how])])
    }
    await save('recording')
    const { outcome, broken } = await oneRun(run, planned, o)
    runs.push(outcome)
    for (const note of outcome.notes) o.onNote?.(note)
    if (broken) {
      // On a full disk the manifest of before stays.
      await save('stopped', broken.message).catch((error: Error) => o.onNote?.(error.message))
      throw broken
    }
    if (o.signal.aborted) return save(run === o.runs && o.seconds === null ? 'ended' : 'stopped', 'stopped by the user')
    await save('recording')
    if (run < o.runs && o.pauseSeconds > 0) {
      o.onLive?.({ run, runs: o.runs, phase: 'pause', seconds: 0, recorders: [] })
      await pause(o.pauseSeconds * 1000, o.signal)
      if (o.signal.aborted) return save('stopped', 'stopped by the user')
    }
  }
  return save('ended')
}

async function oneRun(
  run: number,
  planned: readonly Planned[],
  o: SessionOptions,
): Promise<{ readonly outcome: ManifestRun; readonly broken: Error | null }> {
  let phase: Live['phase'] = 'starting'
  let began = performance.now()
  const live = (): void =>
    o.onLive?.({
      run,
      runs: o.runs,
      phase,
      seconds: (performance.now() - began) / 1000,
      recorders: planned.map(({ recorder }) => ({
        label: recorder.label,
        figures: recorder.figures(),
        counts: recorder.counts?.() ?? null,
      })),
    })
  const timer = setInterval(live, liveMs)
  const notes: string[] = []
  const files: { readonly machine: Machine; readonly file: RecordedFile }[] = []
  const started: Planned[] = []
  let broken: Error | null = null
  let startedAt = new Date()
  try {
    try {
      // Guests begin before their host, which then has all that they have.
      for (const role of ['guest', 'host'] as const) {
        const those = planned.filter(({ machine }) => machine.role === role)
        const startAll = async (machine: Machine): Promise<void> => {
          for (const one of those.filter((s) => s.machine === machine)) {
            await one.recorder.start()
            started.push(one)
          }
        }
        await allSettledOrThrow(o.machines.map(startAll))
      }
      phase = 'recording'
      began = performance.now()
      startedAt = new Date()
      live()
      let before: Promise<unknown> = Promise.resolve()
      o.onGoing?.((limit) => {
        const look = before.then(() => soFar(started, o, limit, () => phase === 'recording'))
        before = look.catch(() => undefined)
        return look
      })
      const time = o.seconds === null ? new Promise<void>(() => undefined) : pause(o.seconds * 1000, o.signal)
      await Promise.race([time, aborted(o.signal), ...started.map(({ recorder }) => recorder.broken)])
    } catch (error) {
      broken = error as Error
    }
    const seconds = phase === 'recording' ? (performance.now() - began) / 1000 : 0
    phase = 'writing'
    live()
    const failed = (error: unknown): void => {
      // Of a full disk the last sentence tells what is kept and how it becomes a trace.
      if (error instanceof InputError && error.code === 'disk-full') broken = error
      broken ??= error as Error
      notes.push((error as Error).message)
    }
    // On each machine one after the other, events first: trace-cmd fails where /proc/kallsyms changes under its hands while it
    // writes, as it does when the collector's programs go.
    const endAll = async (machine: Machine): Promise<void> => {
      for (const one of started.filter((s) => s.machine === machine)) await one.recorder.end().catch(failed)
    }
    await Promise.all(o.machines.map(endAll))
    // The host's file tells the trace ids of its guests' files, so those are brought first.
    for (const { machine, recorder } of started.sort((a, b) => rank(b) - rank(a))) {
      const got = await recorder.bring().catch((error: unknown) => (failed(error), []))
      files.push(...got.map((file) => ({ machine, file })))
    }
    notes.push(...planned.flatMap(({ recorder }) => recorder.notes))
    if (broken && !(broken instanceof InputError)) throw broken
    const outcome: ManifestRun = {
      run,
      started: startedAt.toISOString(),
      ended: new Date().toISOString(),
      seconds,
      files: files.map(({ machine, file }) => ({
        machine: agentOf(file, o) ?? machine.name,
        role: agentOf(file, o) ? 'guest' : machine.role,
        kind: file.kind,
        path: relative(o.folder, file.path),
        bytes: file.bytes,
        figures: file.figures,
      })),
      notes,
    }
    return { outcome, broken }
  } finally {
    clearInterval(timer)
  }
}

async function soFar(
  started: readonly Planned[],
  o: SessionOptions,
  limit: number,
  goesOn: () => boolean,
): Promise<RecordedSoFar> {
  if (!goesOn()) return nothing
  const host = o.machines.find((m) => m.role === 'host')
  const guests = started.flatMap(({ machine, recorder }) => {
    if (machine.role === 'host' || recorder.traceId === undefined) return []
    return [{ name: machine.name, traceId: recorder.traceId, vcpus: threadsOf(host, machine) }]
  })
  // Records of probes are few beside events.
  const traces = started.filter(({ recorder }) => recorder.traceId !== undefined).length
  const ask = ({ machine, recorder }: Planned): Promise<SoFar | null> =>
    recorder.soFar(recorder.traceId === undefined ? limit : limit / traces, machine === host ? guests : [])
  // What is far away takes its time: what is here comes last, and up to now.
  const far = Promise.allSettled(started.map(async (one) => (one.machine.runner.local ? null : ask(one))))
  const looks: PromiseSettledResult<SoFar | null>[] = [...(await far)]
  for (const [i, one] of started.entries()) {
    if (one.machine.runner.local) looks[i] = (await Promise.allSettled([ask(one)]))[0]
  }
  const found = looks.map((look) => (look.status === 'fulfilled' ? look.value : null))
  const sources = found.flatMap((f) => f?.source ?? [])
  const failed = looks.find((look) => look.status === 'rejected')
  // A machine that has nothing to show yet comes with the others. While a run ends its files go; what was to be shown is opened
  // when it has ended.
  const waits =
    started.some(({ recorder }, i) => recorder.traceId !== undefined && !found[i]) || found.every((f) => !f?.bytes)
  if (failed || waits || !goesOn()) {
    await Promise.all(sources.map((s) => s.close()))
    if (failed && goesOn()) throw failed.reason
    return nothing
  }
  const since = found.find((_, i) => started[i]!.machine === host && started[i]!.recorder.traceId !== undefined)?.since
  return { sources, since: since ?? null, notes: found.flatMap((f) => f?.note ?? []) }
}

const nothing: RecordedSoFar = { sources: [], since: null, notes: [] }

/** Waits for all, so that none goes on unseen, then rejects as the first that did. */
async function allSettledOrThrow(all: readonly Promise<void>[]): Promise<void> {
  for (const one of await Promise.allSettled(all)) if (one.status === 'rejected') throw one.reason
}

const rank = ({ machine }: Planned): number => (machine.role === 'guest' ? 1 : 0)

/** Name of the agent whose file the host's trace-cmd brought. */
function agentOf(file: RecordedFile, o: SessionOptions): string | null {
  return o.agents.find((a) => file.path.endsWith(`/${a.name}.dat`))?.name ?? null
}

/** What the host's file says of its guests: the trace ids of their files and their vCPU threads. */
async function guestOptions(folder: string, o: SessionOptions): Promise<GuestOption[]> {
  const host = o.machines.find((m) => m.role === 'host')
  const guests: GuestOption[] = []
  for (const machine of o.machines.filter((m) => m.role === 'guest')) {
    const traceId = await traceIdOf(traceOf(folder, machine))
    const vcpus = threadsOf(host, machine)
    if (traceId !== null) guests.push({ name: machine.name, traceId, vcpus })
  }
  return guests
}

/** vCPU threads on the host of a guest recorded beside it: by its name, or because both are the only one. */
function threadsOf(host: Machine | undefined, guest: Machine): readonly VcpuThread[] {
  const running = host?.found.facts.guests ?? []
  const found = running.find((g) => g.name === guest.name) ?? (running.length === 1 ? running[0] : undefined)
  return found?.vcpus ?? []
}

async function traceIdOf(path: string): Promise<bigint | null> {
  const file = await openFile(path, 'r').catch(() => null)
  if (!file) return null
  try {
    const { size } = await file.stat()
    const source: ByteSource = {
      name: path,
      size,
      read: async (offset, length) => {
        const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
        const { bytesRead } = await file.read(bytes, 0, bytes.length, offset)
        return bytes.subarray(0, bytesRead)
      },
    }
    return (await openTrace(source)).meta.traceId
  } catch (error) {
    // The guest's file is its own matter: the host's is written without its id.
    if (error instanceof InputError) return null
    throw error
  } finally {
    await file.close()
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const part = `${path}.part`
  try {
    await writeFile(part, text)
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    throw new InputError(`The disk is full: ${path} could not be written.`, 'disk-full', path)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
