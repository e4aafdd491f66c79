// Cuts a file into the JSON texts of its records: one a line, or the objects of a JSON document.

import type { ByteSource } from '../../bytes.js'
import { InputError } from '../../fault.js'

export interface Piece {
  readonly text: string
  /** Bytes in the file. */
  readonly offset: number
  readonly length: number
  /** Line on which it begins, from 1. */
  readonly line: number
}

const CHUNK = 4 << 20
const NEWLINE = 0x0a
/** A document is parsed as a whole. */
const LARGEST_DOCUMENT = 512 << 20

/** Lines that are not empty, as they come; the last one also without its newline. */
export async function* lines(source: ByteSource, signal?: AbortSignal): AsyncGenerator<readonly Piece[]> {
  const decoder = new TextDecoder()
  let rest = new Uint8Array(0)
  let line = 1
  for (let at = 0; at < source.size;) {
    const read = await source.read(at, Math.min(CHUNK, source.size - at), signal)
    if (read.length === 0) break
    const bytes = rest.length === 0 ? read : joined(rest, read)
    const base = at - rest.length
    at += read.length
    const pieces: Piece[] = []
    let from = 0
    const take = (to: number): void => {
      const text = decoder.decode(bytes.subarray(from, to)).trim()
      if (text !== '') pieces.push({ text, offset: base + from, length: to - from, line })
    }
    for (let end = bytes.indexOf(NEWLINE, from); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      take(end)
      from = end + 1
      line++
    }
    if (at >= source.size) take(bytes.length)
    else rest = bytes.slice(from)
    yield pieces
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> => {
  const all = new Uint8Array(a.length + b.length)
  all.set(a)
  all.set(b, a.length)
  return all
}

/**
 * The objects of a JSON document: those of its outermost array or, in an object, of its members that are arrays; where there
 * are none, the document's own object. What follows a broken object is found again at the next one.
 */
export async function documentObjects(source: ByteSource, signal?: AbortSignal): Promise<readonly Piece[]> {
  if (source.size > LARGEST_DOCUMENT) {
    const message = `${source.name} is one JSON document of ${source.size} bytes; write one record a line to have more than ${LARGEST_DOCUMENT} read.`
    throw new InputError(message, 'document-too-large', source.name)
  }
  const bytes = await source.read(0, source.size, signal)
  const inner: Piece[] = []
  const outer: Piece[] = []
  const decoder = new TextDecoder()
  const open: { readonly array: boolean; readonly at: number; readonly line: number }[] = []
  let line = 1
  const isRecord = (): boolean => {
    const depth = open.length
    const within = depth >= 2 && open[depth - 2]!.array
    return within && (depth === 2 || (depth === 3 && !open[0]!.array))
  }
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i]!
    if (c === NEWLINE) line++
    else if (c === 0x22) i = stringEnd(bytes, i)
    else if (c === 0x7b || c === 0x5b) open.push({ array: c === 0x5b, at: i, line })
    else if ((c === 0x7d || c === 0x5d) && open.length > 0) {
      const top = open.at(-1)!
      if (!top.array && (isRecord() || open.length === 1)) {
        const length = i + 1 - top.at
        const piece = { text: decoder.decode(bytes.subarray(top.at, i + 1)), offset: top.at, length, line: top.line }
        ;(open.length === 1 ? outer : inner).push(piece)
      }
      open.pop()
    }
  }
  return inner.length > 0 ? inner : outer
}

/** Index of the closing quote; a string does not run past the end of its line. */
function stringEnd(bytes: Uint8Array, from: number): number {
  for (let i = from + 1; i < bytes.length; i++) {
    if (bytes[i] === 0x5c) i++
    else if (bytes[i] === 0x22) return i
    else if (bytes[i] === NEWLINE) return i - 1
  }
  return bytes.length
}
