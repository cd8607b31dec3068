import { expect, it } from 'vitest'
import { KINDS } from '../../../src/state/kind.ts'
import type { VirtualKind } from '../../../src/state/kind.ts'
import { optionDifferences } from '../../../src/state/option.ts'
import type { Options } from '../../../src/state/option.ts'

it.each<[string, VirtualKind, Options, Options, string[]]>([
  ['a key that the file has no more', 'gre', {}, { key: 5 }, ['key']],
  ['the owner of a tap', 'tap', {}, { user: 1000 }, ['user']],
  ['the address of a vxlan', 'vxlan', {}, { local: '10.0.0.1' }, ['local']],
  ['the primary of a bond', 'bond', {}, { primary: 'eth1' }, ['primary']],
  ['a default of the kernel', 'vxlan', {}, { dstport: 8472 }, ['dstport']],
  ['nothing where the kernel chooses', 'ip6gre', {}, { hoplimit: 1 }, []],
  ['nothing where both say nothing', 'gre', {}, {}, []],
])('%s differs', (_, kind, desired, observed, differing) => {
  expect(optionDifferences(KINDS[kind].options, desired, observed).map(({ option }) => option.name)).toEqual(differing)
})
