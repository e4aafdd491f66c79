// Unpacking of the blocks and chunks of compressed trace.dat files: zstd (WebAssembly, one instance a thread) and zlib.

import { unzlibSync } from 'fflate'
import { ZSTDDecoder } from 'zstddec'

/** Turns `packed` into exactly `rawSize` bytes; throws when it cannot. Synchronous, so that a chunk costs no turn of the event loop. */
export type Unpack = (packed: Uint8Array, rawSize: number) => Uint8Array

/** Largest block that is unpacked at all; a size beyond it is damage. (The largest real one is a kernel's symbol table.) */
export const MAX_RAW = 1 << 28

function checked(raw: Uint8Array, rawSize: number): Uint8Array {
  if (raw.length !== rawSize) throw new Error(`unpacks to ${raw.length} bytes instead of ${rawSize}`)
  return raw
}

let zstd: Promise<Unpack> | undefined

function loadZstd(): Promise<Unpack> {
  zstd ??= (async () => {
    const decoder = new ZSTDDecoder()
    await decoder.init()
    // A failed decompression returns a negative length, which the decoder turns into an empty array.
    return (packed: Uint8Array, rawSize: number) => checked(decoder.decode(packed, rawSize), rawSize)
  })()
  return zstd
}

const unzlib: Unpack = (packed, rawSize) => checked(unzlibSync(packed, { out: new Uint8Array(rawSize) }), rawSize)

/** How to unpack what a file's head calls `name`; null for a compression that is not known. */
export async function unpackerOf(name: string): Promise<Unpack | null> {
  if (name === 'none' || name === '') return (packed, rawSize) => checked(packed, rawSize)
  if (name === 'zstd') return loadZstd()
  if (name === 'zlib') return unzlib
  return null
}

/** Whether a block of these sizes can be real: no allocation follows from a size that the file cannot hold. */
export function plausible(packed: number, raw: number, available: number): boolean {
  // Nothing but a run of equal bytes packs better than a thousandfold, and such runs are short.
  return packed <= available && raw <= MAX_RAW && raw <= Math.max(1 << 20, packed * 1100) && (raw === 0 || packed > 0)
}

/** Whether packed bytes of this compression may begin at `at`. */
export function beginsPacked(compression: string, bytes: Uint8Array, at: number): boolean {
  const b = (i: number): number => bytes[at + i] ?? -1
  if (compression === 'zstd') return b(0) === 0x28 && b(1) === 0xb5 && b(2) === 0x2f && b(3) === 0xfd
  return b(0) === 0x78 && ((b(0) << 8) | b(1)) % 31 === 0
}
