// One row of probe records, from any of the three text forms. Times are integers of ns from the first digit on: seconds and
// nanoseconds apart, never one double.

/** Where a row stands, for everybody who has to name it. */
export interface Place {
  readonly file: string
  readonly line: number
}

export interface ProbeRow {
  readonly line: number
  readonly seconds: number
  readonly ns: number
  readonly probe: string
  /** null: the file has no such column. */
  readonly session: string | null
  readonly chain: string | null
  readonly environment: string | null
  /** Everything else that the row says: cpu, wake_flags, governor, ... */
  readonly attributes: readonly (readonly [string, string])[]
  readonly stack: string | null
}

/** A row that cannot be used: what is wrong with it. */
interface BadRow {
  readonly code: 'missing-field' | 'bad-timestamp' | 'bad-row'
  readonly what: string
}

type Field = 'time' | 'probe' | 'session' | 'chain' | 'environment' | 'stack'
const aliases: Readonly<Record<string, Field>> = {
  timestamp_ns: 'time',
  timestamp: 'time',
  ts: 'time',
  probe_name: 'probe',
  probe: 'probe',
  session_id: 'session',
  session: 'session',
  delta_chain_id: 'chain',
  chain_id: 'chain',
  environment: 'environment',
  stack: 'stack',
}
const words: Readonly<Record<Field, string>> = {
  time: 'timestamp_ns',
  probe: 'probe_name',
  session: 'session_id',
  chain: 'delta_chain_id',
  environment: 'environment',
  stack: 'stack',
}
/** Optional where the file never has them, wrong where one row lacks what the others have. */
const needed: readonly Field[] = ['time', 'probe', 'session', 'chain']

const renamed: Readonly<Record<string, string>> = { cpu_id: 'cpu' }

/** Integer ns (`171223534912180`) or seconds with a fraction (`171223.534912180`); null for anything else. */
export function timeOf(text: string): readonly [seconds: number, ns: number] | null {
  const dot = text.indexOf('.')
  if (dot < 0) {
    if (!/^\d{1,24}$/.test(text)) return null
    return text.length <= 9 ? [0, Number(text)] : [Number(text.slice(0, -9)), Number(text.slice(-9))]
  }
  if (!/^\d{1,15}\.\d{1,9}$/.test(text)) return null
  return [Number(text.slice(0, dot)), Number(text.slice(dot + 1).padEnd(9, '0'))]
}

/** Cells of one line of CSV; quotes may hold commas and doubled quotes. null: a quote is not closed. */
export function cellsOf(line: string): string[] | null {
  if (!line.includes('"')) return line.split(',').map((c) => c.trim())
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!
    if (quoted) {
      if (c !== '"') cell += c
      else if (line[i + 1] === '"') cell += line[++i]!
      else quoted = false
    } else if (c === '"') quoted = true
    else if (c === ',') {
      cells.push(cell.trim())
      cell = ''
    } else cell += c
  }
  cells.push(cell.trim())
  return quoted ? null : cells
}

export type ParseRow = (line: string, number: number) => ProbeRow | BadRow

export const isBad = (row: ProbeRow | BadRow): row is BadRow => 'what' in row

/** For a file whose first line is `header`; null where that names no time or no probe. */
export function csvParser(header: string): ParseRow | null {
  const names = cellsOf(header.replace(/^\uFEFF/, ''))?.map((n) => n.toLowerCase())
  if (!names) return null
  const fields = names.map((n) => aliases[n] ?? null)
  if (!fields.includes('time') || !fields.includes('probe')) return null
  return (line, number) => {
    const cells = cellsOf(line)
    if (!cells) return { code: 'bad-row', what: 'has a quote that is not closed' }
    if (cells.length > names.length)
      return { code: 'bad-row', what: `has ${cells.length} cells for ${names.length} columns` }
    const values: Partial<Record<Field, string>> = {}
    const attributes: (readonly [string, string])[] = []
    for (let i = 0; i < names.length; i++) {
      const field = fields[i]
      const cell = cells[i] ?? ''
      if (field) values[field] = cell
      else if (cell !== '') attributes.push([renamed[names[i]!] ?? names[i]!, cell])
    }
    return rowOf(values, attributes, number)
  }
}

/** JSON lines: one object a line. */
export const jsonParser: ParseRow = (line, number) => {
  let object: unknown
  try {
    object = JSON.parse(exactTimes(line))
  } catch {
    return { code: 'bad-row', what: 'is not JSON' }
  }
  return jsonRow(object, number)
}

/** Numbers beyond 2^53 keep their digits: they become strings before JSON.parse() rounds them. */
const exactTimes = (line: string): string => line.replace(/(:\s*)(\d{16,})(?=\s*[,}])/g, '$1"$2"')

export function jsonRow(object: unknown, number: number): ProbeRow | BadRow {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    return { code: 'bad-row', what: 'is no JSON object' }
  }
  const values: Partial<Record<Field, string>> = {}
  const attributes: (readonly [string, string])[] = []
  for (const [key, value] of Object.entries(object)) {
    const field = aliases[key.toLowerCase()]
    const text = textOf(value)
    if (field) values[field] = text ?? ''
    else if (text !== null && text !== '') attributes.push([renamed[key] ?? key, text])
  }
  return rowOf(values, attributes, number)
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return value.map(String).join(';')
  return null
}

function rowOf(
  values: Readonly<Partial<Record<Field, string>>>,
  attributes: readonly (readonly [string, string])[],
  line: number,
): ProbeRow | BadRow {
  for (const field of needed) {
    if (values[field] === '' || (values[field] === undefined && (field === 'time' || field === 'probe'))) {
      return { code: 'missing-field', what: `has no ${words[field]}` }
    }
  }
  const time = timeOf(values.time!)
  if (!time) return { code: 'bad-timestamp', what: `has the time "${values.time}", which is no number of ns` }
  return {
    line,
    seconds: time[0],
    ns: time[1],
    probe: values.probe!,
    session: values.session ?? null,
    chain: values.chain ?? null,
    environment: values.environment || null,
    attributes,
    stack: values.stack || null,
  }
}

/** The line form: `171223.534912180 first_read`. */
export const lineParser: ParseRow = (line, number) => {
  const at = line.search(/\s/)
  if (at < 0) return { code: 'missing-field', what: 'has no probe_name' }
  const time = timeOf(line.slice(0, at))
  if (!time)
    return { code: 'bad-timestamp', what: `has the time "${line.slice(0, at)}", which is no number of seconds or ns` }
  const probe = line.slice(at).trim()
  const rest = { session: null, chain: null, environment: null, attributes: [], stack: null }
  return { line: number, seconds: time[0], ns: time[1], probe, ...rest }
}
