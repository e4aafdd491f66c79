// Fields of a record on their own: for the field-by-field text, for filters and for the inspector.

import { cString, toText } from './bytestring.js'
import type { TextContext } from './context.js'
import type { EventFormat, FieldFormat } from './format.js'
import { readUnsigned, signExtend, toInt32, type Value } from './value.js'

export interface Extent {
  readonly offset: number
  readonly length: number
}

/**
 * Where a dynamic field's data lies. The locator holds the length above the offset; the two-byte locators of old kernels hold the
 * offset alone. A locator that points outside of the record has offset 0 or length 0.
 */
export function dynamicExtent(field: FieldFormat, p: Uint8Array, ctx: TextContext): Extent {
  if (field.offset + field.size > p.length) return { offset: 0, length: 0 }
  const v = Number(readUnsigned(p, field.offset, field.size, ctx.bigEndian))
  const at = v % 0x10000
  const length = field.size === 2 ? p.length - at : Math.floor(v / 0x10000) % 0x10000
  const offset = at > p.length ? 0 : at
  return {
    offset: field.isRelative ? offset + field.offset + field.size : offset,
    length: at + length > p.length ? 0 : Math.max(length, 0),
  }
}

const extentOf = (field: FieldFormat, p: Uint8Array, ctx: TextContext): Extent =>
  field.isDynamic ? dynamicExtent(field, p, ctx) : { offset: field.offset, length: field.size }

/** Bytes of an array's element; 0 = not known. */
export const elementSizeOf = (field: FieldFormat, longSize: number): number =>
  field.elementSize || (field.isArray && !field.isDynamic && field.isLong ? longSize : 0)

const isPrintable = (b: number): boolean => (b >= 32 && b < 127) || (b >= 9 && b <= 13)

function isText(p: Uint8Array, at: Extent): boolean {
  const end = Math.min(at.offset + at.length, p.length)
  for (let i = at.offset; i < end && p[i] !== 0; i++) if (!isPrintable(p[i]!)) return false
  return true
}

const hexByte = (b: number): string => (b < 16 ? '0' : '') + b.toString(16)

/** A field as libtraceevent shows it when no print format says how (byte string). */
export function rawFieldText(field: FieldFormat, p: Uint8Array, ctx: TextContext): string {
  if (field.isArray) {
    const at = extentOf(field, p, ctx)
    if (field.isString && isText(p, at)) return cString(p, at.offset, p.length)
    const bytes = p.subarray(at.offset, at.offset + at.length)
    return `ARRAY[${Array.from(bytes, hexByte).join(', ')}]`
  }
  const v = readUnsigned(p, field.offset, field.size, ctx.bigEndian)
  if (field.isPointer) return `0x${v.toString(16)}`
  if (!field.signed) return field.isLong ? `0x${v.toString(16)}` : v.toString()
  if (field.size === 4 && field.isLong) return `0x${(toInt32(v) >>> 0).toString(16)}`
  const text = signExtend(v, field.size).toString()
  return field.size === 2 ? text.padStart(2) : text
}

function stringOf(field: FieldFormat, p: Uint8Array, ctx: TextContext): string {
  const at = extentOf(field, p, ctx)
  const end = field.size === 0 ? p.length : at.offset + at.length
  return toText(cString(p, at.offset, end))
}

const numberOf = (field: FieldFormat, p: Uint8Array, ctx: TextContext): number | bigint => {
  const v: Value = readUnsigned(p, field.offset, field.size, ctx.bigEndian)
  return field.signed ? signExtend(v, field.size) : v
}

function elements(field: FieldFormat, p: Uint8Array, ctx: TextContext): bigint[] {
  const at = extentOf(field, p, ctx)
  const known = elementSizeOf(field, ctx.longSize)
  const size = known === 2 || known === 4 || known === 8 ? known : 1
  const length = field.size === 0 && !field.isDynamic ? p.length - at.offset : at.length
  const end = Math.min(at.offset + length, p.length)
  const out: bigint[] = []
  for (let i = at.offset; i + size <= end; i += size) {
    const v = readUnsigned(p, i, size, ctx.bigEndian)
    out.push(BigInt(field.signed ? signExtend(v, size) : v))
  }
  return out
}

/**
 * Value of a field for filter expressions: a number when it fits 2^53 exactly, else a bigint; text for strings and arrays;
 * undefined when the event has no such field.
 */
export function readField(
  f: EventFormat,
  name: string,
  payload: Uint8Array,
  ctx: TextContext,
): number | bigint | string | undefined {
  const field = f.byName.get(name)
  if (!field) return undefined
  if (field.isString) return stringOf(field, payload, ctx)
  if (field.isArray) return toText(rawFieldText(field, payload, ctx))
  return numberOf(field, payload, ctx)
}

/** A field's value as FieldValue.raw wants it. Arrays of u8 are numbers, also where their bytes happen to be letters. */
export function rawValue(field: FieldFormat, p: Uint8Array, ctx: TextContext): bigint | string | readonly bigint[] {
  const characters = field.isString && field.type.includes('char')
  if (characters && isText(p, extentOf(field, p, ctx))) return stringOf(field, p, ctx)
  if (field.isArray || field.isDynamic) return elements(field, p, ctx)
  return BigInt(numberOf(field, p, ctx))
}
