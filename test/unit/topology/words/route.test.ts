import { describe, expect, it } from 'vitest'
import { parseRouteWords } from '../../../../src/topology/words/route.ts'

const V4 = { family: 4, type: 'unicast' }
const V6 = { family: 6, type: 'unicast' }

describe('parseRouteWords', () => {
  it.each([
    ['default via 10.0.0.1', { ...V4, to: '0.0.0.0/0', via: '10.0.0.1' }],
    ['default via 10.0.0.1 dev eth0 metric 5', { ...V4, to: '0.0.0.0/0', via: '10.0.0.1', dev: 'eth0', metric: 5 }],
    ['default via fd00::1', { ...V6, to: '::/0', via: 'fd00::1' }],
    ['default dev eth0', { ...V4, to: '0.0.0.0/0', dev: 'eth0' }],
    ['any via 10.0.0.1', { ...V4, to: '0.0.0.0/0', via: '10.0.0.1' }],
    ['via 10.0.0.1 default', { ...V4, to: '0.0.0.0/0', via: '10.0.0.1' }],
    ['::/0 via fe80::1 dev eth0', { ...V6, to: '::/0', via: 'fe80::1', dev: 'eth0' }],
    ['10.9.0.0/16 via 10.0.2.9', { ...V4, to: '10.9.0.0/16', via: '10.0.2.9' }],
    ['to 10.9.0.0/16 via 10.0.2.9', { ...V4, to: '10.9.0.0/16', via: '10.0.2.9' }],
    ['10.9.0.7 dev eth0', { ...V4, to: '10.9.0.7/32', dev: 'eth0' }],
    ['fd00::7 via FD00:0::1', { ...V6, to: 'fd00::7/128', via: 'fd00::1' }],
    ['fd00::7/64 via fd01::1', { ...V6, to: 'fd00::/64', via: 'fd01::1' }],
    ['blackhole 10.0.0.0/8', { family: 4, type: 'blackhole', to: '10.0.0.0/8' }],
    ['unreachable default', { family: 4, type: 'unreachable', to: '0.0.0.0/0' }],
    ['prohibit fd00::/8 metric 0x10', { family: 6, type: 'prohibit', to: 'fd00::/8', metric: 16 }],
    ['unicast 10.0.0.0/8 dev eth0', { ...V4, to: '10.0.0.0/8', dev: 'eth0' }],
    ['10.0.0.0/8 dev eth0 table main', { ...V4, to: '10.0.0.0/8', dev: 'eth0', table: 254 }],
    ['10.0.0.0/8 dev eth0 table 100 preference 7', { ...V4, to: '10.0.0.0/8', dev: 'eth0', table: 100, metric: 7 }],
    ['10.0.0.0/8 oif eth0 priority 4294967295', { ...V4, to: '10.0.0.0/8', dev: 'eth0', metric: 4294967295 }],
    ['10.0.0.0/8 dev eth0 src 10.1.0.1 mtu 1400', { ...V4, to: '10.0.0.0/8', dev: 'eth0', src: '10.1.0.1', mtu: 1400 }],
    ['10.0.0.0/8 dev eth0 proto static scope host', { ...V4, to: '10.0.0.0/8', dev: 'eth0', protocol: 4, scope: 254 }],
    ['default via 10.0.0.1 protocol 77 scope global', { ...V4, to: '0.0.0.0/0', via: '10.0.0.1', protocol: 77, scope: 0 }],
    ['fd00::/8 dev eth0 scope link proto bird', { ...V6, to: 'fd00::/8', dev: 'eth0', protocol: 12 }],
    [
      'default via 10.0.0.1 window 7 advmss 1360 reordering 5 hoplimit 9 initcwnd 20 initrwnd 30 quickack 0',
      {
        ...{ ...V4, to: '0.0.0.0/0', via: '10.0.0.1', window: 7, advmss: 1360, reordering: 5, hoplimit: 9 },
        ...{ initcwnd: 20, initrwnd: 30, quickack: 0 },
      },
    ],
    ['10.0.0.0/8 via 192.0.2.1 dev eth0 onlink', { ...V4, to: '10.0.0.0/8', via: '192.0.2.1', dev: 'eth0', onlink: true }],
    ['10.0.0.0/8 via inet6 fe80::1 dev eth0', { ...V4, to: '10.0.0.0/8', via: 'fe80::1', dev: 'eth0' }],
    ['default via inet6 fe80::1 dev eth0', { ...V4, to: '0.0.0.0/0', via: 'fe80::1', dev: 'eth0' }],
    ['default via inet 10.0.0.1', { ...V4, to: '0.0.0.0/0', via: '10.0.0.1' }],
    [
      '10.4.0.0/16 nexthop via 10.0.1.1 weight 2 nexthop via 10.0.2.1 dev eth1 weight 256',
      {
        ...V4,
        to: '10.4.0.0/16',
        nexthops: [
          { via: '10.0.1.1', weight: 2 },
          { via: '10.0.2.1', dev: 'eth1', weight: 256 },
        ],
      },
    ],
    [
      'default metric 9 nexthop via fe80::1 dev eth0 nexthop via fe80::2 dev eth1 onlink',
      {
        ...V6,
        to: '::/0',
        metric: 9,
        nexthops: [
          { via: 'fe80::1', dev: 'eth0' },
          { via: 'fe80::2', dev: 'eth1', onlink: true },
        ],
      },
    ],
    ['  default \t via   10.0.0.1 ', { ...V4, to: '0.0.0.0/0', via: '10.0.0.1' }],
  ])('reads "%s"', (text, expected) => {
    const parsed = parseRouteWords(text)
    expect(parsed.problems).toEqual([])
    expect(parsed.value).toEqual(expected)
  })

  it.each([
    ['', '', 'has no destination'],
    ['via 10.0.0.1', 'via 10.0.0.1', 'has no destination'],
    ['10.0.0.0/8', '10.0.0.0/8', 'leads nowhere'],
    ['default via', 'via', '"via" wants an address after it'],
    ['default via 10.0.0', '10.0.0', '"10.0.0" is not an address'],
    ['default via 10.0.0.1/24', '10.0.0.1/24', 'write 10.0.0.1.'],
    ['default vai 10.0.0.1', 'vai', 'Did you mean "via"?'],
    ['defualt via 10.0.0.1', 'defualt', 'Did you mean "default"?'],
    ['default via 10.0.0.1 tos 0x10', 'tos', 'does not take "tos" of "ip route add". It takes to, default, metric'],
    ['default via 10.0.0.1 scope link', 'link', 'its scope is global'],
    ['10.0.0.0/8 dev eth0 scope far', 'far', 'is not a scope: global, site, link, host'],
    ['10.0.0.0/8 dev eth0 scope 255', '255', 'is not a scope'],
    ['default via 10.0.0.1 proto kernel', 'kernel', "the kernel's own"],
    ['default via 10.0.0.1 proto 9', '9', "the kernel's own"],
    ['default via 10.0.0.1 proto 256', '256', 'is not a protocol'],
    ['default via 10.0.0.1 hoplimit 256', '256', 'from 1 to 255'],
    ['default via 10.0.0.1 quickack 2', '2', 'from 0 to 1'],
    ['local 10.0.0.1 dev lo', 'local', 'does not take "local"'],
    ['throw 10.0.0.0/8', 'throw', 'does not take "throw"'],
    ['default via 10.0.0.1 via 10.0.0.2', 'via', 'again'],
    ['default via 10.0.0.1 metric 1 metric 2', 'metric', 'again'],
    ['default via 10.0.0.1 10.0.0.0/8', '10.0.0.0/8', 'not a word'],
    ['10.0.0.1/8 via 10.0.0.1', '10.0.0.1/8', 'write 10.0.0.0/8'],
    ['10/8 via 10.0.0.1', '10/8', 'Write 10.0.0.0/8'],
    ['10.9/16 via 10.0.0.1', '10.9/16', 'Write 10.9.0.0/16'],
    ['10.0.0.0/33 via 10.0.0.1', '10.0.0.0/33', 'is not a prefix'],
    ['default via 10.0.0.1 metric -1', '-1', '0 to 4294967295'],
    ['default via 10.0.0.1 metric 4294967296', '4294967296', '0 to 4294967295'],
    ['default via 10.0.0.1 metric 010', '010', '0 to 4294967295'],
    ['default via 10.0.0.1 table 0', '0', 'is not a table'],
    ['default via 10.0.0.1 table blue', 'blue', 'is not a table'],
    ['default via 10.0.0.1 mtu lock 1400', 'lock', '"mtu lock"'],
    ['default via 10.0.0.1 mtu 0', '0', 'from 1'],
    ['default dev a/b', 'a/b', '"/"'],
    ['default dev a_name_that_is_long', 'a_name_that_is_long', '19 bytes'],
    ['10.0.0.0/8 via fe80::1 dev eth0', 'fe80::1', 'write "via inet6 fe80::1"'],
    ['10.0.0.0/8 via inet6 10.0.0.1', '10.0.0.1', 'is an IPv4 address, but "inet6" was said'],
    ['fd00::/8 via 10.0.0.1', '10.0.0.1', 'no IPv6 destination'],
    ['default via fe80::1', 'fe80::1', 'is on every link'],
    ['10.0.0.0/8 dev eth0 src fd00::1', 'fd00::1', 'is not an IPv4 address'],
    ['10.0.0.0/8 via 10.0.0.1 onlink', 'onlink', 'wants both'],
    ['10.0.0.0/8 onlink', 'onlink', 'leads nowhere'],
    ['blackhole 10.0.0.0/8 via 10.0.0.1', '10.0.0.1', 'takes no "via"'],
    ['blackhole 10.0.0.0/8 nexthop via 10.0.0.1', 'nexthop', 'takes no "nexthop"'],
    ['blackhole', 'blackhole', 'wants a prefix'],
    ['default via 10.0.0.1 weight 3', 'weight', 'belongs to a "nexthop"'],
    ['default nexthop via 10.0.0.1 weight 257', '257', 'from 1 to 256'],
    ['default nexthop via 10.0.0.1 metric 3', 'metric', 'must stand before the first "nexthop"'],
    ['default nexthop via 10.0.0.1 wieght 3', 'wieght', 'Did you mean "weight"?'],
    ['default via 10.0.0.9 nexthop via 10.0.0.1', '10.0.0.9', 'not both'],
    ['default nexthop nexthop via 10.0.0.1', 'nexthop', 'leads nowhere'],
    ['default nexthop via fd00::1 nexthop via 10.0.0.1', '10.0.0.1', 'no IPv6 destination'],
  ])('says what is wrong with "%s"', (text, marked, words) => {
    const { value, problems } = parseRouteWords(text)
    expect(value).toBeUndefined()
    expect(problems).toHaveLength(1)
    const [problem] = problems
    expect(text.slice(problem?.offset, (problem?.offset ?? 0) + (problem?.length ?? 0))).toBe(marked)
    expect(problem?.message).toContain(words)
  })

  it('finds several problems at once', () => {
    expect(parseRouteWords('10.0.0.0/33 via 10.0.0 dev a/b metric x').problems).toHaveLength(4)
  })

  it('remembers where each value stands', () => {
    const text = 'default nexthop via 10.0.0.1 dev eth0 nexthop via 10.0.0.2 dev eth1'
    const place = parseRouteWords(text).places.get('nexthops.1.dev')
    expect(text.slice(place?.offset, (place?.offset ?? 0) + (place?.length ?? 0))).toBe('eth1')
  })
})
