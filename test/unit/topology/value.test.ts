import { expect, test } from 'vitest'
import { createFindings } from '../../../src/topology/findings.ts'
import { parseYaml } from '../../../src/topology/parse-yaml.ts'
import { mergeSettings, mergeValues, plainOf } from '../../../src/topology/value.ts'
import type { MapValue, Value } from '../../../src/topology/value.ts'

const tree = (text: string): Value => parseYaml(text, 'a.yaml', createFindings()) as Value
const plain = (value: Value): unknown => JSON.parse(JSON.stringify(plainOf(value)))

test.each([
  ['maps merge deeply', '{ a: { b: 1, c: 1 } }', '{ a: { c: 2, d: 2 } }', { a: { b: 1, c: 2, d: 2 } }],
  ['lists are replaced', '{ a: [1] }', '{ a: [2] }', { a: [2] }],
  ['null leaves what is under it', '{ a: { b: 1 } }', '{ a: }', { a: { b: 1 } }],
  ['a scalar replaces a map', '{ a: { b: 1 } }', '{ a: 5 }', { a: 5 }],
])('%s', (_, under, over, expected) => {
  expect(plain(mergeValues(tree(under), tree(over)))).toEqual(expected)
})

test.each([
  ['lists are put one after the other', '{ rules: [a] }', '{ rules: [b] }', { rules: ['a', 'b'] }],
  ['a single text is a list of one', '{ rules: a }', '{ rules: [b] }', { rules: ['a', 'b'] }],
  ['other lists are replaced', '{ use: [a] }', '{ use: [b] }', { use: ['b'] }],
  ['lists deeper down are replaced', '{ x: { rules: [a] } }', '{ x: { rules: [b] } }', { x: { rules: ['b'] } }],
  ['maps among lists are replaced', '{ rules: [a] }', '{ rules: { b: c } }', { rules: { b: 'c' } }],
])('settings: %s', (_, under, over, expected) => {
  expect(plain(mergeSettings(tree(under) as MapValue, tree(over) as MapValue, new Set(['rules'])))).toEqual(expected)
})
