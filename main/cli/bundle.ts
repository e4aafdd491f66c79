import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { SourceRef } from '../../workers/bytes.js'
import { InputError } from '../../workers/fault.js'
import type { ClockChoice, DeclaredPair } from '../../workers/thread/contract.js'
import { pathError } from '../api/files.js'
import { headless } from './headless.js'

/** A session that the windows saved as a file; the rest of it only the screens' painters understand (renderer/store/bundle.ts). */
export interface Bundle {
  readonly manifest: {
    readonly by: string
    readonly name: string
    readonly trimmed: { readonly from: string; readonly to: string } | null
    readonly files: readonly { readonly name: string; readonly entry: string | null }[]
    readonly pairs: readonly DeclaredPair[]
  }
  readonly content: {
    readonly view: {
      readonly notes?: readonly { readonly kind: string; readonly text: string }[]
      readonly clocks: Readonly<Record<string, ClockChoice>>
    } | null
    readonly views: readonly { readonly name: string; readonly caption: string }[]
  }
  readonly traces: ReadonlyMap<string, Uint8Array>
}

export const isBundle = (path: string): boolean => /\.remora$/i.test(path)

const read = new Map<string, Promise<Bundle>>()

/** Rejects with InputError. */
export function openBundle(path: string): Promise<Bundle> {
  const known = read.get(path)
  if (known) return known
  const opening = (async () => {
    const bytes = await readFile(path).catch((error: unknown) => {
      throw pathError(path, error)
    })
    const { readBundle } = await headless()
    try {
      return readBundle(basename(path), bytes)
    } catch (error) {
      throw new InputError(error instanceof Error ? error.message : String(error), 'bad-bundle', basename(path))
    }
  })()
  read.set(path, opening)
  return opening
}

/** The bundle among what a command was given; null = none. */
export const bundleAmong = async (paths: readonly string[]): Promise<Bundle | null> => {
  const path = paths.find(isBundle)
  return path === undefined ? null : openBundle(path)
}

/** Its traces; none where they did not come along. */
export function tracesOf({ manifest, traces }: Bundle): SourceRef[] {
  return manifest.files.flatMap(({ name, entry }): SourceRef[] => {
    const bytes = entry === null ? undefined : traces.get(entry)
    return bytes ? [{ kind: 'bytes', name, size: bytes.length, bytes }] : []
  })
}
