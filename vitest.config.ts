import { defineConfig } from 'vitest/config'

const common = {
  environment: 'node',
  testTimeout: 240_000,
  hookTimeout: 120_000,
  setupFiles: ['test/setup.ts'],
  // A machine that others use as well may be slow at the wrong moment: the second try is named at the end of the run.
  retry: process.env.CI ? 1 : 0,
} as const

/** What opens windows or records this machine: one file after the other, so that none waits for another. */
const alone = [
  'main/{desktop,record}/**/*.test.ts',
  'main/{api,cli}/record*.test.ts',
  'test/{collector,e2e}/**/*.test.ts',
]

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line.ts'],
    projects: [
      {
        test: {
          ...common,
          name: 'beside',
          include: ['{workers,renderer,main,test}/**/*.test.ts'],
          exclude: alone,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...common, name: 'alone', include: alone, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
})
