import { fileURLToPath } from 'node:url'

/** Where package.json, dist/ and samples/ lie. */
export const packageRoot = fileURLToPath(new URL('../..', import.meta.url))

/** The built screens, beside the built doors (dist/main, dist/renderer). */
export const rendererDir = fileURLToPath(new URL('../renderer', import.meta.url))
