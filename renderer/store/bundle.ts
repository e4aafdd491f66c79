// A session as one file that a colleague opens: a zip of manifest.json, session.json and, where wished, the traces.

import { strToU8, unzipSync, zipSync, type Zippable } from 'fflate'
import * as v from 'valibot'
import { readContent, SCHEMA, StoredProblem, type SessionContent } from './session.js'

const VERSION = 1

const manifest = v.object({
  remora: v.literal('session'),
  version: v.number(),
  /** Of the Remora that wrote it. */
  by: v.string(),
  name: v.string(),
  /** ms since 1970. */
  at: v.number(),
  /** The traces hold nothing but what lies in this range of the trace clock; null = they are whole. */
  trimmed: v.nullable(v.object({ from: v.string(), to: v.string() })),
  files: v.array(
    v.object({
      name: v.string(),
      size: v.number(),
      traceId: v.nullable(v.string()),
      /** See FilesApi.fingerprints; of the whole file, also where the one in the bundle is trimmed. */
      print: v.string(),
      /** Where in the zip it is; null = it did not come along. */
      entry: v.nullable(v.string()),
    }),
  ),
  /** Indices of `files`. */
  pairs: v.array(v.object({ guest: v.number(), host: v.number() })),
})
export type Manifest = Omit<v.InferOutput<typeof manifest>, 'remora' | 'version'>

export interface Bundle {
  readonly manifest: Manifest
  readonly content: SessionContent
  /** By entry. */
  readonly traces: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
}

export const isBundle = (name: string): boolean => /\.remora$/i.test(name)

export function writeBundle({ manifest: about, content, traces }: Bundle): Uint8Array<ArrayBuffer> {
  const json = (value: unknown): Uint8Array => strToU8(`${JSON.stringify(value, null, 1)}\n`)
  // One date for all entries: the same session gives the same bytes.
  const mtime = new Date(about.at)
  const entries: Zippable = {
    'manifest.json': [json({ remora: 'session', version: VERSION, ...about }), { mtime }],
    'session.json': [json({ schema: SCHEMA, ...content }), { mtime }],
  }
  // Traces shrink well, and the quickest level gets most of it.
  for (const [entry, bytes] of traces) entries[entry] = [bytes, { level: 1, mtime }]
  return zipSync(entries) as Uint8Array<ArrayBuffer>
}

/** Largest traces that are taken out of a bundle at once, bytes. */
const MOST = 3 * 2 ** 30

/** Throws an Error whose message is a sentence that names the bundle. */
export function readBundle(name: string, bytes: Uint8Array): Bundle {
  const fail = (why: string): never => {
    throw new Error(`${name} cannot be opened as a session: ${why}.`)
  }
  let total = 0
  let entries: Record<string, Uint8Array>
  try {
    entries = unzipSync(bytes, {
      filter: (file) => {
        total += file.originalSize
        if (total > MOST) throw new RangeError('its traces are larger than 3 GiB together')
        return true
      },
    })
  } catch (e) {
    if (e instanceof RangeError) return fail(e.message)
    return fail('it is damaged, or no bundle of Remora')
  }
  const parsed = (entry: string): unknown => {
    const file = Object.hasOwn(entries, entry) ? entries[entry] : undefined
    if (!file) return fail(`there is no ${entry} in it`)
    try {
      return JSON.parse(new TextDecoder().decode(file))
    } catch {
      return fail(`its ${entry} is no JSON`)
    }
  }
  const about = parsed('manifest.json')
  const stated = (about as { readonly version?: unknown } | null)?.version
  if (typeof stated === 'number' && stated > VERSION)
    fail(`it was written by a newer Remora (version ${stated} of its form; this one reads ${VERSION})`)
  const read = v.safeParse(manifest, about)
  if (!read.success) {
    const [issue] = read.issues
    return fail(`its manifest.json is not as it should be (${v.getDotPath(issue) ?? 'the whole'}: ${issue.message})`)
  }
  const stored = parsed('session.json') as { readonly schema?: unknown } | null
  let content: SessionContent
  try {
    content = readContent(stored, stored?.schema)
  } catch (e) {
    if (e instanceof StoredProblem)
      return fail(e.newer ? e.message : `its session.json is not as it should be (${e.message})`)
    throw e
  }
  const traces = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const { entry } of read.output.files) {
    if (entry === null) continue
    const file = Object.hasOwn(entries, entry) ? entries[entry] : undefined
    if (!file) return fail(`the trace ${entry} is missing from it`)
    traces.set(entry, file as Uint8Array<ArrayBuffer>)
  }
  const { remora: _remora, version: _version, ...rest } = read.output
  return { manifest: rest, content, traces }
}
