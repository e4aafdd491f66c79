// What the handlers of single events share: fields by name, and the words that stand in for missing ones.

import { cString } from '../bytestring.js'
import type { TextContext } from '../context.js'
import type { EventFormat, FieldFormat } from '../format.js'
import { readUnsigned, type Value } from '../value.js'

/** A record on its way to text (a byte string). */
export class Line {
  text = ''

  constructor(
    readonly format: EventFormat,
    readonly payload: Uint8Array,
    readonly context: TextContext,
  ) {}

  /** A field of the event itself (common fields are not looked at). */
  field(name: string): FieldFormat | undefined {
    const field = this.format.byName.get(name)
    return field?.common ? undefined : field
  }

  read(field: FieldFormat): Value {
    return readUnsigned(this.payload, field.offset, field.size, this.context.bigEndian)
  }

  /** A field's value, unsigned; undefined when it is missing or no integer, which is noted in the text unless `quiet`. */
  value(name: string, quiet = false): Value | undefined {
    const field = this.field(name)
    if (!field) {
      if (!quiet) this.text += `<CANT FIND FIELD ${name}>`
      return undefined
    }
    if (isInteger(field)) return this.read(field)
    if (!quiet) this.text += ` ${name}=INVALID`
    return undefined
  }

  /** Adds a field's value as `show` writes it; false when it is missing. */
  print(name: string, show: (v: Value) => string, quiet = false): boolean {
    const field = this.field(name)
    if (field && isInteger(field)) {
      this.text += show(this.read(field))
      return true
    }
    if (!quiet) this.text += `CAN'T FIND FIELD "${name}"`
    return false
  }

  /** A char array's text. */
  chars(field: FieldFormat): string {
    return cString(this.payload, field.offset, field.offset + field.size)
  }
}

const isInteger = (f: FieldFormat): boolean => f.size === 1 || f.size === 2 || f.size === 4 || f.size === 8

/** Writes a record's text to `line.text`. True = the event's print format is to follow. */
export type Handler = (line: Line) => boolean
