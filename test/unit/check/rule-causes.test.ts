import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../../src/check/evidence.ts'
import { ruleCauses } from '../../../src/check/rule-causes.ts'
import { parseNft, parseSave, type RuleCount } from '../../../src/check/rule-counters.ts'

function causesOf(counts: readonly RuleCount[]): string[] {
  const at = (rules: readonly RuleCount[]): Evidence['before'] => ({ facts: new Map(), rules: new Map([['fw', rules]]) })
  const evidence: Partial<Evidence> = { before: at(counts.map((count) => ({ ...count, packets: 0 }))), after: at(counts) }
  return ruleCauses(evidence as Evidence, 'fw')
}

describe('a rule that dropped a packet', () => {
  it('must be told with the rules that led to its chain, however many', () => {
    const saved =
      '*filter\n[1:60] -A FORWARD -j bad\n[1:60] -A bad -p tcp -g log-drop\n[0:0] -A OUTPUT -j log-drop\n[1:60] -A log-drop -j DROP\n'
    expect(causesOf(parseSave('iptables', saved))).toEqual([
      'fw dropped it by rule 1 of chain log-drop: iptables -A log-drop -j DROP',
      'It came there by rule 1 of chain bad: iptables -A bad -p tcp -g log-drop',
      'It came there by rule 1 of chain FORWARD: iptables -A FORWARD -j bad',
    ])
  })

  it('must be told alone where no rule that counts led there', () => {
    const listed =
      'table inet f {\n\tchain x {\n\t\tcounter packets 1 bytes 60 drop # handle 3\n\t}\n\tchain y {\n\t\tjump x # handle 4\n\t}\n}\n'
    expect(causesOf(parseNft(listed))).toEqual(['fw dropped it by rule 1 of chain inet f x: nftables counter drop'])
  })
})
