import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{workers,renderer,main,test}/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    setupFiles: ['test/setup.ts'],
    reporters: ['default', './test/closing-line.ts'],
  },
})
