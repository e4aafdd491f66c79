// The program's picture: drawn once, as SVG (renderer/icon.svg); rendered where pixels are needed.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initWasm, Resvg } from '@resvg/resvg-wasm'

const ready = () => initWasm(readFileSync(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')))
let begun

/** PNG of the SVG file, `size` pixels wide. */
export async function iconPng(svgFile, size) {
  await (begun ??= ready())
  const svg = readFileSync(svgFile, 'utf8')
  return new Resvg(svg, { fitTo: { mode: 'width', value: size } }).render().asPng()
}
