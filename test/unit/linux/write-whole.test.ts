import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeWhole } from '../../../src/linux/write-whole.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-notes-'))
  mkdirSync(join(folder, 'cgroups'))
  path = join(folder, 'cgroups', 'h1')
  writeFileSync(path, 'old', { mode: 0o600 })
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a note', () => {
  it('takes the place of the one before, for its user alone', () => {
    writeWhole(path, 'new')
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('that cannot be written leaves the one before', () => {
    const draft = join(folder, 'cgroups.new')
    mkdirSync(draft)
    expect(() => writeWhole(path, 'new', draft)).toThrow(/EISDIR/)
    expect(readFileSync(path, 'utf8')).toBe('old')
  })

  it('leaves no draft beside it', () => {
    writeWhole(path, 'new', join(folder, 'cgroups.new'))
    expect(readdirSync(folder)).toEqual(['cgroups'])
    expect(readdirSync(join(folder, 'cgroups'))).toEqual(['h1'])
  })
})
