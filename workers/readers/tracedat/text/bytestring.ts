// Text under construction is a "byte string": one character per byte, because C's widths, precisions and terminating NULs
// count bytes. It becomes Unicode once, at the end.

const utf8 = new TextDecoder()
const encoder = new TextEncoder()

/** Bytes from `at` up to a NUL, `end` or the end of the data, as a byte string. */
export function cString(p: Uint8Array, at: number, end: number): string {
  const stop = Math.min(end, p.length)
  let out = ''
  for (let i = at; i < stop; i++) {
    const b = p[i]!
    if (b === 0) break
    out += String.fromCharCode(b)
  }
  return out
}

// oxlint-disable-next-line no-control-regex
const beyondAscii = /[^\x00-\x7f]/

/** Unicode text -> byte string. */
export function toByteString(text: string): string {
  if (!beyondAscii.test(text)) return text
  let out = ''
  for (const b of encoder.encode(text)) out += String.fromCharCode(b)
  return out
}

/** Byte string -> Unicode text, cut at the first NUL. */
export function toText(bytes: string): string {
  const nul = bytes.indexOf('\0')
  const all = nul < 0 ? bytes : bytes.slice(0, nul)
  if (!beyondAscii.test(all)) return all
  const raw = new Uint8Array(all.length)
  for (let i = 0; i < all.length; i++) raw[i] = all.charCodeAt(i)
  return utf8.decode(raw)
}
