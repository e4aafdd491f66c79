// The labels of fused rows, each once.

import type { TraceFile } from '../../readers/types.js'
import type { FusedLabel, MachineInfo } from '../../thread/contract.js'
import type { MachineIndex } from '../../units.js'
import { taskLabel } from '../tracks.js'

export class Labels {
  readonly all: FusedLabel[] = []
  readonly #tasks: Map<number, number>[] = []
  readonly #texts: Map<string, number>[] = []
  readonly #calls = new Map<string, number>()

  constructor(
    private readonly files: readonly TraceFile[],
    private readonly machines: readonly MachineInfo[],
  ) {}

  task(machine: MachineIndex, pid: number): number {
    const own = (this.#tasks[machine] ??= new Map())
    const known = own.get(pid)
    if (known !== undefined) return known
    const label = this.all.push({ text: this.name(machine, pid), machine, pid, detail: null }) - 1
    own.set(pid, label)
    return label
  }

  /** A task within a system call. */
  call(machine: MachineIndex, pid: number, call: string): number {
    const key = `${machine}/${pid}/${call}`
    const known = this.#calls.get(key)
    if (known !== undefined) return known
    const label = this.all.push({ text: this.name(machine, pid), machine, pid, detail: call }) - 1
    this.#calls.set(key, label)
    return label
  }

  /** Anything that is no task. */
  text(machine: MachineIndex, text: string): number {
    const own = (this.#texts[machine] ??= new Map())
    const known = own.get(text)
    if (known !== undefined) return known
    const label = this.all.push({ text, machine, pid: null, detail: null }) - 1
    own.set(text, label)
    return label
  }

  name(machine: MachineIndex, pid: number): string {
    if (pid < 0) return 'not known'
    return pid === 0 ? 'idle' : taskLabel(this.files, this.machines[machine]!, pid)
  }

  get bytes(): number {
    return this.all.length * 120
  }
}
