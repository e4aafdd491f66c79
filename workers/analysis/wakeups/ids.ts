// The id of a wake-up without a record of its own: made as a collector makes it, of what the recording tells: pid, the waking's raw
// timestamp, and the trace's own id. Thread group and run_seq are not recorded and count as 0, so that the id is the same whatever
// part of a recording is loaded.

import { RequestError } from '../../fault.js'
import type { Session } from '../../model/session.js'
import { Pacer } from '../../table/pause.js'
import type { OnProgress } from '../../thread/contract.js'
import { idText } from '../correlation-id.js'
import type { JoinedRecords } from '../records/join.js'
import { xxh64Halves, type Halves } from '../xxh64.js'
import type { Wakeups } from './columns.js'

type LinkKind = 'woken waker' | 'boundary'

const text = ({ hi, lo }: Readonly<Halves>): string => hex(hi) + hex(lo)
const hex = (half: number): string => half.toString(16).padStart(8, '0')
const DIGITS = new TextEncoder().encode('0123456789abcdef')

/** Bytes that are hashed to the id of a link: `boundary > 0123456789abcdef`, the id of the wake-up that it leads to. */
class LinkHash {
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(kind: LinkKind) {
    this.#bytes = new TextEncoder().encode(`${kind} > ${'0'.repeat(16)}`)
    this.#view = new DataView(this.#bytes.buffer)
  }

  of(hi: number, lo: number): Readonly<Halves> {
    const at = this.#bytes.length - 16
    for (let i = 0; i < 8; i++) {
      this.#bytes[at + i] = DIGITS[(hi >>> (28 - 4 * i)) & 15]!
      this.#bytes[at + 8 + i] = DIGITS[(lo >>> (28 - 4 * i)) & 15]!
    }
    return xxh64Halves(this.#view, this.#bytes.length)
  }
}

const links: Readonly<Record<LinkKind, LinkHash>> = {
  'woken waker': new LinkHash('woken waker'),
  boundary: new LinkHash('boundary'),
}

/** The id of the link that leads to a wake-up: hashed from that wake-up's own. */
export function linkId(kind: LinkKind, to: string): string {
  return text(links[kind].of(parseInt(to.slice(0, 8), 16), parseInt(to.slice(8), 16)))
}

const TWO_32 = 2 ** 32

const halvesOf = (x: bigint): Halves => ({ hi: Number((x >> 32n) & 0xffffffffn), lo: Number(x & 0xffffffffn) })

/** What the ids of a file's wake-ups have in common. */
interface Base {
  readonly epoch: Halves
  readonly traceId: Halves | null
}

function baseOf(session: Session, file: number): Base {
  const { epoch, traceId } = session.files[file]!.meta
  return { epoch: halvesOf(BigInt.asUintN(64, epoch)), traceId: traceId === null ? null : halvesOf(traceId) }
}

export class WakeupIds {
  readonly #view = new DataView(new ArrayBuffer(32))
  readonly #bases: Base[] = []

  constructor(
    private readonly session: Session,
    private readonly w: Wakeups,
    private readonly joined: JoinedRecords,
  ) {}

  /** That of the record that joined it, where that has one. */
  of(i: number): string {
    const own = this.#recorded(i)
    return own === 0n ? text(this.#derived(i)) : idText(own)
  }

  #recorded(i: number): bigint {
    const ref = this.joined.of(i)
    return ref === null ? 0n : this.session.files[ref.file]!.wakeRecords!.wakes.id[ref.wake]!
  }

  /** correlationId() of tgid 0, pid, run_seq 0, ktime and the trace's own id. */
  #derived(i: number): Readonly<Halves> {
    const { w, session } = this
    const stream = session.table.streams[w.wakingStream[i]!]!
    const { epoch, traceId } = (this.#bases[stream.file] ??= baseOf(session, stream.file))
    // Without bigints: ids are looked for among millions.
    const low = epoch.lo + (stream.ticks[w.wakingRow[i]!]! % TWO_32)
    const view = this.#view
    view.setInt32(4, w.wakee[i]!, true)
    view.setUint32(16, low, true)
    view.setUint32(20, epoch.hi + Math.trunc(stream.ticks[w.wakingRow[i]!]! / TWO_32) + Math.floor(low / TWO_32), true)
    if (traceId === null) return xxh64Halves(view, 24)
    view.setUint32(24, traceId.lo, true)
    view.setUint32(28, traceId.hi, true)
    return xxh64Halves(view, 32)
  }

  /** The wake-up that has an id, or to which the link of that id leads. Throws RequestError where there is none. */
  async find(id: string, onProgress?: OnProgress, signal?: AbortSignal): Promise<number> {
    const wanted = id.trim().toLowerCase().replace(/^0x/, '').padStart(16, '0')
    if (!/^[0-9a-f]{16}$/.test(wanted)) throw new RequestError(`"${id}" is no id; ids are 16 hexadecimal digits.`)
    const hi = parseInt(wanted.slice(0, 8), 16)
    const lo = parseInt(wanted.slice(8), 16)
    const is = (x: Readonly<Halves>): boolean => x.hi === hi && x.lo === lo
    const total = this.w.count
    const pacer = new Pacer(signal)
    for (let i = 0; i < total; i++) {
      const recorded = this.#recorded(i)
      const own = recorded === 0n ? this.#derived(i) : halvesOf(recorded)
      const [ownHi, ownLo] = [own.hi, own.lo]
      if (is(own) || is(links.boundary.of(ownHi, ownLo)) || is(links['woken waker'].of(ownHi, ownLo))) return i
      if (i % 256 !== 0 || !pacer.due()) continue
      onProgress?.({ phase: 'searching', done: i, total, unit: 'events' })
      await pacer.pause()
    }
    throw new RequestError(`No wake-up has the id ${wanted}, and no link.`)
  }
}
