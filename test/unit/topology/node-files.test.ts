// node-files.ts: /etc/hosts, of which getaddrinfo(3) takes all lines of a name, and a look-up of an address the first.
import { expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'

/** Its lines in a node, without those of localhost, a blank for each tab. */
function hostsOf(file: object, node: string): string[] {
  const { desired, diagnostics } = compileTopology(file)
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  const text = String(desired!.namespaces.get(node)!.files.get('/etc/hosts')!.content)
  return text.replaceAll('\t', ' ').trim().split('\n').slice(2)
}

const at = (node: string, ...address: string[]): object => ({ node, address })

test('a name has all addresses of its node, the first first, the loopback last', () => {
  const file = {
    nodes: { r1: { loopback: ['10.9.0.1/32', 'fd00:9::1/128'] }, r2: {} },
    bridges: { sw: { address: '10.0.0.3/24' } },
    links: [
      [at('r1', '10.0.0.1/24', 'fd00::1/64', '10.0.0.11/24'), 'sw'],
      [at('r1', '10.0.1.1/24'), at('r2', '10.0.1.2/24')],
    ],
  }
  expect(hostsOf(file, 'r2')).toEqual([
    '10.0.0.1 r1',
    '10.0.0.11 r1',
    '10.0.1.1 r1',
    '10.9.0.1 r1',
    'fd00::1 r1',
    'fd00:9::1 r1',
    '10.0.1.2 r2',
    '10.0.0.3 sw',
  ])
})

test("an address that several nodes have is no one's name, and only a node without another has it", () => {
  const file = {
    nodes: { ns1: { loopback: '10.53.0.53' }, ns2: { loopback: '10.53.0.53' }, a: {}, b: {} },
    links: [
      [at('ns1', '10.0.0.1/24'), at('ns2', '10.0.0.2/24')],
      [at('a', '192.168.1.1/24'), at('ns1', '192.168.1.2/24')],
      [at('b', '192.168.1.1/24'), at('ns2', '192.168.1.3/24')],
    ],
  }
  expect(hostsOf(file, 'a')).toEqual([
    '10.0.0.1 ns1',
    '192.168.1.2 ns1',
    '10.0.0.2 ns2',
    '192.168.1.3 ns2',
    '192.168.1.1 192.168.1.1 # of several nodes',
    '192.168.1.1 a',
    '192.168.1.1 b',
  ])
})

test("addresses that mean another node elsewhere are no name's", () => {
  const file = {
    nodes: { a: { loopback: '127.0.0.9/8' }, b: {} },
    links: [[at('a', 'fe80::1/64'), at('b', '10.0.0.2/24')]],
  }
  expect(hostsOf(file, 'a')).toEqual(['10.0.0.2 b', '127.0.1.1 a'])
  expect(hostsOf(file, 'b')).toEqual(['10.0.0.2 b'])
})

test('lines of the file itself come before those of the lab', () => {
  const file = {
    nodes: { a: { hosts: { '10.0.0.2': 'uplink' } }, b: {} },
    links: [[at('a', '10.0.0.1/24'), at('b', '10.0.0.2/24')]],
  }
  expect(hostsOf(file, 'a')).toEqual(['10.0.0.2 uplink', '10.0.0.1 a', '10.0.0.2 b'])
  expect(hostsOf(file, 'b')).toEqual(['10.0.0.1 a', '10.0.0.2 b'])
})
