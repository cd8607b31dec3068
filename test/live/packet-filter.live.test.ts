/** Packet filter rules of a file must decide over packets. */
import { describe, expect, test } from 'vitest'
import { sharedLab } from '../support/live-lab.ts'

describe('packet filters', () => {
  const lab = sharedLab(
    `
nodes:
  inside: { gateway: fw }
  outside: {}
  fw:
    forwarding: true
    iptables:
      - -P FORWARD DROP
      - -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
      - -A FORWARD -i eth0 -p icmp -m comment --comment "from the inside" -j ACCEPT
      - -t nat -A POSTROUTING -o eth1 -j MASQUERADE
    ip6tables:
      - -P INPUT DROP
      - -A INPUT -p ipv6-icmp --icmpv6-type echo-request -s fd00:1::2 -j ACCEPT
      - -A INPUT -p ipv6-icmp --icmpv6-type neighbour-solicitation -j ACCEPT
      - -A INPUT -p ipv6-icmp --icmpv6-type neighbour-advertisement -j ACCEPT
  nft:
    nftables: |
      table inet guard {
        chain input {
          type filter hook input priority 0; policy accept;
          ip saddr 10.0.3.2 icmp type echo-request counter drop
        }
      }
links:
  - { endpoints: [fw, inside], subnet: [10.0.1.0/24, "fd00:1::/64"] }
  - { endpoints: [fw, outside], subnet: [10.0.2.0/24, "fd00:2::/64"] }
  - { endpoints: [nft, inside], subnet: 10.0.3.0/24 }
  - { endpoints: [nft, outside], subnet: 10.0.4.0/24 }
`,
    'table:iptables',
    'table:ip6tables',
    'table:nft',
  )

  const reaches = async (from: string, to: string) => (await lab.node(from).exec(['ping', '-c', '1', '-W', '1', to])).status === 0

  test('what is accepted must pass, under the address that NAT gives it', async () => {
    expect(await reaches('inside', '10.0.2.2')).toBe(true)
    // outside has no route back to 10.0.1.0/24: only the masquerade can have brought the answer.
    expect(await lab.ip('outside', 'route get 10.0.1.2').catch((error: Error) => error.message)).toMatch(/unreachable/i)
  })

  test('what is dropped must not pass', async () => {
    await lab.sh('outside', 'ip route add 10.0.1.0/24 via 10.0.2.1')
    expect(await reaches('outside', '10.0.1.2')).toBe(false)
    await lab.sh('outside', 'ip route del 10.0.1.0/24')
    expect(await lab.sh('fw', 'iptables -S FORWARD')).toMatch(/^-P FORWARD DROP$/m)
  })

  test('ip6tables must tell sources apart', async () => {
    expect(await reaches('inside', 'fd00:1::1')).toBe(true)
    expect(await reaches('outside', 'fd00:2::1')).toBe(false)
  })

  test('an nftables rule must drop what it matches and nothing else', async () => {
    expect(await reaches('inside', '10.0.3.1')).toBe(false)
    expect(await reaches('outside', '10.0.4.1')).toBe(true)
    expect(await lab.sh('nft', 'nft list ruleset')).toMatch(/counter packets 1 bytes \d+ drop/)
  })
})
