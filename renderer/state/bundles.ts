// Sessions as files of their own: what is in one that was opened, and the present session as one.

import { signal } from '@preact/signals'
import type { SourceRef } from '../../workers/bytes.js'
import type { DeclaredPair, TimeRange } from '../../workers/thread/contract.js'
import { chosenFile, type Anchor, type Chosen } from '../host-api.js'
import { isBundle, readBundle, writeBundle, type Bundle } from '../store/bundle.js'
import type { SessionContent } from '../store/session.js'
import { engine, loading, session } from './session-state.js'
import { contentOfSession } from './view-memory.js'

/** What a bundle without traces holds, until its traces are opened. */
export const waiting = signal<{
  readonly name: string
  readonly files: readonly string[]
  readonly prints: readonly string[]
  readonly content: SessionContent
} | null>(null)

/** What waits for the files with these fingerprints, once. */
export function takeWaiting(prints: readonly string[]): SessionContent | undefined {
  const now = waiting.peek()
  if (!now || now.prints.toSorted().join() !== prints.toSorted().join()) return undefined
  waiting.value = null
  return now.content
}

/** Everything of a file. Rejects with a sentence. */
export async function bytesOf(source: SourceRef): Promise<Uint8Array<ArrayBuffer>> {
  if (source.kind === 'blob') return new Uint8Array(await (source.blob as Blob).arrayBuffer())
  if (source.kind === 'url') {
    const answer = await fetch(source.url)
    if (!answer.ok) throw new Error(`The local server answered ${answer.status} when asked for ${source.name}.`)
    return new Uint8Array(await answer.arrayBuffer())
  }
  throw new Error(`${source.name} is not within this window’s reach.`)
}

export interface Unpacked {
  /** Empty: the bundle holds no traces, and none were given with it. */
  readonly files: readonly Chosen[]
  readonly pairs: readonly DeclaredPair[]
  readonly brought: SessionContent
  readonly bundle: Bundle
}

/** The bundle among files, taken apart; null = there is none. Rejects with a sentence. */
export async function unpack(files: readonly Chosen[]): Promise<Unpacked | null> {
  const chosen = files.find((f) => isBundle(f.source.name))
  if (!chosen) return null
  const { name, size } = chosen.source
  const bundle = readBundle(name, await bytesOf(chosen.source))
  const { manifest, content, traces } = bundle
  const anchor: Anchor = { kind: 'bundle', of: chosen.anchor, name, size }
  const inside = manifest.files.flatMap((f) => {
    const bytes = f.entry === null ? undefined : traces.get(f.entry)
    return bytes ? [{ ...chosenFile(new File([bytes], f.name)), anchor }] : []
  })
  const others = files.filter((f) => !isBundle(f.source.name))
  const whole = inside.length === manifest.files.length
  return { files: whole ? inside : others, pairs: whole ? manifest.pairs : [], brought: content, bundle }
}

/** Which traces go into a bundle. */
export type TracesIn = 'none' | 'whole' | TimeRange

/** The session as a bundle. Shows its progress; null = it was called off. Rejects with a sentence. */
export async function bundleNow(
  sources: readonly SourceRef[],
  pairs: readonly DeclaredPair[],
  which: TracesIn,
  by: string,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const info = session.peek()
  const api = engine.peek()
  if (!info || !api) throw new Error('No session is open.')
  const stop = new AbortController()
  const title = 'Saving the session'
  const cancel = () => stop.abort()
  loading.value = { title, progress: null, cancel }
  try {
    const prints = await api.fingerprints(sources, stop.signal)
    const traces = new Map<string, Uint8Array<ArrayBuffer>>()
    const entryOf = (i: number): string => `traces/${i}-${info.files[i]!.name.replace(/.*[\\/]/, '')}`
    if (which === 'whole') {
      for (const [i, source] of sources.entries()) {
        stop.signal.throwIfAborted()
        traces.set(entryOf(i), await bytesOf(source))
      }
    } else if (which !== 'none') {
      // A callback across threads: it must answer nothing.
      const progress = (p: Parameters<NonNullable<Parameters<typeof api.trim>[1]>>[0]): void => {
        loading.value = { title, progress: p, cancel }
      }
      const files = await api.trim(which, progress, stop.signal)
      for (const [i, f] of files.entries())
        traces.set(entryOf(i), new Uint8Array(await new Blob([...f.parts]).arrayBuffer()))
    }
    const at = (t: number): string => String(BigInt(info.epoch) + BigInt(Math.round(t)))
    return writeBundle({
      manifest: {
        by,
        name: info.name,
        at: Date.now(),
        trimmed: typeof which === 'object' ? { from: at(which.from), to: at(which.to) } : null,
        files: info.files.map((f, i) => {
          const entry = traces.has(entryOf(i)) ? entryOf(i) : null
          return { name: f.name, size: f.size, traceId: f.traceId, print: prints[i] ?? '', entry }
        }),
        pairs: [...pairs],
      },
      content: contentOfSession(),
      traces,
    })
  } catch (e) {
    if (stop.signal.aborted) return null
    throw e
  } finally {
    loading.value = null
  }
}
