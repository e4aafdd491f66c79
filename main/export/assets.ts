import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Files that pictures need, by their place in npm's packages. The build lays them beside the bundle, under `assets/`. */
export const assets = {
  sans: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf',
  bold: 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf',
  mono: 'dejavu-fonts-ttf/ttf/DejaVuSansMono.ttf',
  resvg: '@resvg/resvg-wasm/index_bg.wasm',
} as const

/** Path of an asset: beside the bundle, or in node_modules where the sources are run as they are. */
export function assetPath(name: keyof typeof assets): string {
  const built = fileURLToPath(new URL(`./assets/${basename(assets[name])}`, import.meta.url))
  return existsSync(built) ? built : createRequire(import.meta.url).resolve(assets[name])
}
