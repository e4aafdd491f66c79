// Columns that grow row by row.

type Numbers = Float64Array | Int32Array | Uint32Array | Uint8Array | Int8Array
type Column = Numbers | BigUint64Array
interface ColumnSpec {
  readonly make: (size: number) => Column
  readonly absent: number | bigint
  /** Entries a row. */
  readonly width: number
}

const column = <T extends Column>(make: (size: number) => T, absent: number | bigint, width = 1) => ({
  make,
  absent,
  width,
})
export const float64 = (absent = NaN) => column((n) => new Float64Array(n), absent)
export const int32 = (absent = -1, width = 1) => column((n) => new Int32Array(n), absent, width)
export const uint32 = () => column((n) => new Uint32Array(n), 0)
export const uint8 = () => column((n) => new Uint8Array(n), 0)
export const int8 = (absent = -1) => column((n) => new Int8Array(n), absent)
export const uint64 = () => column((n) => new BigUint64Array(n), 0n)

type Specs = Readonly<Record<string, ColumnSpec>>
type Columns<S extends Specs> = { [K in keyof S]: ReturnType<S[K]['make']> }

const fill = (c: Column, value: number | bigint, from: number): void => {
  if (c instanceof BigUint64Array) c.fill(BigInt(value), from)
  else c.fill(Number(value), from)
}

/** Rows of several columns; new rows hold each column's value for "absent". */
export class GrowingTable<S extends Specs> {
  count = 0
  columns: Columns<S>
  #room = 0

  constructor(private readonly specs: S) {
    this.columns = this.#sized(0)
  }

  /** Adds a row and returns its index. */
  add(): number {
    if (this.count === this.#room) {
      this.#room = Math.max(256, this.#room * 2)
      this.columns = this.#sized(this.#room)
    }
    return this.count++
  }

  /** The columns cut to the rows in use. */
  finish(): Columns<S> {
    this.#room = this.count
    return (this.columns = this.#sized(this.count))
  }

  #sized(rows: number): Columns<S> {
    const entries = Object.entries(this.specs).map(([name, { make, absent, width }]) => {
      const to = make(rows * width)
      const from = (this.columns as Record<string, Column> | undefined)?.[name]
      const used = Math.min(rows, this.count) * width
      if (from instanceof BigUint64Array && to instanceof BigUint64Array) to.set(from.subarray(0, used))
      else if (from && !(from instanceof BigUint64Array) && !(to instanceof BigUint64Array))
        to.set(from.subarray(0, used))
      fill(to, absent, used)
      return [name, to] as const
    })
    return Object.fromEntries(entries) as Columns<S>
  }
}
