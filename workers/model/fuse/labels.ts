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
  /** Whose each label is: the label of the task alone for a task within a system call, else the label itself. */
  readonly owners: number[] = []

  constructor(
    private readonly files: readonly TraceFile[],
    private readonly machines: readonly MachineInfo[],
  ) {}

  task(machine: MachineIndex, pid: number): number {
    const own = (this.#tasks[machine] ??= new Map())
    const known = own.get(pid)
    if (known !== undefined) return known
    const label = this.#add({ text: this.name(machine, pid), machine, pid, detail: null })
    own.set(pid, label)
    return label
  }

  /** A task within a system call, the number of whose name is `call`. */
  call(machine: MachineIndex, pid: number, call: number, name: string): number {
    const caller = this.task(machine, pid)
    const own = (this.#calls[caller] ??= [])
    const known = own[call]
    if (known !== undefined) return known
    return (own[call] = this.#add({ text: this.name(machine, pid), machine, pid, detail: name }, caller))
  }

  /** Anything that is no task. */
  text(machine: MachineIndex, text: string): number {
    const own = (this.#texts[machine] ??= new Map())
    const known = own.get(text)
    if (known !== undefined) return known
    const label = this.#add({ text, machine, pid: null, detail: null })
    own.set(text, label)
    return label
  }

  #add(label: FusedLabel, owner = this.all.length): number {
    this.owners.push(owner)
    return this.all.push(label) - 1
  }

  name(machine: MachineIndex, pid: number): string {
    if (pid < 0) return 'not known'
    return pid === 0 ? 'idle' : taskLabel(this.files, this.machines[machine]!, pid)
  }

  get bytes(): number {
    return this.all.length * 120
  }
}
