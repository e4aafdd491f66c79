// Looks at recordings that go on: the files of each are served until it is not looked at any more.

import { RequestError } from '../../workers/fault.js'
import type { HeldSource } from '../piece-source.js'
import type { LookSoFar } from '../record/session.js'
import type { FileRegistry } from './files.js'
import type { RecordedFiles } from './record.js'

interface Going {
  readonly look: LookSoFar
  /** Files of looks, latest last. */
  readonly held: (readonly HeldSource[])[]
}

/** One look is shown while the next is loaded. */
const HELD = 2
let number = 0

export class Looks {
  readonly #going = new Map<string, Going>()

  constructor(private readonly files: FileRegistry) {}

  /** A recording of this machine has begun. */
  begin(id: string, look: LookSoFar): void {
    void this.end(id)
    this.#going.set(id, { look, held: [] })
  }

  /** Throws RequestError where no recording of this machine was begun. */
  async look(id: string, limit: number): Promise<RecordedFiles> {
    const going = this.#going.get(id)
    if (!going) throw new RequestError('This machine is not being recorded.')
    const { sources, since, notes } = await going.look(limit)
    if (this.#going.get(id) !== going) {
      await closeAll(sources)
      throw new RequestError('The recording is not looked at any more.')
    }
    // Each look has an address of its own: what it serves never changes.
    const look = ++number
    const files = sources.map((s) => this.files.addSource(`so far ${look} ${s.name}`, s))
    if (sources.length > 0) going.held.push(sources)
    if (going.held.length > HELD) await this.#drop(going.held.shift()!)
    return { files, since: since === null ? null : String(since), notes }
  }

  /** Lets go of the files of all looks. */
  async end(id: string): Promise<void> {
    const going = this.#going.get(id)
    this.#going.delete(id)
    for (const sources of going?.held ?? []) await this.#drop(sources)
  }

  async #drop(sources: readonly HeldSource[]): Promise<void> {
    for (const source of sources) this.files.dropSource(source)
    await closeAll(sources)
  }
}

const closeAll = async (sources: readonly HeldSource[]): Promise<void> => {
  await Promise.all(sources.map((s) => s.close()))
}
