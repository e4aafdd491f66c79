// Everything that was read: records gathered to runs, sessions with their metadata. What is wrong is named with file and line, and
// the rest goes on.

import type { FaultList } from '../../fault.js'
import type { Place, ProbeRow } from './rows.js'

/** Records of one run, or of one session whose records have no run of their own (`chain` null). */
export interface RawRun {
  readonly environment: string
  readonly session: string
  readonly chain: string | null
  readonly place: Place
  /** Seconds that `time` counts from. */
  readonly epoch: number
  /** Labels, as indices into Book.labels. */
  readonly probe: number[]
  /** ns since the epoch: exact for 90 days and more. */
  readonly time: number[]
  readonly line: number[]
  readonly attributes: Map<string, string>
  stack: string | null
}

export interface Session {
  readonly environment: string
  readonly session: string
  /** Where `time` 0 of its runs and edges lies, seconds. */
  readonly epoch: number
  runs: number
  readonly metadata: Map<string, string>
  readonly edges: { readonly number: number | null; readonly time: number; readonly place: Place }[]
}

/** Labels of a pulse per second: edges of a reference, not probes of a chain. */
const PPS = /^(1?pps|pps[_-]?(edge|assert|clear|event))$/i

/** A round second to count from, so that it does not depend on which row comes first. */
const EPOCH = 1_000_000

export class Book {
  readonly labels: string[] = []
  readonly #label = new Map<string, number>()
  readonly #runs = new Map<string, RawRun>()
  readonly #sessions = new Map<string, Session>()
  /** Runs that were found in a second file: said once each. */
  readonly #refused = new Set<string>()
  rows = 0

  constructor(readonly faults: FaultList) {}

  get runs(): Iterable<RawRun> {
    return this.#runs.values()
  }
  get runCount(): number {
    return this.#runs.size
  }
  get sessions(): Iterable<Session> {
    return this.#sessions.values()
  }
  session(environment: string, session: string): Session | undefined {
    return this.#sessions.get(`${environment}\0${session}`)
  }

  labelOf(text: string): number {
    let label = this.#label.get(text)
    if (label === undefined) {
      label = this.labels.push(text) - 1
      this.#label.set(text, label)
    }
    return label
  }

  add(row: ProbeRow, environment: string, session: string, file: string): void {
    const key = `${environment}\0${session}`
    let of = this.#sessions.get(key)
    if (!of) {
      of = { environment, session, epoch: row.seconds - (row.seconds % EPOCH), runs: 0, metadata: new Map(), edges: [] }
      this.#sessions.set(key, of)
    }
    const time = (row.seconds - of.epoch) * 1e9 + row.ns
    this.rows++
    if (PPS.test(row.probe)) {
      const number = row.chain !== null && /^\d+$/.test(row.chain) ? Number(row.chain) : null
      of.edges.push({ number, time, place: { file, line: row.line } })
      return
    }
    this.#addProbe(row, of, time, file)
  }

  #addProbe(row: ProbeRow, of: Session, time: number, file: string): void {
    const { environment, session } = of
    const key = `${environment}\0${session}\0${row.chain === null ? `\0${file}` : row.chain}`
    let run = this.#runs.get(key)
    if (!run) {
      const place = { file, line: row.line }
      const { chain } = row
      run = {
        environment,
        session,
        chain,
        place,
        epoch: of.epoch,
        probe: [],
        time: [],
        line: [],
        attributes: new Map(),
        stack: null,
      }
      this.#runs.set(key, run)
      of.runs++
    } else if (run.place.file !== file) {
      if (!this.#refused.has(`${key}\0${file}`)) {
        this.#refused.add(`${key}\0${file}`)
        const first = `${run.place.file} line ${run.place.line}`
        this.#fault(
          'two-runs-one-id',
          file,
          `Line ${row.line} begins run ${row.chain} of session ${session}, which ${first} begins too; it is left out here.`,
        )
      }
      return
    }
    const label = this.labelOf(row.probe)
    const last = run.time.length - 1
    for (let i = last; i >= 0 && run.time[i]! >= time; i--) {
      if (run.time[i] === time && run.probe[i] === label) {
        this.#fault('duplicate-row', file, `Line ${row.line} repeats line ${run.line[i]}; it is left out.`)
        return
      }
    }
    if (last >= 0 && time < run.time[last]!) {
      this.#fault(
        'unsorted',
        file,
        `Line ${row.line} is earlier than line ${run.line[last]} of the same run; the run is taken in order of time.`,
      )
    }
    // Kept in order of time; equal times in the order of the file.
    let at = last + 1
    while (at > 0 && run.time[at - 1]! > time) at--
    run.probe.splice(at, 0, label)
    run.time.splice(at, 0, time)
    run.line.splice(at, 0, row.line)
    for (const [name, value] of row.attributes) if (!run.attributes.has(name)) run.attributes.set(name, value)
    run.stack ??= row.stack
  }

  #fault(code: string, file: string, message: string): void {
    this.faults.add({ severity: 'warning', code, file, message })
  }
}
