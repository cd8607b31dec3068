import { describe, expect, it } from 'vitest'
import { withoutConsequences } from '../../../src/lab/daemon-config.ts'

describe('what vtysh does not know', () => {
  const config = 'router opsf\n network 10.0.0.0/8 area 0\n!\n  passive-interface lo\nrouter bgp 1\n neigbor 10.0.0.1 remote-as 2\n'
  const said = (line: number): string => `line ${line}: % Unknown command[4]: …`

  it('must be told of the head of a section, not of the lines in it that follow from that', () => {
    expect(withoutConsequences(config, [said(1), said(2), said(4), said(6)])).toEqual([said(1), said(6)])
    expect(withoutConsequences(config, [said(2), said(4)])).toEqual([said(2), said(4)])
  })

  it('must be told where nobody says a line', () => {
    expect(withoutConsequences(config, ['exit status 1: no words'])).toEqual(['exit status 1: no words'])
  })
})
