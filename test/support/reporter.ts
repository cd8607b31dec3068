/**
 * vitest reporter: prints why each skipped test was skipped, and writes the counts of every tier as JSON
 * to the file named by NETLAB_TEST_REPORT, for test/support/all.js to sum up.
 */
import { writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node'
import type { TierReport } from './tier-report.ts'

const UNEXPLAINED = 'the test gives no reason'
/** Of what a failed test says: the rest stands where it ran. */
const MESSAGE_LINES = 20
const LINE_CHARACTERS = 600

/** What vitest calls; the default reporter beside it prints everything else. */
export class NetlabReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tiers = new Map<string, TierReport>()
    for (const module of modules) {
      const tier = tiers.get(module.project.name) ?? { passed: 0, failed: 0, failures: [], skips: [] }
      tiers.set(module.project.name, tier)
      count(module, tier)
    }
    // A leak found after the tests, or a promise that failed behind a test's back.
    const [first] = tiers.values()
    if (first) addFailures(first, 'outside of the tests', unhandled)
    printSkips(tiers)
    const file = process.env['NETLAB_TEST_REPORT']
    if (file !== undefined) writeFileSync(file, JSON.stringify(Object.fromEntries(tiers)))
  }
}

function count(module: TestModule, tier: TierReport): void {
  // A file that cannot be loaded, or whose hooks fail, has no test to carry the failure.
  addFailures(tier, module.relativeModuleId, module.errors())
  for (const suite of module.children.allSuites()) addFailures(tier, `the setup of ${suite.fullName}`, suite.errors())
  for (const test of module.children.allTests()) {
    const result = test.result()
    if (result.state === 'passed') tier.passed += 1
    else if (result.state === 'failed') addFailures(tier, test.fullName, result.errors.slice(0, 1))
    else tier.skips.push({ test: test.fullName, reason: skipReason(test) })
  }
}

function addFailures(tier: TierReport, test: string, errors: readonly SerializedError[]): void {
  tier.failed += errors.length
  tier.failures.push(...errors.map((error) => ({ test, message: summarize(error) })))
}

/** The message, and what differs where two values were compared: a fault that comes once in many runs must be told by the one that met it. */
function summarize({ message, diff }: SerializedError): string {
  const differences = stripVTControlCharacters(typeof diff === 'string' ? diff : '')
    .split('\n')
    .filter((line) => /^[-+]/.test(line))
  return [...message.split('\n'), ...differences]
    .slice(0, MESSAGE_LINES)
    .map((line) => line.slice(0, LINE_CHARACTERS))
    .join('\n')
}

/** vitest says nothing of a test that it did not come to: because what was to be made for it failed, or because it was not asked for. */
function skipReason(test: TestCase): string {
  const result = test.result()
  if (result.state === 'pending') return 'the run ended before it came to the test'
  if (result.state === 'skipped' && result.note !== undefined) return result.note
  for (let around: TestModule | TestSuite = test.parent; ; around = around.parent) {
    const [error] = around.errors()
    if (error !== undefined)
      return `the setup of ${around.type === 'suite' ? around.fullName : 'its file'} failed (${firstLine(error.message)})`
    if (around.type === 'module') break
  }
  const { testNamePattern } = test.project.serializedConfig
  return testNamePattern === undefined ? UNEXPLAINED : `its name does not match ${String(testNamePattern)}`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}

function printSkips(tiers: ReadonlyMap<string, TierReport>): void {
  for (const [tier, { skips }] of tiers) {
    for (const { test, reason } of skips) process.stdout.write(`${tier}: ${test}\n  skipped: ${reason}\n`)
  }
}

// vitest loads a reporter by file name and takes its default export.
export default NetlabReporter
