import type { Preflight } from './preflight.js'
import type { Figures } from './recorder.js'

/** One recording of a session: its files by machine, and what happened. */
export interface ManifestRun {
  /** From 1. */
  readonly run: number
  /** Wall clock, ISO 8601. */
  readonly started: string
  readonly ended: string
  readonly seconds: number
  readonly files: readonly {
    readonly machine: string
    readonly role: 'host' | 'guest'
    readonly kind: 'trace.dat' | 'wire'
    /** Relative to the folder. */
    readonly path: string
    readonly bytes: number
    readonly figures: Figures
  }[]
  /** Sentences: what is lacking, what went wrong. */
  readonly notes: readonly string[]
}

/** `manifest.json` of a session's folder (docs/schema/manifest.schema.json); rewritten after every run. */
export interface Manifest {
  readonly version: 1
  readonly remora: string
  readonly session: string
  readonly preset: string
  readonly clock: string
  /** Arguments of `remora record`. */
  readonly command: readonly string[]
  readonly runsAsked: number
  /** recording = it goes on, or was killed; ended = all runs are there; stopped = ended early, with the reason. */
  readonly state: 'recording' | 'ended' | 'stopped'
  readonly reason: string
  readonly machines: readonly {
    readonly name: string
    readonly role: 'host' | 'guest'
    readonly kernel: string
    /** How it was recorded: a line each. */
    readonly how: readonly string[]
    readonly checks: Preflight['checks']
  }[]
  readonly runs: readonly ManifestRun[]
}
