// Entry of a printing thread: turns ranges of rows into bytes, one range after the other.

import { parentPort, workerData } from 'node:worker_threads'
import { EventTable } from '../../workers/columns/event-table.js'
import { readHeads } from '../../workers/model/heads.js'
import { learnNames } from '../../workers/model/names.js'
import type { Session } from '../../workers/model/session.js'
import { openNodeSource } from '../../workers/thread/sources-node.js'
import { printRange, type PrintAnswer, type PrintPlan, type PrintTask } from './print.js'

const port = parentPort
if (port) {
  const { sources, session, streams, order, positions, layout, names } = workerData as PrintPlan
  const open = async (): Promise<Session> => {
    const { files } = await readHeads(sources, openNodeSource)
    await Promise.all(files.map((file, i) => file.layOut(session.within[i] ?? undefined)))
    await learnNames(files, streams)
    return { ...session, files, table: new EventTable(streams, order) }
  }
  const ready = open()
  const answer = async ({ start, end }: PrintTask): Promise<PrintAnswer> => {
    try {
      const pieces: Uint8Array[] = []
      for await (const piece of printRange(await ready, positions, start, end, layout, names)) pieces.push(piece)
      return { pieces }
    } catch (error) {
      return { error }
    }
  }
  let last = Promise.resolve()
  port.on('message', (task: PrintTask) => {
    last = last.then(async () => {
      const done = await answer(task)
      port.postMessage(done, 'pieces' in done ? done.pieces.map((piece) => piece.buffer as ArrayBuffer) : [])
    })
  })
}
