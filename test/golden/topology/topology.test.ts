/**
 * Each folder is a case: topology.yaml (and what it includes), and what must come of it in desired.txt, findings.txt or both.
 * UPDATE_GOLDEN=1 rewrites the expectations; the review shows the difference.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'
import { findingText, networkText } from './network-text.ts'

const root = new URL('.', import.meta.url)
const cases = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory())
const before = process.cwd()

// Origins have the file's name as it was given: relative to a folder that is the same on every machine.
beforeAll(() => process.chdir(root.pathname))
afterAll(() => process.chdir(before))

test.each(cases.map((entry) => entry.name))('%s', (name) => {
  process.chdir(new URL(`${name}/`, root).pathname)
  const lab = compileTopology('topology.yaml', { name })
  const desired = lab.desired === undefined ? undefined : networkText(lab.desired)
  const findings = lab.diagnostics.length === 0 ? undefined : lab.diagnostics.map(findingText).join('\n')
  expectFile('desired.txt', desired)
  expectFile('findings.txt', findings)
})

function expectFile(file: string, actual: string | undefined): void {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    if (actual !== undefined) writeFileSync(file, actual)
    else rmSync(file, { force: true })
    return
  }
  const expected = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  expect(actual).toBe(expected)
}
