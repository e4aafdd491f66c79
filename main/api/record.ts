// Recording from the windows, this machine or another: what it allows, what would be run, and the recording itself with live
// figures.

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { homedir, hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { Hono } from 'hono'
import { array, type InferOutput, nullable, number, object, parse, picklist, string } from 'valibot'
import { InputError, RequestError } from '../../workers/fault.js'
import { packageRoot } from '../paths.js'
import { collectorProgram } from '../record/collector.js'
import { enter } from '../record/leftovers.js'
import type { Manifest } from '../record/manifest.js'
import { type Agent, type Machine, recordersOf, type Wishes } from '../record/plan.js'
import { preflight, type Preflight } from '../record/preflight.js'
import { presetNamed, presets } from '../record/presets.js'
import { localRunner } from '../record/process-runner.js'
import { quote, type Runner } from '../record/runner.js'
import { recordSession, type Live } from '../record/session.js'
import type { Host } from '../remote/host.js'
import { elevate, sshRunner, sudoQuestion, type Elevation } from '../remote/runner.js'
import type { FileRegistry, ServedFile } from './files.js'
import { Looks } from './looks.js'
import { lines, type ErrorLine, type NoteLine, type QuestionLine, type Questions } from './lines.js'

export interface RecordPreset {
  readonly name: string
  readonly title: string
  /** Command or way of recording; the reason where it cannot be done. */
  readonly how: readonly string[]
  readonly possible: boolean
}

/** Lines of POST record/check. */
export type CheckLine =
  | QuestionLine
  | NoteLine
  | { readonly type: 'checked'; readonly found: Preflight; readonly presets: readonly RecordPreset[] }
  | ErrorLine

/** Lines of POST record. */
export type RecordLine =
  | QuestionLine
  | { readonly type: 'live'; readonly live: Live }
  | NoteLine
  | { readonly type: 'done'; readonly folder: string; readonly files: readonly ServedFile[] }
  | ErrorLine

/** POST record/so-far: what is recorded so far. */
export interface RecordedFiles {
  /** None = nothing yet, or nothing any more. They stay readable until two later ones were asked for, or it is let go. */
  readonly files: readonly ServedFile[]
  /** Value of the host's trace clock from which nothing is lacking, decimal; null = all of it is there. */
  readonly since: string | null
  /** Sentences about what is lacking. */
  readonly notes: readonly string[]
}

const soFarBody = object({ limit: number() })

/** Guests that are recorded with their host: by their own SSH, or by the agent of trace-cmd. */
const guestList = array(object({ name: string(), how: picklist(['ssh', 'agent']), address: string() }))
const planBody = object({ clock: string(), guests: guestList })
const recordBody = object({
  ...planBody.entries,
  preset: string(),
  /** null = until it is stopped. */
  seconds: nullable(number()),
})
type Guests = InferOutput<typeof guestList>

/** In place of a connection: the machine that Remora runs on. */
const HERE = 'here'
const DIRECTORY = '/var/tmp'
const BUFFER_KB = 16384

const defaultFolder = (): string =>
  join(process.env.XDG_DATA_HOME || join(homedir(), '.local/share'), 'remora', 'recordings')

const stamp = (now: Date): string => now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-')

const wishesFor = (preset: string, clock: string, probes: boolean): Wishes => ({
  preset: presetNamed(preset),
  events: null,
  way: 'auto',
  clock,
  bufferKb: BUFFER_KB,
  collector: probes,
  collectorMib: 64,
  collectorOptions: [],
  stacks: false,
  session: randomUUID(),
})

/** What can be recorded: the machine behind a connection, or this one. */
interface Place {
  /** Part of the folder's name. */
  readonly name: string
  /** `record` options that lead there. */
  readonly options: readonly string[]
  /** The connection; null = it is this machine. */
  readonly host: Host | null
  /** Where there is room for the recording. */
  readonly directory: string
  runner(ask: ReturnType<Questions['asker']>, signal: AbortSignal): Promise<Runner>
}

export interface RecordOptions {
  /** Folder of the recordings. */
  readonly root?: string
  /** This machine's. */
  readonly runner?: Runner
  readonly platform?: NodeJS.Platform
}

/** @param hostOf throws RequestError for a connection that is closed; @param openGuest connects to a guest by SSH, through a machine or, with null, from here */
export function recordRoutes(
  hostOf: (id: string) => Host,
  openGuest: (address: string, of: Host | null, ask: ReturnType<Questions['asker']>) => Promise<Host>,
  files: FileRegistry,
  questions: Questions,
  { root = defaultFolder(), runner = localRunner(), platform = process.platform }: RecordOptions = {},
): Hono {
  const app = new Hono()
  // Sessions that the windows kept name recordings by address: give those their meaning back.
  void serveRecordings(root, files)
  const going = new Map<string, AbortController>()
  const looks = new Looks(files)
  /** How commands are root's, asked once a connection. */
  const elevations = new WeakMap<Host, Elevation>()

  const here: Place = {
    name: hostname(),
    options: [],
    host: null,
    get directory() {
      return existing(root)
    },
    runner: () => {
      if (platform === 'linux') return Promise.resolve(runner)
      const sentence = `This machine is no Linux (${platform}); its kernel cannot be recorded. Machines behind SSH can.`
      return Promise.reject(new InputError(sentence, 'no-linux'))
    },
  }
  const placeOn = (host: Host): Place => ({
    name: host.address.host,
    options: ['--on', `ssh://${host.label}`],
    host,
    directory: DIRECTORY,
    runner: (ask, signal) => rootOn(host, ask, signal),
  })
  const placeOf = (id: string): Place => (id === HERE ? here : placeOn(hostOf(id)))
  const keyOf = (place: Place): object => place.host ?? here

  const rootOn = async (host: Host, ask: ReturnType<Questions['asker']>, signal: AbortSignal): Promise<Runner> => {
    const elevation =
      elevations.get(host) ?? (await elevate(host, (again) => ask.secret(sudoQuestion(host, again)), signal))
    if (!elevation)
      throw new InputError(`Recording ${host.label} needs root, and the password for sudo was not given.`, 'no-root')
    elevations.set(host, elevation)
    return sshRunner(host, elevation)
  }

  const machineOn = async (
    name: string,
    role: Machine['role'],
    place: Place,
    ask: ReturnType<Questions['asker']>,
    signal: AbortSignal,
  ): Promise<Machine> => {
    const runner = await place.runner(ask, signal)
    const traceCmd = place === here ? process.env['REMORA_TRACE_CMD'] : undefined
    const found = await preflight(runner, { directory: place.directory, signal, ...(traceCmd ? { traceCmd } : {}) })
    return { name, role, runner, found }
  }

  /** Machines as they were looked at last. */
  const looked = new WeakMap<object, Machine>()

  app.post('/:id/record/check', async (c) => {
    const place = placeOf(c.req.param('id'))
    return lines<CheckLine>(c.req.raw.signal, async (send, signal) => {
      const machine = await machineOn('host', 'host', place, questions.asker(send, signal), signal)
      looked.set(keyOf(place), machine)
      send({ type: 'checked', found: machine.found, presets: presetsOn(machine, clockOf(machine), []) })
    })
  })

  app.post('/:id/record/plan', async (c) => {
    const machine = looked.get(keyOf(placeOf(c.req.param('id'))))
    if (!machine) throw new RequestError('The machine has not been looked at yet.')
    const { clock, guests } = parse(planBody, await c.req.json())
    return Response.json(presetsOn(machine, clock, guests), { headers: { 'Cache-Control': 'no-store' } })
  })

  app.post('/:id/record', async (c) => {
    const id = c.req.param('id')
    const place = placeOf(id)
    const wish = parse(recordBody, await c.req.json())
    if (going.has(id)) throw new RequestError('This machine is being recorded already.')
    const stop = new AbortController()
    going.set(id, stop)
    return lines<RecordLine>(c.req.raw.signal, async (send, signal) => {
      // A window that goes away ends the recording as its button does: what was recorded is kept.
      signal.addEventListener('abort', () => stop.abort(), { once: true })
      const guests: Host[] = []
      try {
        const ask = questions.asker(send, signal)
        const machines = [await machineOn('host', 'host', place, ask, signal)]
        for (const { name, how, address } of wish.guests) {
          if (how !== 'ssh') continue
          const guest = await openGuest(address, place.host, ask)
          guests.push(guest)
          machines.push(await machineOn(name, 'guest', placeOn(guest), ask, signal))
        }
        const note = (sentence: string): void => send({ type: 'note', sentence })
        const probes = presetNamed(wish.preset).collector !== null
        const program = probes && machines.some((m) => m.found.facts.btf) ? await collectorHere(note) : null
        const folder = join(root, `${stamp(new Date())}-${place.name.replace(/[^\w.-]+/g, '_')}`)
        const leave = await enter(folder)
        try {
          const manifest = await recordSession({
            folder,
            machines,
            agents: agentsOf(wish.guests),
            program,
            runs: 1,
            seconds: wish.seconds,
            pauseSeconds: 0,
            command: ['record', ...place.options, '--preset', wish.preset],
            signal: stop.signal,
            wishes: {
              ...wishesFor(wish.preset, wish.clock, program !== null),
              finishCommand: finishing(folder),
            },
            onNote: note,
            onLive: (live) => send({ type: 'live', live }),
            onGoing: (look) => looks.begin(id, look),
          }).catch(async (e: unknown) => {
            const kept = e instanceof InputError ? await keptIn(folder) : null
            if (!kept) throw e
            note((e as InputError).message)
            return kept
          })
          const paths = manifest.runs.flatMap((r) => r.files.map((f) => join(folder, f.path)))
          send({ type: 'done', folder, files: await Promise.all(paths.map((path) => files.add(path))) })
        } finally {
          await leave()
        }
      } finally {
        going.delete(id)
        if (signal.aborted) await looks.end(id)
        for (const guest of guests) guest.close()
      }
    })
  })

  app.post('/:id/record/stop', (c) => {
    going.get(c.req.param('id'))?.abort()
    return new Response(null, { status: 204 })
  })
  app.post('/:id/record/so-far', async (c) => {
    const { limit } = parse(soFarBody, await c.req.json())
    const found = await looks.look(c.req.param('id'), limit)
    return Response.json(found, { headers: { 'Cache-Control': 'no-store' } })
  })

  app.delete('/:id/record/so-far', async (c) => {
    await looks.end(c.req.param('id'))
    return new Response(null, { status: 204 })
  })
  return app
}

/** The folder, or what there is of the way to it: the disk that it will be on. */
const existing = (folder: string): string => (existsSync(folder) ? folder : existing(dirname(folder)))

/** Completes a recording of this machine when this process was killed; the program may be that of the desktop's window. */
const finishing = (folder: string): string => {
  const words = [process.execPath, join(packageRoot, 'dist/main/cli.js'), 'record', '--finish', folder]
  return `ELECTRON_RUN_AS_NODE=1 ${words.map(quote).join(' ')}`
}

/** The clock that the probes have too, where the machine has it. */
const clockOf = ({ found: { facts } }: Machine): string =>
  facts.traceClocks.length === 0 || facts.traceClocks.includes('mono') ? 'mono' : facts.traceClocks[0]!

/** An agent listens on port 823 unless its address says otherwise. */
const agentsOf = (guests: Guests): Agent[] =>
  guests
    .filter((g) => g.how === 'agent')
    .map(({ name, address }) => ({ name, address: /:\d+$/.test(address) ? address : `${address}:823` }))

function presetsOn(machine: Machine, clock: string, guests: Guests): RecordPreset[] {
  return presets.map(({ name, title }) => {
    try {
      const wishes = wishesFor(name, clock, true)
      const planned = recordersOf('.', [machine], agentsOf(guests), wishes, 'remora-collect', () => Promise.resolve([]))
      return { name, title, how: planned.map(({ recorder }) => recorder.how), possible: true }
    } catch (e) {
      if (e instanceof InputError) return { name, title, how: [e.message], possible: false }
      throw e
    }
  })
}

/** The manifest of a recording that broke off; null = nothing was kept of it. */
async function keptIn(folder: string): Promise<Manifest | null> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => null)
  const manifest = text === null ? null : (JSON.parse(text) as Manifest)
  return manifest?.runs.some((run) => run.files.length > 0) ? manifest : null
}

const RECORDINGS_SERVED = 200

/** Registers what was recorded before, latest first. */
async function serveRecordings(root: string, files: FileRegistry): Promise<void> {
  const folders = (await readdir(root).catch(() => [])).sort().reverse().slice(0, RECORDINGS_SERVED)
  // A folder that cannot be read holds nothing that could be opened again.
  await Promise.allSettled(folders.map((name) => files.addAll([join(root, name)])))
}

async function collectorHere(note: (sentence: string) => void): Promise<string | null> {
  try {
    return await collectorProgram()
  } catch (e) {
    if (!(e instanceof InputError)) throw e
    note(`Events alone are recorded. ${e.message}`)
    return null
  }
}
