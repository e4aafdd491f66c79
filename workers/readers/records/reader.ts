// Records as text: JSON, one object a line (the collector's --json, probe records), or a JSON document (CorrelationData, TraceData,
// StackAnalysisResult of the measuring scripts) with its objects in an array; or lines of text (text.ts).

import type { ByteSource } from '../../bytes.js'
import { FaultList, InputError } from '../../fault.js'
import { WakeRecordBuilder } from '../../model/wake-builder.js'
import type { TraceFile, TraceReader } from '../types.js'
import { asObject, readObject, reportBad } from './json-record.js'
import { parseExact } from './numbers.js'
import { documentObjects, lines, type Piece } from './split.js'
import { looksLikeText, textParser } from './text.js'
import { decodeRecordBlock, recordTraceFile } from './trace-file.js'

const FORMAT = 'records'

export const recordReader: TraceReader = {
  format: FORMAT,
  recognises: (head) => {
    const start = new TextDecoder()
      .decode(head)
      .replace(/^\uFEFF/, '')
      .trimStart()
    return /^\{\s*("|$)/.test(start) || /^\[\s*(\{|$)/.test(start) || looksLikeText(start)
  },
  open: openRecords,
  decode: (_plan, block) => Promise.resolve(decodeRecordBlock(block)),
}

async function openRecords(source: ByteSource, signal?: AbortSignal): Promise<TraceFile> {
  const faults = new FaultList()
  const builder = new WakeRecordBuilder()
  const tally = { analyses: 0, notes: [] as string[], bad: 0, pieces: 0, whyFirst: '' }
  const take = (piece: Piece): void => {
    tally.pieces++
    const why = takePiece(piece, parse, builder, tally)
    if (why === null) return
    tally.whyFirst ||= why
    tally.bad++
    reportBad(faults, source.name, piece.line, piece.offset, why)
  }
  const text = textParser(await firstLine(source, signal))
  const parse = text?.parse ?? parseJson
  let header = text?.skip ?? false
  if (!text && (await isDocument(source, signal)))
    for (const piece of await documentObjects(source, signal)) take(piece)
  else
    for await (const pieces of lines(source, signal)) {
      for (const piece of pieces.slice(header && pieces.length > 0 ? 1 : 0)) take(piece)
      header &&= pieces.length === 0
    }

  if (builder.count === 0 && tally.analyses === 0) {
    const why = tally.whyFirst ? ` Of the first one it can be said that ${tally.whyFirst}.` : ''
    throw new InputError(
      `${source.name} holds no record that can be read among ${tally.pieces} ${text ? 'lines' : 'objects'}.${why}`,
      'no-records',
      source.name,
    )
  }
  if (tally.analyses > 0) {
    const message = `${tally.analyses} results of stack analyses (cluster_a, cluster_b, offset) have no time of their own and are not shown.`
    faults.add({ severity: 'note', code: 'analysis-result', message, file: source.name })
  }
  for (const message of new Set(tally.notes)) {
    if (message !== '') faults.add({ severity: 'note', code: 'collector-note', message, file: source.name })
  }
  const records = builder.finish()
  for (const lost of records.header.lost) {
    if (lost.records === 0) continue
    const message = `The collector lost ${lost.records} records.`
    faults.add({ severity: 'warning', code: 'records-lost', message, file: source.name, cpu: lost.cpu })
  }
  for (const { field, because } of records.header.absent) {
    const message = `No record has ${field}: ${because || 'the writer does not say why'}.`
    faults.add({ severity: 'note', code: 'field-absent', message, file: source.name })
  }
  if (records.records.cpu.some((cpu) => cpu < 0)) {
    const message = 'Some records do not say on which CPU they were made; they are shown on CPU 0.'
    faults.add({ severity: 'note', code: 'record-without-cpu', message, file: source.name })
  }
  const decoder = new TextDecoder()
  return recordTraceFile({
    format: FORMAT,
    source,
    records: { ...records, header: { ...records.header, format: records.header.format || 'json' } },
    comms: builder.comms,
    faults: faults.list,
    reread(bytes) {
      try {
        const reading = readObject(asObject(parse(decoder.decode(bytes).trim())) ?? {}, 0, bytes.length)
        return reading.is === 'record' ? reading.record : null
      } catch {
        // The file was changed since it was opened: the caller says that the record cannot be read again.
        return null
      }
    },
  })
}

/** Takes in one object; says what is wrong with it, null = nothing. */
function takePiece(
  piece: Piece,
  parse: (text: string) => unknown,
  builder: WakeRecordBuilder,
  tally: { analyses: number; readonly notes: string[] },
): string | null {
  let parsed: unknown
  try {
    parsed = parse(piece.text)
  } catch {
    return 'it is not JSON'
  }
  if (parsed === null) return 'it is not laid out like the first line'
  const object = asObject(parsed)
  if (!object) return 'it is no JSON object'
  const reading = readObject(object, piece.offset, piece.length)
  if (reading.is === 'bad') return reading.why
  const { header } = builder
  if (reading.is === 'header')
    builder.header = { ...reading.header, clocks: [...reading.header.clocks, ...header.clocks] }
  else if (reading.is === 'clocks') builder.header = { ...header, clocks: [...header.clocks, ...reading.readings] }
  else if (reading.is === 'lost') {
    const others = header.lost.filter((l) => l.cpu !== reading.cpu)
    builder.header = { ...header, lost: [...others, { cpu: reading.cpu, records: reading.records }] }
  } else if (reading.is === 'note') tally.notes.push(reading.text)
  else if (reading.is === 'analysis') tally.analyses++
  else builder.push(reading.record)
  return null
}

const parseJson = (text: string): unknown => {
  const parsed = parseExact(text)
  return parsed === null ? [] : parsed
}

async function firstLine(source: ByteSource, signal?: AbortSignal): Promise<string> {
  for await (const pieces of lines(source, signal)) if (pieces[0]) return pieces[0].text.replace(/^\uFEFF/, '')
  return ''
}

/** Whether the file is one JSON document: its lines are no objects of their own. */
async function isDocument(source: ByteSource, signal?: AbortSignal): Promise<boolean> {
  for await (const pieces of lines(source, signal)) {
    if (pieces.length === 0) continue
    if (pieces[0]!.text.replace(/^\uFEFF/, '').startsWith('[')) return true
    const whole = pieces.map(({ text }) => {
      try {
        return asObject(JSON.parse(text)) !== null
      } catch {
        // Told by `take` where it is a line of its own.
        return false
      }
    })
    if (whole[0]) return pieces.length === 1 && nestsRecords(pieces[0]!.text)
    return whole.filter(Boolean).length * 2 < whole.length
  }
  return false
}

/** `{"traces":[{...},...]}` on one line. */
function nestsRecords(text: string): boolean {
  const object = asObject(parseExact(text))
  if (!object || object.timestamp !== undefined || object.ev !== undefined) return false
  return Object.values(object).some((v) => Array.isArray(v) && v.length > 0 && asObject(v[0]) !== null)
}
