/** README.md must speak of everything that there is: keys, codes, commands, labs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { CODES } from '../../../src/diagnostic/codes.ts'
import { compileTopology } from '../../../src/topology/compile.ts'
import schema from '../../../src/topology/schema.json' with { type: 'json' }

const root = fileURLToPath(new URL('../../..', import.meta.url))
const readme = readFileSync(`${root}/README.md`, 'utf8')
const reference = readme.slice(readme.indexOf('## The file'), readme.indexOf('## The library'))

/** Every property that a map of the schema may have. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = 'properties' in value && typeof value.properties === 'object' ? Object.keys(value.properties ?? {}) : []
  return [...own, ...Object.values(value).flatMap(keysOf)]
}

describe('README.md', () => {
  test.each([...new Set(keysOf(schema))].sort())('names the key %s of the file', (key) => {
    expect(reference).toContain(`\`${key}\``)
  })

  test.each(Object.entries(CODES))('lists the code %s with its summary', (code, summary) => {
    expect(readme).toMatch(new RegExp(`^\\| \`${code}\` +\\| ${summary} *\\|$`, 'm'))
  })

  test.each([...COMMANDS.keys()])('shows the command %s', (command) => {
    expect(readme).toMatch(new RegExp(`^\\| \`${command}\` +\\|.*\`[^\`]*netlab ${command}\\b.*\``, 'm'))
  })

  test('begins with a file that has nothing wrong', () => {
    const [, text = ''] = /^```yaml\n(.*?)^```$/ms.exec(readme) ?? []
    expect(compileTopology(parse(text) as object).diagnostics).toEqual([])
  })

  test('leads to files that are there', () => {
    const paths = [...readme.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path = '']) => path)
    expect(paths.filter((path) => !existsSync(`${root}/${path}`))).toEqual([])
  })
})

test('topologies/README.md lists every lab', () => {
  const list = readFileSync(`${root}/topologies/README.md`, 'utf8')
  const labs = readdirSync(`${root}/topologies`).filter((name) => name.endsWith('.yaml'))
  expect(labs.filter((name) => !list.includes(`](${name})`))).toEqual([])
})
