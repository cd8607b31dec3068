/** README.md must speak of everything that there is, and what it shows must be right. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { formatPicture } from '../../../src/export/picture.ts'
import { compileTopology } from '../../../src/topology/compile.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(`${root}/README.md`, 'utf8')
const blocks = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text)

describe('README.md', () => {
  test('names every command', () => {
    expect([...COMMANDS.keys()].filter((command) => !readme.includes(`\`${command}\``))).toEqual([])
  })

  test.each(blocks.filter((text) => text.includes('\nlinks:')))('has nothing wrong in a file that it shows: %s', (text) => {
    expect(compileTopology(parse(text) as object).diagnostics).toEqual([])
  })

  test('shows the picture of its first file as netlab draws it', async () => {
    const [, picture] = /<!-- picture of the first file -->\n\n```mermaid\n(.*?)```/s.exec(readme) ?? []
    const { name, desired } = compileTopology(parse(blocks[0]!) as object)
    const drawn = await formatPicture('mermaid', { lab: name, desired: desired! })
    if (process.env['UPDATE_GOLDEN'] === '1')
      writeFileSync(
        `${root}/README.md`,
        readme.replace(picture!, () => drawn),
      )
    else expect(picture).toBe(drawn)
  })

  test('shows YAML that can be read', () => {
    expect(blocks.length).toBeGreaterThan(3)
    for (const text of blocks) parse(text)
  })

  test('leads to files that are there', () => {
    const paths = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path)
    expect(paths.filter((path) => !existsSync(`${root}/${path}`))).toEqual([])
  })
})
