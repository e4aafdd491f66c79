// Which machine a file of wake-up records belongs to. Records say little of their machine: a header may name it, their clock
// counts from its boot, and their file is often called after it. Evidence is taken in that order.

import type { Fault } from '../fault.js'
import type { TraceFile } from '../readers/types.js'

/** A machine as far as recordings tell it. */
export interface MachineOfFile {
  readonly name: string
  readonly role: 'host' | 'guest' | 'alone'
  /** Its recording. */
  readonly file: number
}

export interface Assignment {
  /** File of records. */
  readonly file: number
  /** Recording of its machine; null = it stays by itself. */
  readonly of: number | null
  readonly fault: Fault | null
}

/** Decides for every file of records among `files`. `declared`: file of records -> recording, by the user. */
export function assignRecords(
  files: readonly TraceFile[],
  machines: readonly MachineOfFile[],
  declared: ReadonlyMap<number, number>,
): Assignment[] {
  return files.flatMap((file, i): Assignment[] => {
    if (!file.wakeRecords || machines.length === 0) return []
    const told = declared.get(i)
    if (told !== undefined) return [{ file: i, of: told, fault: null }]
    const found = decide(file, files, machines)
    const { name } = file.meta
    if (found.of) {
      const message = `Its records are taken for those of ${found.of.name}: ${found.because}.`
      return [
        { file: i, of: found.of.file, fault: { severity: 'note', code: 'records-assigned', message, file: name } },
      ]
    }
    const message = `To which machine its records belong cannot be told: ${found.because}. They are shown by themselves; a pair of this file and a recording says it.`
    return [{ file: i, of: null, fault: { severity: 'warning', code: 'records-unassigned', message, file: name } }]
  })
}

type Found = { readonly of: MachineOfFile | null; readonly because: string }

function decide(file: TraceFile, files: readonly TraceFile[], machines: readonly MachineOfFile[]): Found {
  const { header } = file.wakeRecords!
  const metaOf = (m: MachineOfFile): TraceFile['meta'] => files[m.file]!.meta
  if (header.machine !== '') {
    const named = machines.filter((m) => nodeName(metaOf(m).uname) === header.machine || m.name === header.machine)
    if (named.length === 1) return { of: named[0]!, because: `they name ${header.machine}` }
  }
  const release = releaseOf(header.kernel)
  const same = release === '' ? [] : machines.filter((m) => metaOf(m).uname.split(/\s+/).includes(release))
  if (same.length === 1) return { of: same[0]!, because: `its kernel is ${release}, as theirs` }
  if (release !== '' && same.length === 0 && machines.every((m) => metaOf(m).uname !== '')) {
    return { of: null, because: `no recording is of a kernel ${release}` }
  }
  let left = same.length > 0 ? same : machines
  const comparable = left.filter((m) => metaOf(m).clock === file.meta.clock)
  const together = left.filter((m) => metaOf(m).clock !== file.meta.clock || overlaps(file, files[m.file]!))
  if (comparable.length > 0) {
    if (together.length === 0) {
      return { of: null, because: `none of the recordings was made at the same time of the clock ${file.meta.clock}` }
    }
    if (together.length === 1 && (comparable.length > 1 || left.length === 1)) {
      return { of: together[0]!, because: `the times of its clock ${file.meta.clock} are the same` }
    }
    left = together
  }
  const byName = namedAlike(file.meta.name, left, files)
  if (byName) return byName
  if (left.length === 1) return { of: left[0]!, because: 'there is no other recording that it could belong to' }
  return { of: null, because: `it may be ${left.map((m) => m.name).join(' or ')}` }
}

/** `uname -a` begins with the system's and the node's name. */
const nodeName = (uname: string): string => /^Linux (\S+)/.exec(uname)?.[1] ?? ''
const releaseOf = (kernel: string): string => kernel.split(/\s+/).find((w) => /^\d+\.\d+\S*$/.test(w)) ?? ''

/** Whether two recordings of one clock cover some time together. */
function overlaps(a: TraceFile, b: TraceFile): boolean {
  const x = spanOf(a)
  const y = spanOf(b)
  return !x || !y || (x[0] <= y[1] && y[0] <= x[1])
}

function spanOf(file: TraceFile): readonly [bigint, bigint] | null {
  const spans = file.meta.streams.map((_, i) => file.span(i)).filter((s) => s !== null)
  if (spans.length === 0) return null
  return [
    spans.reduce((min, s) => (s.first < min ? s.first : min), spans[0]!.first),
    spans.reduce((max, s) => (s.last > max ? s.last : max), spans[0]!.last),
  ]
}

/** By the name of the file: that of the machine or of its recording at the start, or the word host, guest or vm in it. */
function namedAlike(name: string, machines: readonly MachineOfFile[], files: readonly TraceFile[]): Found | null {
  const stem = name.toLowerCase().replace(/\.\w+$/, '')
  const starts = machines
    .map((m) => {
      const names = [m.name, files[m.file]!.meta.name.replace(/\.\w+$/, '')].map((n) => n.toLowerCase())
      return { m, length: Math.max(...names.map((n) => (begins(stem, n) ? n.length : 0))) }
    })
    .filter(({ length }) => length > 0)
    .sort((a, b) => b.length - a.length)
  if (starts[0] && starts[0].length > (starts[1]?.length ?? 0)) {
    return { of: starts[0].m, because: 'the file is called after it' }
  }
  const word = /(^|[^a-z])(host|guest|vm)([^a-z]|$)/.exec(stem)?.[2]
  const role = word === 'host' ? 'host' : 'guest'
  const fitting = word === undefined ? [] : machines.filter((m) => m.role === role)
  return fitting.length === 1 ? { of: fitting[0]!, because: `the file's name says ${word!}` } : null
}

const begins = (stem: string, name: string): boolean =>
  stem === name || (stem.startsWith(name) && !/[a-z0-9]/.test(stem[name.length]!))
