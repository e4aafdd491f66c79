// Bit masks of the kernel: arrays of longs, so the file's byte order tells which byte holds the lowest bits.

const lowToHigh = (mask: Uint8Array, bigEndian: boolean): Uint8Array => (bigEndian ? mask.toReversed() : mask)

/** Hex digits, highest first, a comma every 32 bits. */
export function bitmaskText(mask: Uint8Array, bigEndian: boolean): string {
  let out = ''
  lowToHigh(mask, bigEndian).forEach((b, i) => {
    out = (b < 16 ? '0' : '') + b.toString(16) + (i > 0 && i % 4 === 0 ? ',' : '') + out
  })
  return out
}

/** Ranges of set bits, `0-3,5`. */
export function cpuListText(mask: Uint8Array, bigEndian: boolean): string {
  const bytes = lowToHigh(mask, bigEndian)
  const bits = bytes.length * 8
  const isSet = (i: number): boolean => i < bits && (bytes[i >> 3]! & (1 << (i & 7))) !== 0
  const ranges: string[] = []
  for (let i = 0; i < bits; i++) {
    if (!isSet(i)) continue
    const first = i
    while (isSet(i + 1)) i++
    ranges.push(first === i ? `${first}` : `${first}-${i}`)
  }
  return ranges.join(',')
}
