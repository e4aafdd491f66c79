// The `format` file of one event: its id, its fields, and the text of its print format (compiled by render.ts when the first
// record of the event is rendered).

export interface FieldFormat {
  readonly name: string
  /** Type as libtraceevent spells it: `pid_t`, `char[16]`, `__data_loc char[]`, `const char *`. */
  readonly type: string
  /** Declaration as the format states it: `char prev_comm[16]`. */
  readonly declaration: string
  readonly offset: number
  /** Bytes in the record; of a dynamic field: of its locator. */
  readonly size: number
  readonly signed: boolean
  /** `__data_loc` or `__rel_loc`. */
  readonly isDynamic: boolean
  readonly isRelative: boolean
  readonly isArray: boolean
  readonly isString: boolean
  readonly isPointer: boolean
  /** The type names a `long` (or `long long`). */
  readonly isLong: boolean
  /** Bytes of an element; the size of a field that is no array; 0 = not known (arrays of long without a length: the kernel's long). */
  readonly elementSize: number
  /** One of the fields that every event has. */
  readonly common: boolean
}

export interface EventFormat {
  readonly system: string
  readonly name: string
  readonly id: number
  /** Common fields first, in the order of the format. */
  readonly fields: readonly FieldFormat[]
  readonly byName: ReadonlyMap<string, FieldFormat>
  /** Text after `print fmt:`; undefined where it is missing or the fields could not be read. */
  readonly printFormat: string | undefined
}

const elementSizes: Readonly<Record<string, number>> = {
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  s8: 1,
  s16: 2,
  s32: 4,
  s64: 8,
  char: 1,
}

const fieldLine = /^\s*field(?:\s+special)?\s*:(.*?);\s*offset:\s*(\w+);\s*size:\s*(\w+);(?:\s*signed:\s*(\w+);)?\s*$/
const word = /__attribute__\s*\(\([^)]*\)\)|[A-Za-z0-9_]+|\*|\./g

const words = (text: string): string[] => text.match(word) ?? []

function parseField(line: string, common: boolean): FieldFormat | null {
  const m = fieldLine.exec(line)
  if (!m) return null
  const declaration = m[1]!.trim()
  const offset = Number(m[2])
  const size = Number(m[3])
  const bracket = declaration.indexOf('[')
  const close = declaration.lastIndexOf(']')
  const isArray = bracket >= 0 && close > bracket
  const head = words(isArray ? declaration.slice(0, bracket) : declaration)
  const tail = isArray ? words(declaration.slice(close + 1)) : []
  const brackets = isArray ? declaration.slice(bracket, close + 1).replace(/\s+/g, ' ') : ''
  const name = tail.at(-1) ?? head.at(-1)
  const base = (tail.length > 0 ? head : head.slice(0, -1)).join(' ')
  if (name === undefined || base === '' || !Number.isSafeInteger(offset) || !Number.isSafeInteger(size)) return null
  const type = base + brackets
  const isDynamic = type.startsWith('__data_loc') || type.startsWith('__rel_loc')
  const oldDynamic = isDynamic && size === 2
  const lengthText = /(\w+)\s*\]$/.exec(brackets)?.[1] ?? ''
  const length = isArray
    ? parseInt(lengthText, /^0[0-7]/.test(lengthText) ? 8 : lengthText.startsWith('0x') ? 16 : 10) || 0
    : 0
  const isString = oldDynamic || (isArray && /char|u8|s8/.test(type))
  const isLong = type.includes('long')
  let elementSize = size
  if (isArray || isDynamic) {
    if (length > 0) elementSize = Math.floor(size / length)
    else if (isDynamic) elementSize = tail.length > 0 ? (elementSizes[head.at(-1) ?? ''] ?? 0) : 0
    else elementSize = isString ? 1 : 0
  }
  return {
    name,
    type,
    declaration,
    offset,
    size,
    signed: Number(m[4] ?? 0) !== 0,
    isDynamic,
    isRelative: type.startsWith('__rel_loc'),
    isArray: isArray || oldDynamic,
    isString,
    isPointer: head.includes('*'),
    isLong,
    elementSize,
    common,
  }
}

/**
 * Reads the text of a `format` file. Broken field lines end the fields and drop the print format (records are then shown field
 * by field). Throws an Error when name or ID cannot be read.
 */
export function parseEventFormat(text: string, system: string): EventFormat {
  const name = /^\s*name\s*:\s*(\w+)[^\S\n]*$/m.exec(text)?.[1]
  const idText = /^\s*ID\s*:\s*(\w+)[^\S\n]*$/m.exec(text)?.[1]
  const id = Number(idText)
  if (name === undefined || idText === undefined || !Number.isSafeInteger(id)) {
    throw new Error('An event format has no readable name or ID')
  }
  const start = /^\s*format\s*:\s*$/m.exec(text)
  const fields: FieldFormat[] = []
  let section = 0
  let at = start ? start.index + start[0].length : text.length
  let sound = start !== null
  if (text[at] === '\n') at++
  while (sound && section < 2) {
    const end = text.indexOf('\n', at)
    const line = text.slice(at, end < 0 ? text.length : end)
    if (end < 0) sound = line.trim() !== ''
    at = end < 0 ? text.length : end + 1
    if (line.trim() === '') {
      section++
      if (end < 0) sound = false
      continue
    }
    const field = parseField(line, section === 0)
    if (field) fields.push(field)
    else sound = false
  }
  const print = sound ? /^\s*print\s+fmt\s*:/.exec(text.slice(at)) : null
  // The first of several fields of one name is the one found, and common fields come first.
  const byName = new Map<string, FieldFormat>()
  for (const f of fields) if (!byName.has(f.name)) byName.set(f.name, f)
  return {
    system,
    name,
    id,
    fields,
    byName,
    printFormat: print ? text.slice(at + print[0].length) : undefined,
  }
}
