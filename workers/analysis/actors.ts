// Tasks by name, out of a model's labels.

import type { FusedModel } from '../model/fuse/build.js'
import type { Actor, Share } from '../thread/contract.js'
import { machineIndex } from '../units.js'
import type { Sums } from './sums.js'

/** The task that a label stands for. */
function actorOf(model: FusedModel, label: number): Actor {
  const l = model.labels[label]
  if (!l) return { machine: machineIndex(0), pid: -1, name: 'not known' }
  return { machine: l.machine, pid: l.pid ?? -1, name: l.text }
}

export const sharesOf = (model: FusedModel, sums: Sums<number>): Share[] =>
  sums.sorted.map(([label, time]) => ({ by: actorOf(model, label), time }))
