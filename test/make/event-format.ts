import { ByteWriter, utf8, type Encoding } from './encoding.js'

type IntSize = 1 | 2 | 4 | 8

/** One field of an event format. `type` is the C type as the format text spells it. */
export type Field =
  | {
      readonly kind: 'int'
      readonly name: string
      readonly type: string
      readonly size: IntSize
      readonly signed: boolean
    }
  /** As wide as the kernel's long: longs and pointers. */
  | { readonly kind: 'long'; readonly name: string; readonly type: string; readonly signed: boolean }
  | {
      readonly kind: 'ints'
      readonly name: string
      readonly type: string
      readonly size: IntSize
      readonly signed: boolean
      readonly count: number
    }
  | { readonly kind: 'chars'; readonly name: string; readonly count: number }
  /** `__data_loc` or `__rel_loc`: characters, or integers of `size` bytes. */
  | {
      readonly kind: 'loc'
      readonly name: string
      readonly rel: boolean
      readonly type: string
      readonly size: IntSize
      readonly signed: boolean
    }
  /** The rest of the record. `declared` = elements the format text claims (0 = `name[]`). Size 0 = the kernel's long. */
  | {
      readonly kind: 'tail'
      readonly name: string
      readonly type: string
      readonly size: 0 | 1 | 4
      readonly declared: number
    }

/** What a field holds: a string for characters, a list for other arrays. */
export type Value = bigint | string | readonly bigint[]

export interface Format {
  readonly system: string
  readonly name: string
  readonly id: number
  readonly fields: readonly Field[]
  readonly printFmt: string
}

/** Common fields: as every kernel has them, or with the two bytes that PREEMPT_RT kernels add. */
export type Common = 'plain' | 'rt'

interface Placed {
  readonly field: Field
  readonly offset: number
  /** Size as the format text states it. */
  readonly size: number
}

function place(
  format: Format,
  longSize: number,
  common: Common,
): { readonly placed: readonly Placed[]; readonly end: number } {
  let at = common === 'rt' ? 10 : 8
  const placed = format.fields.map((field): Placed => {
    const [size, align] = extent(field, longSize)
    const offset = Math.ceil(at / align) * align
    at = offset + (field.kind === 'tail' ? 0 : size)
    return { field, offset, size }
  })
  return { placed, end: at }
}

function extent(field: Field, longSize: number): readonly [size: number, align: number] {
  switch (field.kind) {
    case 'int':
      return [field.size, field.size]
    case 'long':
      return [longSize, longSize]
    case 'ints':
      return [field.size * field.count, field.size]
    case 'chars':
      return [field.count, 1]
    case 'loc':
      return [4, 4]
    case 'tail':
      return [(field.size || longSize) * field.declared, field.size || longSize]
  }
}

const commonFields = {
  plain: [
    ['unsigned short common_type', 0, 2, 0],
    ['unsigned char common_flags', 2, 1, 0],
    ['unsigned char common_preempt_count', 3, 1, 0],
    ['int common_pid', 4, 4, 1],
  ],
  rt: [
    ['unsigned short common_type', 0, 2, 0],
    ['unsigned char common_flags', 2, 1, 0],
    ['unsigned char common_preempt_count', 3, 1, 0],
    ['int common_pid', 4, 4, 1],
    ['unsigned char common_migrate_disable', 8, 1, 0],
    ['unsigned char common_preempt_lazy_count', 9, 1, 0],
  ],
} as const

function declaration(field: Field): string {
  switch (field.kind) {
    case 'int':
    case 'long':
      return `${field.type} ${field.name}`
    case 'ints':
      return `${field.type} ${field.name}[${field.count}]`
    case 'chars':
      return `char ${field.name}[${field.count}]`
    case 'loc':
      return `${field.rel ? '__rel_loc' : '__data_loc'} ${field.type}[] ${field.name}`
    case 'tail':
      return `${field.type} ${field.name}[${field.declared || ''}]`
  }
}

const line = (decl: string, offset: number, size: number, signed: boolean): string =>
  `\tfield:${decl};\toffset:${offset};\tsize:${size};\tsigned:${signed ? 1 : 0};\n`

/** Text of the kernel's `format` file. */
export function formatText(format: Format, longSize: number, common: Common = 'plain'): string {
  const head = commonFields[common]
    .map(([decl, offset, size, signed]) => line(decl, offset, size, signed === 1))
    .join('')
  const body = place(format, longSize, common)
    .placed.map(({ field, offset, size }) => line(declaration(field), offset, size, 'signed' in field && field.signed))
    .join('')
  return `name: ${format.name}\nID: ${format.id}\nformat:\n${head}\n${body}\nprint fmt: ${format.printFmt}\n`
}

/** Payload of one record, common fields included. */
export function encodePayload(
  format: Format,
  values: Readonly<Record<string, Value>>,
  head: { readonly pid: number; readonly flags?: number; readonly preempt?: number },
  encoding: Encoding,
  common: Common = 'plain',
): Uint8Array {
  const { placed, end } = place(format, encoding.longSize, common)
  const out = new ByteWriter(encoding)
  out.fill(end)
  out
    .int(2, format.id, 0)
    .int(1, head.flags ?? 0, 2)
    .int(1, head.preempt ?? 0, 3)
    .int(4, head.pid, 4)
  for (const { field, offset } of placed) {
    const value = values[field.name]
    if (value === undefined) throw new Error(`no value for ${format.name}.${field.name}`)
    encodeField(out, field, offset, value)
  }
  return out.bytes
}

function encodeField(out: ByteWriter, field: Field, offset: number, value: Value): void {
  switch (field.kind) {
    case 'int':
      out.int(field.size, value as bigint, offset)
      break
    case 'long':
      out.int(out.encoding.longSize, value as bigint, offset)
      break
    case 'ints':
      for (const [i, v] of (value as readonly bigint[]).entries()) out.int(field.size, v, offset + i * field.size)
      break
    case 'chars':
      out.raw(utf8(value as string).subarray(0, field.count), offset)
      break
    case 'loc': {
      if (out.length % field.size) out.align(field.size)
      const start = out.length
      append(out, value, field.size)
      const from = field.rel ? start - (offset + 4) : start
      out.int(4, ((out.length - start) << 16) | from, offset)
      break
    }
    case 'tail':
      while (out.length < offset) out.int(1, 0)
      append(out, value, field.size || out.encoding.longSize)
  }
}

function append(out: ByteWriter, value: Value, size: IntSize): void {
  if (typeof value === 'string') out.string(value)
  else for (const v of typeof value === 'bigint' ? [value] : value) out.int(size, v)
}
