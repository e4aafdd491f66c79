// The screens: one ES bundle for both windows, with its module workers. Base './' because the desktop serves it from
// remora://app/ and the web door from http://127.0.0.1.

import { fileURLToPath } from 'node:url'
import { preact } from '@preact/preset-vite'
import { defineConfig } from 'vite'

const repo = fileURLToPath(new URL('..', import.meta.url))

export default defineConfig({
  root: `${repo}/renderer`,
  base: './',
  plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false })],
  worker: { format: 'es' },
  build: {
    target: 'chrome128',
    outDir: `${repo}/dist/renderer`,
    sourcemap: true,
    // Inlined assets would need data: URLs, which the content security policy allows for images only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4096,
    // The polyfill is an inline script in older targets and needless in the browsers we build for.
    modulePreload: { polyfill: false },
    // How long which plugin took concerns nobody who starts Remora.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  logLevel: 'warn',
})
