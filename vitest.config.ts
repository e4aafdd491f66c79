import { defineConfig } from 'vitest/config'

const common = {
  environment: 'node',
  testTimeout: 240_000,
  hookTimeout: 120_000,
  setupFiles: ['test/setup.ts'],
} as const

/** What starts processes, servers, browsers or recordings of its own: one file after the other, so that none waits for another. */
const whole = [
  'main/**/*.test.ts',
  'test/{collector,e2e,ssh}/**/*.test.ts',
  'test/{remote-ways,render,report,trim}.test.ts',
]

export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line.ts'],
    projects: [
      {
        test: {
          ...common,
          name: 'alone',
          include: ['{workers,renderer,test}/**/*.test.ts'],
          exclude: whole,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: 'whole',
          include: whole,
          maxWorkers: 1,
          // A machine that others use as well may be slow at the wrong moment: the second try is named at the end of the run.
          retry: process.env.CI ? 1 : 0,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
