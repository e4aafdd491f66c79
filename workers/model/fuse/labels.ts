// The labels of fused rows, each once.

import type { TraceFile } from '../../readers/types.js'
import type { FusedLabel, MachineInfo } from '../../thread/contract.js'
import type { MachineIndex } from '../../units.js'
import { taskLabel } from '../tracks.js'

export class Labels {
  readonly all: FusedLabel[] = []
  readonly #tasks: Map<number, number>[] = []
  readonly #texts: Map<string, number>[] = []
  readonly #calls: (number | undefined)[][] = []

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

  /** A task within a system call, the number of whose name is `call`. */
  call(machine: MachineIndex, pid: number, call: number, name: string): number {
    const own = (this.#calls[this.task(machine, pid)] ??= [])
    const known = own[call]
    if (known !== undefined) return known
    return (own[call] = this.all.push({ text: this.name(machine, pid), machine, pid, detail: name }) - 1)
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
