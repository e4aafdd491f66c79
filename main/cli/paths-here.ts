import { isRemote } from '../remote/address.js'
import type { Io } from './io.js'

/** Paths with what lies on other machines (`ssh://…`) copied here. Rejects with InputError. */
export async function pathsHere(paths: readonly string[], io: Io): Promise<readonly string[]> {
  // Loaded when called for: most files are here.
  return paths.some(isRemote) ? (await import('./remote.js')).localPaths(paths, io) : paths
}
