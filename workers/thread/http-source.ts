// Files that a server gives out by HTTP ranges: the local server of a window, or the one beside a command that reads in place.

import type { ByteSource } from '../bytes.js'
import { InputError } from '../fault.js'

/** Bytes of one request: a server may answer less than it was asked for. */
const MOST = 8 << 20

export function urlSource(name: string, size: number, url: string): ByteSource {
  const piece = async (offset: number, end: number, signal?: AbortSignal): Promise<Uint8Array> => {
    let response: Response
    try {
      response = await fetch(url, { headers: { range: `bytes=${offset}-${end - 1}` }, signal: signal ?? null })
      if (response.status === 206) return new Uint8Array(await response.arrayBuffer())
    } catch (e) {
      signal?.throwIfAborted()
      throw new InputError(`${name} could not be read: ${reason(e)}.`, 'unreadable', name, offset)
    }
    const why = (await sentenceOf(response)) ?? `${name} could not be read: the server answered ${response.status}.`
    throw new InputError(why, 'unreadable', name, offset)
  }
  return {
    name,
    size,
    async read(offset, length, signal) {
      const end = Math.min(offset + length, size)
      if (end <= offset) return new Uint8Array(0)
      if (end - offset <= MOST) return piece(offset, end, signal)
      const out = new Uint8Array(end - offset)
      for (let at = offset; at < end; at += MOST) {
        out.set(await piece(at, Math.min(end, at + MOST), signal), at - offset)
      }
      return out
    },
  }
}

/** What the server says went wrong, where it does. */
async function sentenceOf(response: Response): Promise<string | null> {
  try {
    const { error } = (await response.json()) as { error?: { message?: unknown } }
    return typeof error?.message === 'string' ? error.message : null
  } catch {
    return null
  }
}

const reason = (e: unknown): string => (e instanceof Error ? e.message : String(e)).replace(/\.$/, '')
