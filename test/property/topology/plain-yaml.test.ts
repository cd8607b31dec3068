/** Two ways through YAML: what the fast one takes, the yaml package reads without a finding, value by value and place by place the same. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createFindings } from '../../../src/topology/findings.ts'
import { createLines } from '../../../src/topology/lines.ts'
import { parseYaml } from '../../../src/topology/parse-yaml.ts'
import { readPlainYaml } from '../../../src/topology/plain-yaml.ts'
import type { Value } from '../../../src/topology/value.ts'

const seed = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31)
const TOPOLOGIES = new URL('../../../topologies/', import.meta.url)

/** As the package reads it: a tab is not plain, wherever it stands. */
function readByPackage(text: string): { value: Value | undefined; findings: number } {
  const findings = createFindings()
  return { value: parseYaml(`${text}\n#\t\n`, 'x.yaml', findings), findings: findings.sorted(['x.yaml']).length }
}

const readPlain = (text: string): Value | undefined => readPlainYaml(text, createLines(text, 'x.yaml'), 50, (part) => part)

/** What YAML is made of, and what it stumbles on. */
const fragments = fc.constantFrom(
  ...[
    'a',
    'b c',
    'eth0',
    '10.0.0.1/24',
    'fd00::1',
    '1',
    '0x1F',
    '1e3',
    '.5',
    '-A',
    '~',
    'null',
    'true',
    'No',
    '"q"',
    "'q'",
    '"\\n"',
    "'it''s'",
  ],
  ...[': ', ':', ': ', ': ', ' ', '  ', '\n', '\n  ', '\n    ', '\n', '\n- ', '\n  - ', '- ', ', ', ',', '[', ']', '{', '}', '# c', ' # c'],
  ...[
    '&x ',
    '*x',
    '|',
    '>',
    '!t ',
    '? ',
    '---',
    '...',
    '<<',
    '%',
    '@',
    '\t',
    '\r',
    '\u00a0',
    'é',
    '\n\n',
    '-',
    '?',
    'k: ',
    '\nk: ',
    'n: {}',
  ],
)

const scalar = fc.constantFrom(
  'a',
  'b c',
  '1',
  '0o17',
  '-2.5',
  'true',
  '~',
  '"x: y"',
  "'# z'",
  '10.0.0.0/8',
  '-A INPUT',
  'a#b',
  'http://h/',
)
const key = fc.constantFrom('a', 'b', 'c d', 'net.ipv4.ip_forward', '/etc/motd', '"q"', "'r'", '1')
const flow: fc.Memo<string> = fc.memo((depth) => {
  if (depth <= 1) return scalar
  const list = fc.array(flow(), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`)
  const map = fc
    .uniqueArray(key, { maxLength: 3 })
    .chain((keys) => fc.tuple(...keys.map(() => flow())).map((values) => flowMap(keys, values)))
  return fc.oneof(scalar, list, map)
})
const flowMap = (keys: string[], values: string[]): string => `{ ${keys.map((name, index) => `${name}: ${values[index]}`).join(', ')} }`
/** Lines of a block, without indentation. */
const block: fc.Memo<string[]> = fc.memo((depth) => {
  const inline = flow(2).map((text) => [text])
  if (depth <= 1) return inline
  const list = fc
    .array(block(), { minLength: 1, maxLength: 3 })
    .map((items) => items.flatMap(([first, ...rest]) => [`- ${first}`, ...indented(rest)]))
  const map = fc
    .uniqueArray(key, { minLength: 1, maxLength: 3 })
    .chain((keys) => fc.tuple(...keys.map(() => block())).map((values) => keys.flatMap((name, index) => under(name, values[index] ?? []))))
  return fc.oneof(inline, list, map)
})
const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`)
const isInline = (lines: readonly string[]): boolean => lines.length === 1 && !/^- |^[^[{"']*: /.test(lines[0] ?? '')
const under = (name: string, lines: readonly string[]): string[] =>
  isInline(lines) ? [`${name}: ${lines[0]} # c`] : [`${name}:`, ...indented(lines)]

test.each(readdirSync(TOPOLOGIES).filter((name) => name.endsWith('.yaml')))('%s', (name) => {
  const text = readFileSync(new URL(name, TOPOLOGIES), 'utf8')
  expect(parseYaml(text, 'x.yaml', createFindings())).toEqual(readByPackage(text).value)
})

test('documents of plain values', () => {
  let plain = 0
  const property = fc.property(block(3), (lines) => {
    const text = `${lines.join('\n')}\n`
    const value = readPlain(text)
    if (value === undefined) return
    plain++
    expect(readByPackage(text)).toEqual({ value, findings: 0 })
  })
  fc.assert(property, { seed, numRuns: 500 })
  expect(plain).toBeGreaterThan(100)
})

test('heaps of fragments', () => {
  const property = fc.property(fc.array(fragments, { maxLength: 20 }), (parts) => {
    const text = `k: ${parts.join('')}\n`
    const value = readPlain(text)
    if (value !== undefined) expect(readByPackage(text)).toEqual({ value, findings: 0 })
  })
  fc.assert(property, { seed, numRuns: 3_000 })
})
