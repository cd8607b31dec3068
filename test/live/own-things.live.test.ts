/** What is in a node beside netlab's own things must not be taken for them. */
import { describe, expect, test as onShared } from 'vitest'
import { sharedLab, test } from '../support/live-lab.ts'

test("a pair of links made by hand must not be taken for another nodes' cable, whatever its numbers are", async ({ lab }) => {
  await lab.up(`
nodes: { c: {}, fw: {}, s: {} }
links:
  - { endpoints: [c, fw], subnet: 10.0.0.0/24 }
  - { endpoints: [fw, s], subnet: 10.0.1.0/24 }
`)
  // The numbers of the cable c - fw, the other way round.
  const [near] = await lab.ip('c', 'link show eth0')
  const [far] = await lab.ip('fw', 'link show eth0')
  await lab.sh('s', `ip link add mine index ${String(far?.['ifindex'])} type veth peer name other index ${String(near?.['ifindex'])}`)
  expect(await lab.drift()).toEqual([])
})

describe('packet filters of two tools', () => {
  const file = `
nodes:
  a:
    iptables: [-A INPUT -p tcp --dport 81 -j DROP]
    nftables: |
      table inet t {
        chain c { type filter hook input priority 0; tcp dport 82 drop; }
      }
`
  const lab = sharedLab(file, 'table:iptables', 'table:nft')

  onShared('rules of both must stand in one node side by side', async () => {
    expect(await lab.drift()).toEqual([])
    await lab.sh('a', 'nft delete table inet t')
    expect(await lab.drift()).toMatchObject([{ type: 'set ruleset', netns: 'a', tool: 'nftables' }])
    await lab.up(file)
    expect(await lab.sh('a', 'iptables -S INPUT')).toContain('--dport 81 -j DROP')
    expect(await lab.sh('a', 'nft list table inet t')).toContain('tcp dport 82 drop')
  })
})
