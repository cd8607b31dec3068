import { expect, test } from 'vitest'
import { findSlips, withoutSlips } from '../../../src/topology/yaml-slips.ts'

function slips(text: string): string[] {
  return findSlips(text).map(({ start, end }) => text.slice(start, end))
}

test.each([
  ['a rule', '- -A X --log-prefix "a: "', ['-A X --log-prefix "a: "']],
  ['a rule behind a key', 'iptables: -A X --comment a: b', ['-A X --comment a: b']],
  ['addresses in a flow list', 'routes: [fd00:: via fd01::, x, fe80::]', ['fd00:: via fd01::', 'fe80::']],
  ['an address at the end', '  gateway: fd00::', ['fd00::']],
  ['quoted texts', '- "-A X --log-prefix a: "\n- \'fd00:: via x\'\n- { a: "fd00::" }', []],
  ['a block of text', 'nftables: |\n  - -A "a: "\n\n  fd00:: \nnodes: 1', []],
  ['a comment', 'a: b # fd00:: via x\n# - -A "a: "', []],
  ['a key that ends with two colons', 'hosts: { fd00::: db }', []],
  ['what needs no quotes', '- -A X -j Y\n- default via fd00::1\n- fd00::/8 via fd00::1', []],
])('of %s', (_, text, expected) => {
  expect(slips(text)).toEqual(expected)
})

test('without slips every sign keeps its place', () => {
  const text = 'routes: [fd00:: via fd01::, x]'
  const without = withoutSlips(text, findSlips(text))
  expect(without).toHaveLength(text.length)
  expect(without.replace(/\ue03a/g, ':')).toBe(text)
})

// Quadratic, each of these would take hours.
test.each([
  ['addresses in a quote', `a: "${'fd00:: '.repeat(200_000)}`, 0],
  ['addresses', `a: ${'fd00:: '.repeat(200_000)}`, 1],
  ['comments', `a: "${' #'.repeat(500_000)}`, 0],
  ['words', `a: ${'ab '.repeat(500_000)}`, 0],
])('a long line of %s', (_, text, count) => {
  expect(findSlips(text)).toHaveLength(count)
})
