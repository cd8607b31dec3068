// npm test: every tier, one table, one last line. `node test/support/all.js unit live` runs the named tiers alone.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import { installPrograms } from './programs.js'
import { BESIDE, TIERS } from './tiers.js'

/** @typedef {import('./tier-report.ts').TierReport} TierReport */
/** @typedef {import('./tiers.js').Output} Output */

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
let tiers = [...TIERS].filter(([name]) => wanted.length === 0 || wanted.includes(name))
/** The tier that runs beside those before it, once it has begun. @type {ReturnType<typeof runBeside> | undefined} */
let beside
while (tiers.length > 0 && !stopped) {
  const [[name, run], ...rest] = /** @type {[typeof tiers[0], ...typeof tiers]} */ (tiers)
  tiers = rest
  const later = rest.find(([one]) => one === BESIDE)
  if (later && name !== 'build') beside ??= runBeside(later[1])
  console.log(`\n── ${name}`)
  const { report, seconds, text = '' } = await (name === BESIDE && beside ? beside : timed(run()))
  process.stdout.write(text)
  const { passed, failed, failures: failedTests, skips } = report
  // Where a full machine is promised, what could not run was not tested.
  const required = process.env.NETLAB_REQUIRE === 'all'
  const row = { passed, failed: failed + (required ? skips.length : 0), skipped: required ? 0 : skips.length }
  sum.passed += row.passed
  sum.failed += row.failed
  sum.skipped += row.skipped
  table.push([name, row.passed, row.failed, row.skipped, seconds.toFixed(1)])
  for (const { test, reason } of skips) skipped.set(reason, [...(skipped.get(reason) ?? []), `${name}: ${test}`])
  failures.push(...failedTests.map(({ test, message }) => `failed: ${name}: ${test}\n${message.replace(/^/gm, '  ')}`))
}

await beside
for (const [reason, tests] of skipped) console.log(`skipped, ${reason}:\n${tests.map((test) => `  ${test}`).join('\n')}`)
for (const failure of failures) console.log(failure)
console.log(table.toString())
if (stopped) console.log(`stopped by ${stopped}`)
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = stopped ? 128 + constants.signals[stopped] : sum.failed > 0 ? 1 : 0

/** @param {Promise<TierReport>} tier @returns {Promise<{ report: TierReport, seconds: number, text?: string }>} */
async function timed(tier) {
  const start = performance.now()
  return { report: await tier, seconds: (performance.now() - start) / 1000 }
}

/** Keeps what the tier says until it is done, so that its lines do not get among those of others. @param {(output: Output) => Promise<TierReport>} run */
async function runBeside(run) {
  const folder = mkdtempSync(join(tmpdir(), 'netlab-beside-'))
  const file = join(folder, 'output')
  const output = openSync(file, 'w')
  try {
    return { ...(await timed(run(output))), text: readFileSync(file, 'utf8') }
  } finally {
    closeSync(output)
    rmSync(folder, { recursive: true })
  }
}
