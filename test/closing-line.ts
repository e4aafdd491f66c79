import type { Reporter, TestModule } from 'vitest/node'

/** Prints the sums of the whole run as one plain line, for people and for CI. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const n = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) n[test.result().state]++
      // A file that does not load has no tests, but it has failed.
      n.failed += module.errors().length
    }
    console.log(`\n${n.passed} passed, ${n.failed} failed, ${n.skipped + n.pending} skipped`)
  }
}
