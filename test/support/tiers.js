// The tiers of the tests: how each is run, and what it says of itself afterwards.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleGuestTests } from './guest-bundle.js'
import { makeOrdinaryUser } from './ordinary-user.js'
import { PATH } from './programs.js'

/** @typedef {import('./tier-report.ts').TierReport} TierReport */
/** Where a tier's commands write: where this process does, or into a file. @typedef {'inherit' | number} Output */

export const checkout = fileURLToPath(new URL('../..', import.meta.url))
const isRoot = process.getuid?.() === 0

/** Only what kernel and user have to do with; a hung test must not hold the machine for ever. */
const LIMIT_MS = 15 * 60_000
const GUEST_LIMIT_SECONDS = 780
/** Vitest's projects of the live tier: what may run side by side, and what may not. */
const LIVE = ['live', 'live-alone']
/** What run-in-guest ends with when the emulated machine has failed, and no test. */
const DIED_STATUS = 125

/** Starts after the build, and runs beside what comes before it: the emulated machine leaves a processor to tiers that need no quiet. */
export const BESIDE = 'guest'

/**
 * Each tier by name, in the order in which they run and report.
 * @type {ReadonlyMap<string, (output?: Output) => Promise<TierReport>>}
 */
export const TIERS = new Map([
  ['build', () => step(['npm', 'run', '--silent', 'build:native'], ['npm', 'run', '--silent', 'build'])],
  [
    'check',
    () => stepAtOnce(...['check:types', 'check:lint', 'check:format', 'check:imports'].map((name) => ['npm', 'run', '--silent', name])),
  ],
  ['unit', () => vitest(['unit'])],
  ['golden', () => vitest(['golden'])],
  ['property', () => vitest(['property'])],
  ['package', () => vitest(['package'])],
  ['guest', guest],
  ['live', () => vitest(LIVE)],
  ['live, ordinary user', liveAsOrdinaryUser],
  ['e2e', () => vitest(['e2e'])],
])

/** Commands that either succeed or not: each counts as one test. @param {string[][]} commands */
async function step(...commands) {
  const report = emptyReport()
  for (const command of commands) addStatus(report, command, await run(command))
  return report
}

/** As `step`, of commands that do not need each other. @param {string[][]} commands */
async function stepAtOnce(...commands) {
  const report = emptyReport()
  await Promise.all(commands.map(async (command) => addStatus(report, command, await run(command))))
  return report
}

/** @param {TierReport} report @param {string[]} command @param {number} status */
function addStatus(report, command, status) {
  if (status === 0) report.passed += 1
  else {
    report.failed += 1
    report.failures.push({ test: command.join(' '), message: 'see above' })
  }
}

/** @param {string[]} projects */
function vitestCommand(projects) {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs')
  return [process.execPath, vitest, 'run', '--config', '.config/vitest.config.ts', ...projects.flatMap((name) => ['--project', name])]
}

/** @param {string[]} projects */
async function vitest(projects) {
  const folder = mkdtempSync(join(tmpdir(), 'netlab-report-'))
  try {
    const file = join(folder, 'report.json')
    const status = await run(vitestCommand(projects), { env: { ...process.env, PATH, NETLAB_TEST_REPORT: file } })
    return readReport(file, status)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function liveAsOrdinaryUser() {
  if (!isRoot) {
    console.log('the live tests above were already run by an ordinary user')
    return emptyReport()
  }
  let user
  try {
    user = makeOrdinaryUser(checkout)
  } catch (error) {
    return skipped('the whole tier', `root cannot make an ordinary user here (${error instanceof Error ? error.message : String(error)})`)
  }
  try {
    const file = join(user.folder, 'report.json')
    const { command, env } = user.wrap(vitestCommand(LIVE), { NETLAB_TEST_REPORT: file })
    const status = await run(command, { cwd: user.checkout, env })
    return readReport(file, status)
  } finally {
    user.remove()
  }
}

/** @param {Output} output */
async function guest(output = 'inherit') {
  if (!isRoot) return skipped('the whole tier', 'only root can share the file system with a guest')
  if (process.arch !== 'x64') return skipped('the whole tier', `the guest's kernel is for x64, and this is ${process.arch}`)
  const runInGuest = 'test/guest/run-in-guest'
  if ((await run([runInGuest, '--prepare'], { output })) !== 0)
    return skipped('the whole tier', 'the guest could not be prepared; see above')
  const folder = mkdtempSync(join(tmpdir(), 'netlab-report-'))
  const bundle = await bundleGuestTests()
  try {
    const file = join(folder, 'report.json')
    const env = { ...process.env, PATH, NETLAB_TEST_REPORT: file, NETLAB_GUEST_BUNDLE: bundle }
    // The checkout, too, is shared: it may lie in /tmp, which the guest has of its own.
    const shares = ['--rw', folder, '--rw', checkout]
    const command = [runInGuest, '--timeout', String(GUEST_LIMIT_SECONDS), ...shares, '--', ...vitestCommand(['guest'])]
    let status = await run(command, { env, output })
    if (status === DIED_STATUS && !existsSync(file)) {
      console.log(`the guest ended with status ${status} before vitest could report; once more`)
      status = await run(command, { env, output })
    }
    return readReport(file, status)
  } finally {
    rmSync(folder, { recursive: true })
    rmSync(bundle, { recursive: true })
  }
}

/** All projects of one vitest run together. A run that failed although its tests passed (a leak, a crash) counts as a failure. @param {string} file @param {number} status */
function readReport(file, status) {
  const report = emptyReport()
  if (existsSync(file)) {
    for (const part of Object.values(/** @type {Record<string, TierReport>} */ (JSON.parse(readFileSync(file, 'utf8'))))) {
      report.passed += part.passed
      report.failed += part.failed
      report.failures.push(...part.failures)
      report.skips.push(...part.skips)
    }
  }
  if (status !== 0 && report.failed === 0) {
    report.failed = 1
    report.failures.push({ test: 'the whole tier', message: `ended with status ${status}; see above` })
  }
  return report
}

/** @returns {TierReport} */
function emptyReport() {
  return { passed: 0, failed: 0, failures: [], skips: [] }
}

/** @param {string} test @param {string} reason @returns {TierReport} */
function skipped(test, reason) {
  console.log(`${test}\n  skipped: ${reason}`)
  return { ...emptyReport(), skips: [{ test, reason }] }
}

/**
 * The exit status; 128 and more when a signal ended the command, as in a shell. Its output goes where ours goes.
 * @param {string[]} argv @param {{ cwd?: string, env?: NodeJS.ProcessEnv, output?: Output }} options
 */
async function run([program = '', ...args], { cwd = checkout, env = process.env, output = 'inherit' } = {}) {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', output, output], timeout: LIMIT_MS })
  try {
    const [status] = /** @type {[number | null]} */ (await once(child, 'exit'))
    return status ?? 128
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    return 127
  }
}
