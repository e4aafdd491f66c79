import type { Fault } from '../../workers/fault.js'
import { TimeWriter } from '../../workers/table/time-text.js'
import type { FileInfo } from '../../workers/thread/contract.js'
import type { InfoReport } from './info-json.js'
import { aligned, bytesText, cpuList, grouped, plural, spanText } from './text.js'

/** `remora info` for people: files, machines, clocks, events, faults, each part left out when it is empty. */
export function infoText(report: InfoReport): string {
  const parts = [
    ...report.files.map(fileLines),
    machineLines(report),
    clockLines(report),
    eventLines(report),
    faultLines(report.faults),
  ]
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n')
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)

function fileLines(file: FileInfo): string[] {
  const facts: [string, string][] = [
    ['format', formatText(file)],
    ['clock', file.clock + (file.tsc2nsec ? `, to ns by ${file.tsc2nsec.mult} >> ${file.tsc2nsec.shift}` : '')],
    ['kernel', file.uname],
    ['recorded by', file.tracerVersion && `trace-cmd ${file.tracerVersion}`],
    ['CPUs', String(file.cpuCount)],
    ['trace id', file.traceId ?? ''],
    ['guests', file.guests.map((g) => `${g.name || g.traceId} (${plural(g.vcpus.length, 'vCPU')})`).join(', ')],
    ['time shift', timeShiftText(file)],
    ['date offset', file.dateOffset === '0' ? '' : `${file.dateOffset} ns`],
    ['buffers', file.buffers.map(bufferText).join('; ')],
    ['options', file.options.map((o) => (o.known ? o.name : `unknown ${o.id}`)).join(' ')],
    ['timestamps', file.span ? `${file.span.first} .. ${file.span.last}` : 'no events'],
  ]
  return [file.name, ...indented(aligned(facts.filter(([, text]) => text !== '')))]
}

function formatText(file: FileInfo): string {
  return [
    `${file.format}${file.version ? ` v${file.version}` : ''}`,
    file.compression === 'none' ? 'not compressed' : file.compression,
    file.bigEndian ? 'big endian' : 'little endian',
    `${8 * file.longSize} bit`,
    `pages of ${file.pageSize}`,
    bytesText(file.size),
  ].join(', ')
}

function timeShiftText({ timeShift }: FileInfo): string {
  if (!timeShift) return ''
  const samples = timeShift.samples.reduce((sum, n) => sum + n, 0)
  const repaired = timeShift.repaired ? ', counts repaired' : ''
  return `${plural(samples, 'sample')} on ${plural(timeShift.samples.length, 'CPU')}, to ${timeShift.peer}${repaired}`
}

function bufferText(buffer: FileInfo['buffers'][number]): string {
  const clock = buffer.clock ? `, ${buffer.clock}` : ''
  return `${buffer.name || 'top'} (CPU ${cpuList(buffer.cpus)}, ${bytesText(buffer.bytes)}${clock})`
}

function machineLines({ machines, files }: InfoReport): string[] {
  const rows: string[][] = []
  const add = (parent: number | null, depth: number) => {
    for (const m of machines.filter((machine) => machine.parent === parent)) {
      const threads = m.vcpus.filter((v) => v.tid >= 0).map((v) => `${v.cpu}:${v.tid}`)
      rows.push([
        `${'   '.repeat(Math.max(0, depth - 1))}${depth > 0 ? '└─ ' : ''}${m.name}`,
        m.role,
        plural(m.cpus.length, m.role === 'guest' ? 'vCPU' : 'CPU'),
        m.files.map((file) => files[file]?.name ?? '').join(', '),
        m.pairedBy === 'none' ? '' : `paired by ${m.pairedBy}`,
        threads.length > 0 ? `vCPU threads ${threads.join(' ')}` : '',
      ])
      add(m.machine, depth + 1)
    }
  }
  add(null, 0)
  return rows.length > 0 ? ['Machines', ...indented(aligned(rows))] : []
}

function clockLines({ clocks, machines }: InfoReport): string[] {
  if (clocks.length === 0) return []
  const rows = clocks.map((clock) => [
    machines[clock.machine]?.name ?? '',
    clock.clock,
    clock.method + (clock.offset === '0' ? '' : ` ${clock.offset}`),
    clock.verdict ?? '',
    clock.statement,
  ])
  return ['Clocks', ...indented(aligned(rows))]
}

function eventLines({ events, machines }: InfoReport): string[] {
  if (!events) return []
  const { count, from, to, unit, epoch, lost, streams, types, partial } = events
  const writer = new TimeWriter(BigInt(epoch))
  const time = (t: number) => writer.shown(t, unit)
  const unknown = streams.some((stream) => stream.lost < 0) ? ' and an unknown number more' : ''
  const missed = lost > 0 || unknown ? `, ${grouped(lost)}${unknown} missed` : ''
  const head =
    count === 0
      ? 'Events  none'
      : `Events  ${grouped(count)} in ${spanText(from, to, unit)}, ${time(from)} .. ${time(to)}${missed}`
  const perCpu = streams.map((s) => [
    machines[s.machine]?.name ?? '',
    `CPU ${s.cpu}`,
    s.buffer,
    grouped(s.count),
    s.lost === 0 ? '' : s.lost < 0 ? 'some missed' : `${grouped(s.lost)} missed`,
  ])
  const perType = types.map((type) => [grouped(type.count), `${type.system}:${type.name}`])
  return [
    head,
    ...(partial ? [`  ${partial}`] : []),
    ...indented(aligned(perCpu, [3])),
    ...(perType.length > 0 ? ['', ...indented(aligned(perType, [0]))] : []),
  ]
}

/** `at byte 4096 of host.dat, CPU 1`. */
export function faultPlace({ file, offset, cpu }: Fault): string {
  const byte = offset === undefined ? '' : `byte ${offset}`
  return [file && byte ? `${file}, ${byte}` : file || byte, cpu === undefined ? '' : `CPU ${cpu}`]
    .filter(Boolean)
    .join(', ')
}

function faultLines(faults: readonly Fault[]): string[] {
  if (faults.length === 0) return []
  const rows = faults.map((fault) => [
    fault.severity,
    fault.code,
    faultPlace(fault),
    fault.message + (fault.times && fault.times > 1 ? ` (${grouped(fault.times)} times)` : ''),
  ])
  return [`Faults  ${grouped(faults.length)}`, ...indented(aligned(rows))]
}
