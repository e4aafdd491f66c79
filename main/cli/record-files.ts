// Files of wake-up records for commands that need no session: each is read by itself, and what is wrong with it is told.

import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { InputError } from '../../workers/fault.js'
import type { WakeRecords } from '../../workers/model/wake-record.js'
import { pathError } from '../api/files.js'
import type { Io } from './io.js'

export interface RecordInput {
  readonly name: string
  readonly records: WakeRecords
}

const looksLikeRecords = /\.(jsonl?|ndjson|wire)$/i

/** The files given, and those in directories (one level) that look like records. Throws InputError for what is not there. */
async function recordPaths(paths: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) {
    try {
      if (!(await stat(path)).isDirectory()) {
        found.push(path)
        continue
      }
      const names = (await readdir(path)).filter((name) => looksLikeRecords.test(name)).sort()
      if (names.length === 0) {
        const message = `${path} holds no records (no *.json, *.jsonl, *.ndjson or *.wire file).`
        throw new InputError(message, 'no-records', basename(path))
      }
      found.push(...names.map((name) => join(path, name)))
    } catch (error) {
      throw error instanceof InputError ? error : pathError(path, error)
    }
  }
  return found
}

/**
 * Reads files one after the other, saying on stderr what is wrong with them. Throws InputError for one that holds no records, or
 * that cannot be read.
 */
export async function* readRecordFiles(paths: readonly string[], io: Io): AsyncGenerator<RecordInput> {
  const { openTrace } = await import('../../workers/readers/registry.js')
  const { openNodeSource } = await import('../../workers/thread/sources-node.js')
  for (const path of await recordPaths(paths)) {
    const name = basename(path)
    const { size } = await stat(path)
    const file = await openTrace(openNodeSource({ kind: 'path', name, size, path }), io.signal)
    if (!file.wakeRecords) {
      throw new InputError(`${name} is a ${file.meta.format} and holds no records of wake-ups.`, 'no-records', name)
    }
    for (const fault of file.faults) {
      if (fault.severity !== 'note') io.err(`remora: ${name}: ${fault.message}\n`)
    }
    yield { name: path, records: file.wakeRecords }
  }
}
