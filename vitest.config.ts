import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{workers,renderer,main,test}/**/*.test.ts'],
    environment: 'node',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: process.env.CI ? ['default', './test/closing-line.ts'] : ['default', './test/closing-line.ts'],
  },
})
