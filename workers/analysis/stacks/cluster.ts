// Groups of alike stacks. Equal signatures are one point with a weight; points are clustered by average linkage. What comes out
// does not depend on the order of what goes in.

import { idText, xxh64 } from '../correlation-id.js'
import { averageLinkage, cutAt } from './linkage.js'
import { signatureText, stackDistance, usualDistance, type DistanceSettings } from './signature.js'

export interface ClusterSettings extends DistanceSettings {
  /** Clusters whose average distance is at most this are one. */
  readonly cut: number
}

export const usualSettings: ClusterSettings = { ...usualDistance, cut: 0.3 }

/** More distinct stacks than this are not held against each other: the rarest join the cluster that they are nearest to. */
const MOST_SIGNATURES = 3000

export interface Signature {
  /** Functions, innermost first. */
  readonly frames: readonly string[]
  readonly count: number
}

interface StackCluster {
  /** 16 hex digits, made of the cluster's most frequent stack: the same for the same stacks, wherever they come from. */
  readonly id: string
  /** `A`, `B`, ..: by falling count. */
  readonly name: string
  readonly count: number
  /** Indices of the signatures given, most frequent first. The first stands for the cluster. */
  readonly members: readonly number[]
  /** Greatest distance of a member to the first one. */
  readonly radius: number
}

/** Clusters of signatures, no two of which are equal. */
export function clusterSignatures(
  all: readonly Signature[],
  settings: ClusterSettings = usualSettings,
): StackCluster[] {
  const texts = all.map((s) => signatureText(s.frames))
  const byText = all.map((_, i) => i).sort((a, b) => all[b]!.count - all[a]!.count || compare(texts[a]!, texts[b]!))
  // The most frequent are clustered in the order of their texts, so that counts decide about weights only.
  const points = byText.slice(0, MOST_SIGNATURES).sort((a, b) => compare(texts[a]!, texts[b]!))
  const between = (a: number, b: number): number => stackDistance(all[a]!.frames, all[b]!.frames, settings)
  const merges = averageLinkage(
    points.length,
    points.map((i) => all[i]!.count),
    (a, b) => between(points[a]!, points[b]!),
  )
  const groups: number[][] = []
  cutAt(points.length, merges, settings.cut).forEach((g, p) => (groups[g] ??= []).push(points[p]!))
  const heads = groups.map((g) => g.reduce((a, b) => (all[b]!.count > all[a]!.count ? b : a)))
  for (const i of byText.slice(MOST_SIGNATURES)) {
    let best = -1
    let least = Infinity
    heads.forEach((head, g) => {
      const d = between(i, head)
      if (d < least) [least, best] = [d, g]
    })
    if (least <= settings.cut) groups[best]!.push(i)
    else {
      groups.push([i])
      heads.push(i)
    }
  }
  const clusters = groups.map((members) => {
    const sorted = members.sort((a, b) => all[b]!.count - all[a]!.count || compare(texts[a]!, texts[b]!))
    const head = sorted[0]!
    return {
      id: idText(xxh64(encoder.encode(texts[head]!))),
      count: members.reduce((n, i) => n + all[i]!.count, 0),
      members: sorted,
      radius: Math.max(...members.map((i) => between(head, i))),
    }
  })
  clusters.sort((a, b) => b.count - a.count || compare(texts[a.members[0]!]!, texts[b.members[0]!]!))
  return clusters.map((c, i) => ({ ...c, name: letters(i) }))
}

const encoder = new TextEncoder()
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** A, B, .., Z, AA, AB, .. */
export function letters(i: number): string {
  const last = String.fromCharCode(65 + (i % 26))
  return i < 26 ? last : letters(Math.floor(i / 26) - 1) + last
}
