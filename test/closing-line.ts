import type { Reporter, TestModule } from 'vitest/node'

/** Prints the sums of the whole run as one plain line, for people and for CI, after the names of what needed a second try. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const again: string[] = []
    const n = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        n[test.result().state]++
        if (test.diagnostic()?.flaky) again.push(`${module.relativeModuleId}: ${test.fullName}`)
      }
      // A file that does not load has no tests, but it has failed.
      n.failed += module.errors().length
    }
    if (again.length > 0) console.log(`\nPassed only at the second try:\n${again.join('\n')}`)
    console.log(`\n${n.passed} passed, ${n.failed} failed, ${n.skipped + n.pending} skipped`)
  }
}
