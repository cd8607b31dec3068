import { expect, test } from 'vitest'
import { createFindings } from '../../../src/topology/findings.ts'
import { parseYaml } from '../../../src/topology/parse-yaml.ts'
import { lineOrigin, mapAt, partOrigin, plainOf, scalarAt, valueAt } from '../../../src/topology/value.ts'
import type { MapValue, ScalarValue, Value } from '../../../src/topology/value.ts'

function parse(text: string): { value: Value | undefined; codes: string[]; details: string[] } {
  const findings = createFindings()
  const value = parseYaml(text, 'a.yaml', findings)
  const diagnostics = findings.sorted(['a.yaml'])
  return { value, codes: diagnostics.map(({ code }) => code), details: diagnostics.map(({ detail }) => detail) }
}

function parsed(text: string): MapValue {
  const { value, details } = parse(text)
  expect(details).toEqual([])
  return value as MapValue
}

test.each([
  ['ranges in brackets', 'a: [h[1-3], r[1-2]-[1-2]:eth0]', { a: ['h[1-3]', 'r[1-2]-[1-2]:eth0'] }],
  ['ranges in braces', 'a: { from: h[1-3], to: web }', { a: { from: 'h[1-3]', to: 'web' } }],
  ['ranges in keys and quotes', '"h[1-3]": "x[1-2]"\nr[1-2]: 1', { 'h[1-3]': 'x[1-2]', 'r[1-2]': 1 }],
  ['a list of numbers is no range', 'a: [1, [2-3], [4]]', { a: [1, ['2-3'], [4]] }],
  [
    'YAML 1.2 scalars',
    'a: [yes, off, 0x10, 1e3, 0644, ~, 02:00:00:00:00:01]',
    { a: ['yes', 'off', 16, 1000, 644, null, '02:00:00:00:00:01'] },
  ],
  ['keys are texts', '1: a\ntrue: b\nnull: c', { '1': 'a', true: 'b', null: 'c' }],
  ['anchors', 'a: &x { b: 1 }\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
  ['merge keys', 'a: &x { b: 1, c: 2 }\nd: { <<: *x, c: 3 }', { a: { b: 1, c: 2 }, d: { c: 3, b: 1 } }],
  [
    'several merges, the first wins',
    'a: &x { b: 1 }\nc: &y { b: 2, d: 2 }\ne: { <<: [*x, *y] }',
    { a: { b: 1 }, c: { b: 2, d: 2 }, e: { b: 1, d: 2 } },
  ],
  ['an anchor set again', 'a: &x 1\nb: *x\nc: &x 2\nd: *x', { a: 1, b: 1, c: 2, d: 2 }],
  ['keys of Object.prototype', '__proto__: 1\nconstructor: 2', JSON.parse('{"__proto__": 1, "constructor": 2}')],
])('%s', (_, text, expected) => {
  expect(JSON.stringify(plainOf(parsed(text)))).toBe(JSON.stringify(expected))
})

test('the text of a scalar is what was written', () => {
  expect(scalarAt(parsed('mode: 0644'), 'mode')?.text).toBe('0644')
})

test.each([
  ['plain', 'a: default via 10.0.0.1', 12, 'via'],
  ['single quotes', "a: 'default via 10.0.0.1'", 13, 'via'],
  ['double quotes', 'a: "default via 10.0.0.1"', 13, 'via'],
])('a part of a %s text has its place', (_, text, column, part) => {
  const scalar = scalarAt(parsed(text), 'a') as ScalarValue
  const origin = partOrigin(scalar, scalar.text.indexOf(part), part.length)
  expect(origin).toEqual({ file: 'a.yaml', line: 1, column, length: 3 })
})

test('a part of an escaped text has the place of the whole', () => {
  const scalar = scalarAt(parsed('a: "default\\tvia x"'), 'a') as ScalarValue
  expect(partOrigin(scalar, 8, 3)).toEqual(scalar.origin)
})

test('lines of a block have their places', () => {
  const scalar = scalarAt(mapAt(parsed('n:\n  a: |  # rules\n\n    *filter\n      COMMIT\n'), 'n'), 'a') as ScalarValue
  const lines = scalar.text.split('\n')
  expect(lineOrigin(scalar, 1, lines[1] ?? '')).toMatchObject({ line: 4, column: 5, length: 7 })
  expect(lineOrigin(scalar, 2, lines[2] ?? '')).toMatchObject({ line: 5, column: 7, length: 6 })
})

test('a map of many lines has the place of its first', () => {
  expect(valueAt(parsed('n:\n  a: 1\n  b: 2\n'), 'n')?.origin).toEqual({ file: 'a.yaml', line: 2, column: 3, length: 4 })
})

const laughs = ['a0: &a0 [x, x]', ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)].join('\n')
const merges = ['a0: &a0 { k: 1 }', ...Array.from({ length: 3000 }, (_, i) => `a${i + 1}: &a${i + 1} { <<: *a${i}, k${i}: 1 }`)].join('\n')

test('brackets are counted before they are parsed, which takes 2 KB for each', () => {
  const findings = createFindings()
  parseYaml('['.repeat(100_000), 'a.yaml', findings)
  expect(findings.sorted(['a.yaml'])[0]?.origin?.column).toBe(51)
})

test.each([
  ['billion laughs', laughs, 'YAML_SYNTAX', /more than 3,000,000 values/],
  ['a chain of merges', merges, 'YAML_SYNTAX', /more than 3,000,000 values/],
  ['deep brackets', '['.repeat(500_000), 'YAML_SYNTAX', /nested more than 50 deep/],
  ['brackets that the parser takes', '['.repeat(10_000), 'YAML_SYNTAX', /nested more than 50 deep/],
  ['closing brackets', '}'.repeat(500_000), 'YAML_SYNTAX', /closes nothing/],
  ['nothing but signs', '! '.repeat(500_000), 'FILE_TOO_LARGE', /more than 400,000 words and signs/],
  ['an alias in itself', 'a: &a [*a]', 'YAML_SYNTAX', /would never end/],
  ['an alias of nothing', 'a: *b', 'YAML_SYNTAX', /no &b before/],
  ['a duplicate key', 'a: 1\na: 2', 'DUPLICATE_KEY', /"a" stands twice/],
  ['two documents', 'a: 1\n---\nb: 1', 'YAML_SYNTAX', /second document/],
  ['a tab', 'a:\n\tb: 1', 'YAML_SYNTAX', /Tabs/],
  ['an unknown tag', 'a: !x 1', 'YAML_SYNTAX', /tag/],
  ['white space', ' \n\n', 'FILE_EMPTY', /nothing/],
])(
  '%s',
  (_, text, code, detail) => {
    const started = performance.now()
    const { codes, details } = parse(text)
    expect(codes[0]).toBe(code)
    expect(details[0]).toMatch(detail)
    // Generous: a busy machine with one core. Without the limits these take minutes, or all memory.
    expect(performance.now() - started).toBeLessThan(10_000)
  },
  20_000,
)
