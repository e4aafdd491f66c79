// From what is wished and what the machines allow to the recorders of one run.

import { join } from 'node:path'
import { InputError } from '../../workers/fault.js'
import { collectorRecorder } from './collector.js'
import type { Preflight } from './preflight.js'
import type { Preset } from './presets.js'
import type { Recorder } from './recorder.js'
import type { Runner } from './runner.js'
import { traceCmdRecorder, type AgentGuest } from './trace-cmd.js'
import { tracefsRecorder } from './tracefs.js'
import type { GuestOption } from './trace-dat-v7.js'

export type Way = 'auto' | 'trace-cmd' | 'tracefs'

/** A machine to be recorded, with what was found out about it. */
export interface Machine {
  /** File name and heading: `host`, `g1`. */
  readonly name: string
  readonly role: 'host' | 'guest'
  readonly runner: Runner
  readonly found: Preflight
}

/** A guest that only its trace-cmd agent is asked. */
export interface Agent {
  readonly name: string
  readonly address: string
}

export interface Wishes {
  readonly preset: Preset
  /** In place of the preset's events, where given. */
  readonly events: readonly string[] | null
  readonly way: Way
  readonly clock: string
  readonly bufferKb: number
  readonly collector: boolean
  readonly collectorMib: number
  readonly collectorOptions: readonly string[]
  /** A stack with every event of the trace. */
  readonly stacks: boolean
  readonly session: string
  readonly finishCommand?: string
}

export interface Planned {
  readonly machine: Machine
  readonly recorder: Recorder
}

const slug = (name: string): string => name.replace(/[^\w.-]+/g, '_')
export const traceOf = (folder: string, machine: { readonly name: string }): string =>
  join(folder, `${slug(machine.name)}.dat`)
const recordsOf = (folder: string, machine: Machine): string => join(folder, `${slug(machine.name)}.wire`)

/** Why trace-cmd is not the one to record a machine; '' = it is. */
export function againstTraceCmd({ found: { facts } }: Machine, way: Way): string {
  if (way === 'tracefs') return 'it was not asked for'
  if (!facts.traceCmd) return 'trace-cmd is not installed'
  if (facts.traceCmdRefused) return `the kernel refuses ${facts.traceCmdRefused}, of which trace-cmd dies`
  if (facts.busy) return `somebody else traces there (${facts.busy}), which trace-cmd would end`
  return ''
}

/** Throws InputError for a machine that cannot be recorded at all, with the reason. */
export function recordersOf(
  folder: string,
  machines: readonly Machine[],
  agents: readonly Agent[],
  wishes: Wishes,
  program: string | null,
  guestsOfHost: () => Promise<readonly GuestOption[]>,
): Planned[] {
  return machines.flatMap((machine) => {
    const planned = [{ machine, recorder: eventRecorder(folder, machine, agents, wishes, guestsOfHost) }]
    const probes = wishes.preset.collector
    if (!wishes.collector || !probes || program === null) return planned
    const recorder = collectorRecorder({
      runner: machine.runner,
      label: `${machine.name}, probes`,
      groups: probes.groups,
      stacks: probes.stacks,
      bufferMib: wishes.collectorMib,
      session: wishes.session,
      options: wishes.collectorOptions,
      program,
      to: recordsOf(folder, machine),
    })
    return [...planned, { machine, recorder }]
  })
}

function eventRecorder(
  folder: string,
  machine: Machine,
  agents: readonly Agent[],
  wishes: Wishes,
  guestsOfHost: () => Promise<readonly GuestOption[]>,
): Recorder {
  const { facts } = machine.found
  if (!facts.tracefs) {
    const why = machine.found.checks.find((c) => c.state === 'no')?.sentence ?? 'tracefs is not there.'
    throw new InputError(`${machine.name} cannot be recorded: ${why}`, 'no-tracefs')
  }
  if (facts.traceClocks.length > 0 && !facts.traceClocks.includes(wishes.clock)) {
    const there = facts.traceClocks.join(', ')
    throw new InputError(`${machine.name} has no trace clock ${wishes.clock}: there are ${there}.`, 'no-clock')
  }
  const against = againstTraceCmd(machine, wishes.way)
  const asked = machine.role === 'host' ? agents : []
  if (against && (wishes.way === 'trace-cmd' || asked.length > 0)) {
    const why =
      asked.length > 0 ? 'Guests are reached by their agents only through trace-cmd, but' : 'trace-cmd cannot record'
    throw new InputError(
      `${why} ${asked.length > 0 ? `on ${machine.name} ` : `${machine.name}: `}${against}.`,
      'no-trace-cmd',
    )
  }
  const common = {
    runner: machine.runner,
    label: machine.name,
    tracefs: facts.tracefs,
    events: wishes.events ?? (machine.role === 'host' ? wishes.preset.host : wishes.preset.guest),
    clock: wishes.clock,
    bufferKb: wishes.bufferKb,
    stacks: wishes.stacks,
    to: traceOf(folder, machine),
  }
  if (!against) {
    const guests = asked.map(({ name, address }): AgentGuest => ({
      name,
      address,
      events: wishes.events ?? wishes.preset.guest,
      to: traceOf(folder, { name }),
    }))
    return traceCmdRecorder({ ...common, program: facts.traceCmd, agents: guests })
  }
  return tracefsRecorder({
    ...common,
    guests: machine.role === 'host' ? guestsOfHost : () => Promise.resolve([]),
    ...(wishes.finishCommand ? { finishCommand: wishes.finishCommand } : {}),
  })
}
