// Who belongs to whom: files to machines, guests to hosts, by the trace ids that trace-cmd writes (options TRACEID, GUEST,
// TIME_SHIFT). Reads no events.

import { FaultList, RequestError } from '../fault.js'
import type { TraceFile } from '../readers/types.js'
import type { DeclaredPair, Family, FileInfo, MachineInfo } from '../thread/contract.js'
import { machineIndex, type MachineIndex } from '../units.js'
import { assignRecords } from './record-machines.js'

/** In place of a version, in files that no tracer has written. */
export const GENERATED = 'generated, not recorded'

const hex = (id: bigint): string => id.toString(16).padStart(16, '0')

interface Draft {
  name: string
  role: MachineInfo['role']
  parent: number | null
  files: number[]
  vcpus: { cpu: number; tid: number }[]
  pairedBy: MachineInfo['pairedBy']
}

/**
 * The family tree of the opened files. Machines come host first, each followed by its guests.
 * @param pairs guests and hosts that the files themselves do not relate; indices of `files`
 * @throws RequestError for a pair that cannot be
 */
export function buildFamily(files: readonly TraceFile[], pairs: readonly DeclaredPair[] = []): Family {
  const faults = new FaultList()
  for (const f of files) faults.addAll(f.faults)

  const byId = new Map<bigint, number>()
  const drafts: Draft[] = []
  files.forEach((file, i) => {
    const id = file.meta.traceId
    const twin = id === null || id === 0n ? undefined : byId.get(id)
    if (twin !== undefined) {
      faults.add({
        severity: 'warning',
        code: 'same-trace-id',
        message: `${file.meta.name} and ${files[twin]!.meta.name} carry the same trace id ${hex(id!)}; they are shown as two recordings of one machine.`,
        file: file.meta.name,
      })
    } else if (id !== null && id !== 0n) byId.set(id, i)
    drafts.push({ name: stem(file.meta.name), role: 'alone', parent: null, files: [i], vcpus: [], pairedBy: 'none' })
  })

  files.forEach((host, h) => {
    for (const guest of host.meta.guests) {
      const g = byId.get(guest.traceId)
      if (g === undefined || g === h) {
        faults.add({
          severity: 'note',
          code: 'guest-file-missing',
          message: `The recording of guest ${guest.name || hex(guest.traceId)} (trace id ${hex(guest.traceId)}) is not among the opened files.`,
          file: host.meta.name,
        })
        continue
      }
      const d = drafts[g]!
      if (d.parent !== null) continue
      d.parent = h
      d.role = 'guest'
      d.pairedBy = 'trace-id'
      d.vcpus = guest.vcpus.map((v) => ({ ...v }))
      if (guest.name) d.name = guest.name
      else d.name = guestNameFromFile(d.name, drafts[h]!.name)
    }
  })
  files.forEach((guest, g) => {
    const shift = guest.meta.timeShift
    const d = drafts[g]!
    if (!shift || d.parent !== null) return
    const h = byId.get(shift.peer)
    d.role = 'guest'
    if (h !== undefined && h !== g) {
      d.parent = h
      d.pairedBy = 'time-shift'
      d.name = guestNameFromFile(d.name, drafts[h]!.name)
    } else {
      faults.add({
        severity: 'warning',
        code: 'host-file-missing',
        message: `This is a guest's recording; its host's (trace id ${hex(shift.peer)}) is not among the opened files. Its times are shown in the host's clock all the same.`,
        file: guest.meta.name,
      })
    }
  })
  const ofRecords = pairs.filter((p) => isRecords(files[p.guest]))
  for (const pair of pairs) if (!ofRecords.includes(pair)) declare(drafts, pair)
  breakCircles(drafts)
  drafts.forEach((d, i) => {
    if (d.role === 'alone' && drafts.some((g) => g.parent === i)) d.role = 'host'
  })
  for (const i of seatRecords(files, drafts, ofRecords, faults)) drafts[i]!.files = []

  const order: number[] = []
  const visit = (i: number): void => {
    if (drafts[i]!.files.length === 0) return
    order.push(i)
    drafts.forEach((d, g) => d.parent === i && visit(g))
  }
  drafts.forEach((d, i) => d.parent === null && d.role === 'host' && visit(i))
  drafts.forEach((d, i) => d.parent === null && d.role !== 'host' && visit(i))
  tellApart(order.map((i) => drafts[i]!))
  const indexOf = new Map(order.map((draft, machine) => [draft, machineIndex(machine)]))
  const machineOf = new Map(order.flatMap((draft, m) => drafts[draft]!.files.map((f) => [f, machineIndex(m)] as const)))

  const machines = order.map((i, m): MachineInfo => {
    const d = drafts[i]!
    const cpus = new Set(d.files.flatMap((f) => files[f]!.meta.streams.map((s) => s.cpu)))
    return {
      machine: machineIndex(m),
      name: d.name,
      role: d.role,
      parent: d.parent === null ? null : indexOf.get(d.parent)!,
      files: d.files,
      cpus: [...cpus].sort((a, b) => a - b),
      vcpus: d.vcpus,
      pairedBy: d.pairedBy,
    }
  })
  return {
    files: files.map((f, i) => fileInfo(f, i, machineOf.get(i)!)),
    machines,
    faults: faults.list,
  }
}

const stem = (name: string): string => name.replace(/\.(dat|ctf|txt|jsonl?|ndjson)$/i, '') || name

/** trace-cmd names a guest's file HOSTFILE-GUEST.dat. */
function guestNameFromFile(guest: string, host: string): string {
  // Names that say a folder as well: the host's may do so without the guest's.
  const [own, before] = [lastOf(guest), `${lastOf(host)}-`]
  return own.startsWith(before) && own.length > before.length ? own.slice(before.length) : guest
}
const lastOf = (name: string): string => name.slice(name.lastIndexOf('/') + 1)

/** Machines of one name are numbered: every list tells them apart. */
function tellApart(drafts: readonly Draft[]): void {
  const seen = new Map<string, number>()
  const taken = new Set(drafts.map((d) => d.name))
  for (const d of drafts) {
    const { name } = d
    let n = (seen.get(name) ?? 0) + 1
    if (n > 1) {
      while (taken.has(`${name} (${n})`)) n++
      d.name = `${name} (${n})`
      taken.add(d.name)
    }
    seen.set(name, n)
  }
}

const isRecords = (file: TraceFile | undefined): boolean => file?.wakeRecords !== undefined

/** Puts files of records with the recordings of their machines, or with each other; returns those that found a place. */
function seatRecords(
  files: readonly TraceFile[],
  drafts: readonly Draft[],
  declared: readonly DeclaredPair[],
  faults: FaultList,
): number[] {
  for (const { host } of declared) {
    if (!files[host] || isRecords(files[host])) {
      throw new RequestError('Records are paired with the recording of their machine, not with other records.')
    }
  }
  const machines = drafts.flatMap(({ name, role }, file) => (isRecords(files[file]) ? [] : [{ name, role, file }]))
  const seats = assignRecords(files, machines, new Map(declared.map((p) => [p.guest, p.host])))
  for (const { file, of, fault } of seats) {
    if (fault) faults.add(fault)
    if (of !== null) drafts[of]!.files.push(file)
  }
  return seats.filter((s) => s.of !== null).map((s) => s.file)
}

function declare(drafts: readonly Draft[], { guest, host }: DeclaredPair): void {
  const g = drafts[guest]
  const h = drafts[host]
  if (!g || !h) throw new RequestError('A pair names a file that is not among the opened ones.')
  if (g.parent === host) return
  if (g.parent !== null) throw new RequestError(`${g.name} is recorded as a guest of ${drafts[g.parent]!.name}.`)
  for (let p: number | null = host; p !== null; p = drafts[p]!.parent) {
    if (p === guest) throw new RequestError(`${g.name} cannot be a guest of ${h.name}: it would be its own host.`)
  }
  g.parent = host
  g.role = 'guest'
}

/** Damaged ids could make a machine its own ancestor; the last link of such a circle is cut. */
function breakCircles(drafts: Draft[]): void {
  drafts.forEach((d, i) => {
    const seen = new Set([i])
    for (let p = d.parent; p !== null; p = drafts[p]!.parent) {
      if (seen.has(p)) {
        d.parent = null
        d.pairedBy = 'none'
        return
      }
      seen.add(p)
    }
  })
}

function fileInfo(file: TraceFile, index: number, machine: MachineIndex): FileInfo {
  const m = file.meta
  const buffers = new Map<string, { name: string; clock: string; cpus: number[]; bytes: number }>()
  for (const s of m.streams) {
    const b = buffers.get(s.buffer) ?? {
      name: s.buffer,
      clock: m.bufferClocks[s.buffer] ?? m.clock,
      cpus: [],
      bytes: 0,
    }
    b.cpus.push(s.cpu)
    b.bytes += s.bytes
    buffers.set(s.buffer, b)
  }
  let first: bigint | null = null
  let last: bigint | null = null
  m.streams.forEach((_, i) => {
    const span = file.span(i)
    if (!span) return
    if (first === null || span.first < first) first = span.first
    if (last === null || span.last > last) last = span.last
  })
  return {
    file: index,
    name: m.name,
    size: m.size,
    format: m.format,
    version: m.version,
    compression: m.compression,
    bigEndian: m.bigEndian,
    longSize: m.longSize,
    pageSize: m.pageSize,
    clock: m.clock,
    uname: m.uname,
    tracerVersion: m.tracerVersion,
    generated: m.tracerVersion === GENERATED,
    cpuCount: m.cpuCount,
    traceId: m.traceId === null ? null : hex(m.traceId),
    buffers: [...buffers.values()],
    guests: m.guests.map((g) => ({ name: g.name, traceId: hex(g.traceId), vcpus: g.vcpus })),
    timeShift: m.timeShift && {
      peer: hex(m.timeShift.peer),
      interpolate: m.timeShift.interpolate,
      samples: m.timeShift.cpus.map((c) => c.time.length),
      repaired: m.timeShift.repaired,
    },
    tsc2nsec: m.tsc2nsec && { mult: m.tsc2nsec.mult, shift: m.tsc2nsec.shift },
    dateOffset: m.dateOffset.toString(),
    options: m.options,
    span: first === null || last === null ? null : { first: String(first), last: String(last) },
    machine,
  }
}
