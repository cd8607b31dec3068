import { expect, test } from 'vitest'
import { emptyRuleset } from '../../../src/plan/ruleset-input.ts'

test.each([
  ['iptables' as const, '', '', ''],
  ['iptables' as const, '*raw\n-A OUTPUT -j ACCEPT\nCOMMIT\n', '', '*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n'],
  [
    'iptables' as const,
    '*raw\nCOMMIT\n*nat\nCOMMIT\n',
    '*nat\n-A INPUT\nCOMMIT\n',
    '*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n',
  ],
  [
    'nftables' as const,
    'table inet a {\n\tchain c {\n\t}\n}\ntable b {\n}\n',
    '',
    'table inet a\ndelete table inet a\ntable ip b\ndelete table ip b\n',
  ],
])('%s: tables in the way are emptied (%#)', (tool, ruleset, replacement, input) => {
  expect(emptyRuleset(tool, ruleset, replacement)).toBe(input)
})
