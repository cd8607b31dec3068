import { expect, test } from 'vitest'
import { createFindings } from '../../../src/topology/findings.ts'
import { rulesetInput } from '../../../src/topology/ruleset.ts'
import type { ScalarValue } from '../../../src/topology/value.ts'

const rule = (text: string, line: number): ScalarValue => ({
  kind: 'scalar',
  value: text,
  text,
  origin: { file: 'a.yaml', line, column: 1, length: text.length },
  verbatim: true,
})

function convert(lines: readonly string[]): { input: string[]; lines: (number | undefined)[]; findings: string[] } {
  const findings = createFindings()
  const result = rulesetInput(lines.map(rule), findings)
  return {
    input: result?.input.split('\n').slice(0, -1) ?? [],
    lines: result?.lineOrigins.map((origin) => origin?.line) ?? [],
    findings: findings.sorted([]).map(({ detail }) => detail),
  }
}

test.each([
  ['no rules', [], [], []],
  ['comments only', ['# nothing', ''], [], []],
  ['a rule', ['-A INPUT -j DROP'], ['*filter', '-A INPUT -j DROP', 'COMMIT'], [undefined, 0, undefined]],
  [
    '-t anywhere',
    ['-A POSTROUTING -t nat -j ACCEPT', '--table=raw -A OUTPUT -j NOTRACK'],
    ['*nat', '-A POSTROUTING -j ACCEPT', 'COMMIT', '*raw', '-A OUTPUT -j NOTRACK', 'COMMIT'],
    [undefined, 0, undefined, undefined, 1, undefined],
  ],
  [
    "a shell's single quotes, and those that are letters",
    [`-A INPUT -m comment --comment 'say "no": -t nat' -j DROP`, `-A INPUT -m comment --comment "it's 'so' here" -j DROP`, "-N it's"],
    [
      '*filter',
      ":it's - [0:0]",
      String.raw`-A INPUT -m comment --comment "say \"no\": -t nat" -j DROP`,
      `-A INPUT -m comment --comment "it's 'so' here" -j DROP`,
      'COMMIT',
    ],
    [undefined, 2, 0, 1, undefined],
  ],
  [
    'a policy, the last one',
    ['-P INPUT DROP', '-A INPUT -j ACCEPT', '--policy INPUT ACCEPT'],
    ['*filter', ':INPUT ACCEPT [0:0]', '-A INPUT -j ACCEPT', 'COMMIT'],
    [undefined, 2, 1, undefined],
  ],
  [
    'a new chain before its rules',
    ['-A INPUT -j MINE', '-N MINE'],
    ['*filter', ':MINE - [0:0]', '-A INPUT -j MINE', 'COMMIT'],
    [undefined, 1, 0, undefined],
  ],
  [
    '-t within a comment',
    ['-A INPUT -m comment --comment "see -t nat" -j DROP'],
    ['*filter', '-A INPUT -m comment --comment "see -t nat" -j DROP', 'COMMIT'],
    [undefined, 0, undefined],
  ],
  [
    'iptables-save',
    ['*nat', ':PREROUTING ACCEPT [5:300]', '[1:2] -A PREROUTING -j ACCEPT', 'COMMIT', '-A INPUT -j DROP'],
    ['*nat', ':PREROUTING ACCEPT [0:0]', '-A PREROUTING -j ACCEPT', 'COMMIT', '*filter', '-A INPUT -j DROP', 'COMMIT'],
    [undefined, 1, 2, undefined, undefined, 4, undefined],
  ],
])('%s', (_, lines, input, origins) => {
  expect(convert(lines)).toEqual({ input, lines: origins, findings: [] })
})

test.each([
  ['-A FORWRD -j DROP', /^The table filter has no chain "FORWRD", but INPUT, FORWARD, OUTPUT\. Did you mean "FORWARD"\?$/],
  ['-t nat -I FORWARD 1 -j ACCEPT', /^The table nat has no chain "FORWARD"/],
  ['iptables -A INPUT -j DROP', /Leave out "iptables"/],
  ['INPUT -j DROP', /begins no rule/],
  ['-P INPUT REJECT', /ACCEPT or DROP/],
  ['-P MINE DROP', /no built-in chain of the table filter/],
  ['-t natt -A INPUT -j DROP', /no table "natt"/],
  [':INPUT DROP', /belongs into a table/],
])('%s is a finding', (line, detail) => {
  expect(convert([line]).findings[0]).toMatch(detail)
})
