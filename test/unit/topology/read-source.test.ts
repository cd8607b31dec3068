import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFindings } from '../../../src/topology/findings.ts'
import { readSource } from '../../../src/topology/read-source.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-read-'))
  mkdirSync(join(folder, 'locked'), { mode: 0o700 })
})
afterAll(() => rmSync(folder, { recursive: true }))

function findingOf(file: string): { readonly detail: string; readonly hint?: string } | undefined {
  const findings = createFindings()
  expect(readSource(file, 1000, undefined, findings)).toBeUndefined()
  return findings.sorted([])[0]
}

test('a folder is no file', () => {
  expect(findingOf(folder)).toMatchObject({ detail: `${folder} cannot be read: it is a directory (EISDIR).`, hint: 'Name a file in it.' })
})

test('what the user may not enter is told with the way to see where', (context) => {
  const file = join(folder, 'locked', 'a.yaml')
  chmodSync(join(folder, 'locked'), 0)
  const { geteuid, seteuid } = process
  if (geteuid === undefined || seteuid === undefined) return context.skip('this system has no users')
  const isRoot = geteuid() === 0
  chmodSync(folder, 0o755)
  // Root may read all.
  if (isRoot) seteuid(65_534)
  try {
    expect(findingOf(file)).toMatchObject({
      detail: `${file} cannot be read: permission denied (EACCES).`,
      hint: `You may not read it, or not enter a folder above it: "namei -l ${file}" shows which. Copy it to a place of yours.`,
    })
  } finally {
    if (isRoot) seteuid(0)
  }
})
