// Pictures as text. A case is a folder with the name of a lab of topologies/, in it what each format makes of the lab. UPDATE_GOLDEN=1 rewrites.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatPicture } from '../../../src/export/picture.ts'
import { fileOf } from '../../support/course.ts'
import { sourceOf } from '../../support/picture.ts'

const folder = import.meta.dirname
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())

describe.each(cases.map((entry) => entry.name))('netlab graph %s', (name) => {
  test.each([
    ['text', 'picture.txt'],
    ['dot', 'picture.dot'],
    ['mermaid', 'picture.mmd'],
  ] as const)('--format %s', async (format, file) => {
    const text = await formatPicture(format, sourceOf(fileOf(name, 'topology')))
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(join(folder, name, file), text)
    expect(text).toBe(readFileSync(join(folder, name, file), 'utf8'))
  })
})
