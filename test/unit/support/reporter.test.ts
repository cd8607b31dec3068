import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const checkout = fileURLToPath(new URL('../../..', import.meta.url))

const TESTS = `
describe('a lab', () => {
  beforeAll(() => { throw new Error('no veth here\\nand more') })
  describe('inside', () => { test('pings', () => {}) })
})
test('says why', (context) => context.skip('there is no moon'))
test('is not asked for', () => {})
`

test('a skipped test has a reason, also where it says none itself', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'netlab-reporter-'))
  try {
    writeFileSync(join(folder, 'a.test.js'), TESTS)
    const reporter = join(checkout, 'test/support/reporter.ts')
    const argv = ['run', '--root', folder, '--globals', '--reporter', reporter, '-t', 'pings|why']
    const { stdout } = spawnSync(process.execPath, [join(checkout, 'node_modules/vitest/vitest.mjs'), ...argv], { encoding: 'utf8' })
    expect(stdout).toContain('a lab > inside > pings\n  skipped: the setup of a lab failed (no veth here)\n')
    expect(stdout).toContain('says why\n  skipped: there is no moon\n')
    expect(stdout).toContain('is not asked for\n  skipped: its name does not match /pings|why/\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
