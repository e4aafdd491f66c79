// Names of addresses, strings and tasks that trace-cmd saves beside the events.

const decoder = new TextDecoder()

/**
 * Kernel symbols sorted by address. Finds what libtraceevent finds: the search halves in the same way, so that of several names
 * of one address the same one is given, and the last symbol matches its exact address only, because its end is not known.
 */
export class SymbolTable {
  readonly #hi: Uint32Array
  readonly #lo: Uint32Array
  readonly #start: Uint32Array
  readonly #length: Uint16Array
  readonly #names = new Map<number, string>()

  constructor(
    private readonly text: Uint8Array,
    hi: Uint32Array,
    lo: Uint32Array,
    start: Uint32Array,
    length: Uint16Array,
  ) {
    const n = hi.length
    // Later lines of one address come first.
    const order = Array.from({ length: n }, (_, i) => n - 1 - i)
    order.sort((a, b) => hi[a]! - hi[b]! || lo[a]! - lo[b]!)
    const pick = (from: Uint32Array): Uint32Array => Uint32Array.from(order, (i) => from[i]!)
    this.#hi = pick(hi)
    this.#lo = pick(lo)
    this.#start = pick(start)
    this.#length = Uint16Array.from(order, (i) => length[i]!)
  }

  get size(): number {
    return this.#hi.length
  }

  #name(i: number): string {
    let name = this.#names.get(i)
    if (name === undefined) {
      const start = this.#start[i]!
      name = decoder.decode(this.text.subarray(start, start + this.#length[i]!))
      this.#names.set(i, name)
    }
    return name
  }

  /** The symbol that contains `addr` and the distance from its start, or null. */
  lookup(addr: bigint): { name: string; offset: number } | null {
    const hi = Number(BigInt.asUintN(64, addr) >> 32n)
    const lo = Number(BigInt.asUintN(32, addr))
    let low = 0
    let high = this.#hi.length
    while (low < high) {
      const i = (low + high) >>> 1
      const d = hi - this.#hi[i]! || lo - this.#lo[i]!
      if (d < 0) {
        high = i
        continue
      }
      const last = i + 1 >= this.#hi.length
      if (d === 0 || (!last && (hi - this.#hi[i + 1]! || lo - this.#lo[i + 1]!) < 0)) {
        return { name: this.#name(i), offset: (hi - this.#hi[i]!) * 0x100000000 + lo - this.#lo[i]! }
      }
      low = i + 1
    }
    return null
  }
}

const hexDigit = (b: number): number => {
  if (b >= 48 && b <= 57) return b - 48
  const lower = b | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/**
 * Reads /proc/kallsyms text: `address type name [module]` lines. ARM's `$a` marks and absolute symbols (x86 per-CPU offsets) are
 * left out; module names are not part of what is printed. Lines that cannot be read are skipped.
 */
export function parseKallsyms(source: string | Uint8Array): SymbolTable {
  const text = typeof source === 'string' ? new TextEncoder().encode(source) : source
  let lines = 1
  for (const b of text) if (b === 10) lines++
  const hi = new Uint32Array(lines)
  const lo = new Uint32Array(lines)
  const start = new Uint32Array(lines)
  const length = new Uint16Array(lines)
  let n = 0
  let at = 0
  while (at < text.length && text[at] !== 0) {
    let end = text.indexOf(10, at)
    if (end < 0) end = text.length
    let i = at
    let h = 0
    let l = 0
    let digits = 0
    for (; i < end && digits < 16; i++, digits++) {
      const d = hexDigit(text[i]!)
      if (d < 0) break
      h = ((h << 4) | (l >>> 28)) >>> 0
      l = ((l << 4) | d) >>> 0
    }
    const type = text[i + 1]
    const from = i + 3
    if (digits > 0 && text[i] === 32 && text[i + 2] === 32 && from < end) {
      let to = from
      while (to < end && text[to] !== 9 && text[to] !== 32) to++
      const absolute = type === 65 || type === 97
      if (to > from && text[from] !== 36 && !absolute) {
        hi[n] = h
        lo[n] = l
        start[n] = from
        length[n] = Math.min(to - from, 0xffff)
        n++
      }
    }
    at = end + 1
  }
  return new SymbolTable(text, hi.subarray(0, n), lo.subarray(0, n), start.subarray(0, n), length.subarray(0, n))
}

/** Reads printk_formats: `0xaddress : "string"` lines. Quotes and one final \n are taken off; other escapes stay as written. */
export function parsePrintk(text: string): Map<bigint, string> {
  const strings = new Map<bigint, string>()
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon < 0) continue
    const address = /^\s*(?:0[xX])?([0-9a-fA-F]{1,16})\s*$/.exec(line.slice(0, colon))?.[1]
    if (address === undefined) continue
    let s = line.slice(colon + 2)
    if (s.startsWith('"')) s = s.slice(1)
    if (s.endsWith('"')) {
      s = s.slice(0, -1)
      if (s.endsWith('\\n')) s = s.slice(0, -2)
    }
    strings.set(BigInt(`0x${address}`), s)
  }
  return strings
}

/** Reads saved_cmdlines: `pid comm` lines; a comm may hold blanks and slashes. */
export function parseCmdlines(text: string): Map<number, string> {
  const comms = new Map<number, string>()
  for (const line of text.split('\n')) {
    const m = /^\s*(\d+)\s+(.+)$/.exec(line)
    if (m) comms.set(Number(m[1]), m[2]!)
  }
  return comms
}
