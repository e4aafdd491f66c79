// The few facts of an event's format text that decoding needs: name, id and where some fields lie. Everything else of a format is
// the business of text/, and is parsed only when an event of that type is looked at.

export interface FieldPlace {
  readonly offset: number
  readonly size: number
}

export interface FormatHead {
  readonly name: string
  readonly id: number
}

/** Name and id of a format text, null where it has none. */
export function formatHead(text: string): FormatHead | null {
  const name = /^name:[ \t]*(\S+)/m.exec(text)?.[1]
  const id = Number(/^ID:[ \t]*(\d+)/m.exec(text)?.[1] ?? Number.NaN)
  return name !== undefined && id >= 0 && id <= 0xffff ? { name, id } : null
}

/** Where a field lies in the payload, null where the format has no such field. */
export function fieldPlace(text: string, name: string): FieldPlace | null {
  const escaped = name.replace(/[^\w]/g, '\\$&')
  const m = new RegExp(`[\\s*]${escaped}(?:\\[[^\\]]*\\])?;\\s*offset:\\s*(\\d+);\\s*size:\\s*(\\d+);`).exec(text)
  return m ? { offset: Number(m[1]), size: Number(m[2]) } : null
}
