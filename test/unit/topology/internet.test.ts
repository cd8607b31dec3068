import { describe, expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'
import { INTERNET } from '../../../src/state/network.ts'
import type { NamespaceState } from '../../../src/state/network.ts'

function compiled(file: object): (node: string) => NamespaceState {
  const { desired, diagnostics } = compileTopology(file)
  expect(diagnostics).toEqual([])
  return (node) => desired!.namespaces.get(node)!
}

const routesOf = ({ routes }: NamespaceState): string[] =>
  [...routes.values()].map(({ dst, nexthops: [hop] }) => `${dst} ${hop?.via} ${hop?.dev}`)
const addrsOf = ({ addrs }: NamespaceState): string[] =>
  [...addrs.values()].map(({ ifname, local, prefixlen }) => `${ifname} ${local}/${prefixlen}`)
const resolverOf = ({ files }: NamespaceState): unknown => files.get('/etc/resolv.conf')?.content

function complaints(file: object): string[] {
  return compileTopology(file).diagnostics.map(({ code, detail }) => `${code}: ${detail}`)
}

describe('internet', () => {
  test('of a node gives it a link, a default route and a name server', () => {
    const at = compiled({ nodes: { h1: { internet: true }, h2: {} } })
    expect(addrsOf(at('h1'))).toEqual(['internet 100.127.128.2/30'])
    expect(routesOf(at('h1'))).toEqual(['0.0.0.0/0 100.127.128.1 internet'])
    expect(resolverOf(at('h1'))).toBe('nameserver 100.127.1.1\n')
    expect(at('h2').links.size).toBe(1)
    expect([...at(INTERNET).links.keys()]).toEqual(['lo', 'h1', 'host'])
    expect([...at(INTERNET).services.keys()]).toEqual(['@uplink', '@dns'])
    expect(at('h2').files.get('/etc/hosts')?.content).not.toContain(INTERNET)
  })

  test('leaves the default route and the name servers that the file names', () => {
    const node = { internet: true, dns: '10.0.0.53', interfaces: { eth0: { address: '10.0.0.1/24' } }, routes: 'default via 10.0.0.2' }
    const at = compiled({
      nodes: { h1: node, h2: { forwarding: true, interfaces: { eth0: { address: '10.0.0.2/24' } } } },
      links: [['h1:eth0', 'h2:eth0']],
    })
    expect(routesOf(at('h1'))).toEqual(['0.0.0.0/0 10.0.0.2 eth0'])
    expect(resolverOf(at('h1'))).toBe('nameserver 10.0.0.53\n')
  })

  test('of a bridge takes the last free address and serves whoever is on it, behind other bridges, too', () => {
    const at = compiled({
      nodes: { h1: {}, h2: { interfaces: { eth0: { address: ['10.0.0.254/24', 'fd00::5/64'] } } } },
      bridges: { lan: { subnet: '10.0.0.0/24', internet: true }, far: {} },
      links: [
        ['h1', 'lan'],
        ['lan', 'far'],
        ['h2', 'far'],
      ],
    })
    expect(addrsOf(at(INTERNET))).toContain('lan 10.0.0.253/24')
    expect(routesOf(at('h1'))).toEqual(['0.0.0.0/0 10.0.0.253 eth0'])
    expect(routesOf(at('h2'))).toEqual(['0.0.0.0/0 10.0.0.253 eth0', '::/0 fd00::fffe eth0'])
  })

  test('serves the lines that the file has, and lets none at another', () => {
    const { rulesets } = compiled({ nodes: { 'h[1-2]': { internet: true } } })(INTERNET)
    const accepts = rulesets
      .get('nftables')!
      .input!.split('\n')
      .filter((line) => line.includes('saddr'))
      .map((line) => line.trim())
    expect(accepts).toEqual([
      'iifname "h1" oifname "host" ip saddr 100.127.128.2/32 accept',
      'iifname "h2" oifname "host" ip saddr 100.127.128.6/32 accept',
    ])
  })

  test('is refused where it cannot be', () => {
    const links = [['h1', 'lan']]
    expect(complaints({ nodes: { h1: { internet: true, loopback: '100.127.3.1' } } })).toEqual([
      expect.stringContaining('OVERLAPPING_SUBNETS: 100.127.0.0/16 is what `internet` uses itself'),
    ])
    expect(complaints({ nodes: { h1: { internet: true, interfaces: { internet: { kind: 'dummy' } } } } })).toEqual([
      expect.stringContaining('INTERFACE_TAKEN: h1 has an interface "internet" already'),
    ])
    expect(complaints({ nodes: { h1: {} }, bridges: { lan: { internet: true } }, links })).toEqual([
      expect.stringContaining('INVALID_VALUE: Nobody on lan has an address'),
    ])
    expect(
      complaints({ nodes: { h1: {} }, bridges: { lan: { internet: true, vlan_filtering: true, subnet: '10.0.0.0/24' } }, links }),
    ).toEqual([expect.stringContaining('INVALID_VALUE: A bridge with `vlan_filtering` has no place')])
    const two = { a: { subnet: '10.0.0.0/24', internet: true }, b: { subnet: '10.0.0.0/25', internet: true } }
    expect(
      complaints({
        nodes: { h1: {}, h2: {} },
        bridges: two,
        links: [
          ['h1', 'a'],
          ['h2', 'b'],
        ],
      }),
    ).toContainEqual(expect.stringContaining('answers from outside could not be told apart'))
  })
})
