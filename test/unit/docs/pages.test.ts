/** The pages of reference must be what their sources make of them. `npm run docs` writes them again. */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CODES } from '../../../src/diagnostic/codes.ts'
import schema from '../../../src/topology/schema.json' with { type: 'json' }
import { PAGES, root } from '../../support/pages.ts'

test.each([...PAGES])('%s is what its sources make of it', async (path, make) => {
  const text = await make()
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(`${root}/${path}`, text)
  expect(readFileSync(`${root}/${path}`, 'utf8')).toBe(text)
})

/** Every property that a map of the schema may have. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'properties' in value && typeof value.properties === 'object' ? Object.keys(value.properties ?? {}) : []
  return [...own, ...Object.values(value).flatMap(keysOf)]
}

test('the page of the file has every key', () => {
  const page = readFileSync(`${root}/src/topology/README.md`, 'utf8')
  expect([...new Set(keysOf(schema))].filter((key) => !page.includes(`\`${key}\``))).toEqual([])
})

test('the page of the codes has every code', () => {
  const page = readFileSync(`${root}/src/diagnostic/README.md`, 'utf8')
  expect(Object.keys(CODES).filter((code) => !page.includes(`\`${code}\``))).toEqual([])
})
