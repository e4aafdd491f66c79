// From a record to its text.

import type { FieldValue } from '../../types.js'
import { toText } from './bytestring.js'
import type { TextContext } from './context.js'
import { rawFieldText, rawValue } from './fields.js'
import type { EventFormat } from './format.js'

/** ` name=value` for every field but the common ones (byte string). */
function fieldDump(f: EventFormat, p: Uint8Array, ctx: TextContext): string {
  let out = ''
  for (const field of f.fields) if (!field.common) out += ` ${field.name}=${rawFieldText(field, p, ctx)}`
  return out
}

/**
 * The info column of a record, as `trace-cmd report` prints it with libtraceevent's plugins loaded; `raw` = as its option -R.
 * `payload` begins with the common fields.
 */
export function renderInfo(f: EventFormat, payload: Uint8Array, ctx: TextContext, _raw = false): string {
  return toText(fieldDump(f, payload, ctx))
}

/** All fields of a record with their values, common fields first. */
export function allFields(f: EventFormat, payload: Uint8Array, ctx: TextContext): FieldValue[] {
  return f.fields.map((field) => ({
    name: field.name,
    type: field.declaration,
    raw: rawValue(field, payload, ctx),
    text: toText(rawFieldText(field, payload, ctx)),
  }))
}
