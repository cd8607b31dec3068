// npm test: every tier, one table, one last line. `node test/support/all.js unit live` runs the named tiers alone.
import { constants } from 'node:os'
import Table from 'cli-table3'
import { installPrograms } from './programs.js'
import { TIERS } from './tiers.js'

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !TIERS.has(name))
if (unknown.length > 0) {
  console.error(`There is no tier ${unknown.map((name) => `"${name}"`).join(', ')}. The tiers are: ${[...TIERS.keys()].join(', ')}.`)
  process.exit(2)
}

const missing = installPrograms()
for (const [program, name] of missing) console.log(`missing: ${program} (apt-get install ${name}); tests that need it are skipped`)

const table = new Table({
  head: ['tier', 'passed', 'failed', 'skipped', 'seconds'],
  colAligns: ['left', 'right', 'right', 'right', 'right'],
  style: { head: [], border: [] },
})
/** The terminal stops the running tier, too; what it made is removed before this process ends. @type {NodeJS.Signals | undefined} */
let stopped
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => (stopped = signal))

const sum = { passed: 0, failed: 0, skipped: 0 }
/** The tests that each reason kept from running. @type {Map<string, string[]>} */
const skipped = new Map()
/** @type {string[]} */
const failures = []
for (const [name, run] of TIERS) {
  if (stopped || (wanted.length > 0 && !wanted.includes(name))) continue
  console.log(`\n── ${name}`)
  const start = performance.now()
  const { passed, failed, failures: failedTests, skips } = await run()
  // Where a full machine is promised, what could not run was not tested.
  const required = process.env.NETLAB_REQUIRE === 'all'
  const row = { passed, failed: failed + (required ? skips.length : 0), skipped: required ? 0 : skips.length }
  sum.passed += row.passed
  sum.failed += row.failed
  sum.skipped += row.skipped
  table.push([name, row.passed, row.failed, row.skipped, ((performance.now() - start) / 1000).toFixed(1)])
  for (const { test, reason } of skips) skipped.set(reason, [...(skipped.get(reason) ?? []), `${name}: ${test}`])
  failures.push(...failedTests.map(({ test, message }) => `failed: ${name}: ${test}\n${message.replace(/^/gm, '  ')}`))
}

for (const [reason, tests] of skipped) console.log(`skipped, ${reason}:\n${tests.map((test) => `  ${test}`).join('\n')}`)
for (const failure of failures) console.log(failure)
console.log(table.toString())
if (stopped) console.log(`stopped by ${stopped}`)
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = stopped ? 128 + constants.signals[stopped] : sum.failed > 0 ? 1 : 0
