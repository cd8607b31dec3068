import { describe, expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'
import { portsOfService } from '../../../src/state/forward.ts'

function portsOf(...ports: string[]): unknown[] {
  const { desired, diagnostics } = compileTopology({ nodes: { web: { ports } } })
  expect(diagnostics).toEqual([])
  return [...desired!.namespaces.get('web')!.services].map(([name, service]) => [name, ...portsOfService(service)])
}

function complaints(nodes: object): string[] {
  return compileTopology({ nodes }).diagnostics.map(({ code, detail }) => `${code}: ${detail}`)
}

describe('ports', () => {
  test("are read in Docker's words", () => {
    expect(portsOf('8080:80', '[::1]:53:5353/udp', '0.0.0.0:9000-9001:90-91/tcp')).toEqual([
      ['@tcp-8080', { protocol: 'tcp', address: '127.0.0.1', port: 8080, portThere: 80 }],
      ['@udp-::1-53', { protocol: 'udp', address: '::1', port: 53, portThere: 5353 }],
      [
        '@tcp-0.0.0.0-9000-9001',
        { protocol: 'tcp', address: '0.0.0.0', port: 9000, portThere: 90 },
        { protocol: 'tcp', address: '0.0.0.0', port: 9001, portThere: 91 },
      ],
    ])
  })

  test.each([
    ['80', 'is not a port to publish'],
    ['8080:http', 'is not a port to publish'],
    ['8080:80/sctp', 'is not a port to publish'],
    ['0:80', '0 is not a port'],
    ['8080:70000', '70000 is not a port'],
    ['8080-8082:80-81', 'must be of equal length'],
    ['8082-8080:80-78', 'must be of equal length'],
    ['300.0.0.1:8080:80', 'is not an address'],
    ['1-2000:1-2000', 'publishes 2000 ports'],
  ])('%s is refused', (port, words) => {
    expect(complaints({ web: { ports: [port] } })).toEqual([expect.stringContaining(words)])
  })

  test('one port leads to one node', () => {
    expect(complaints({ a: { ports: ['8080:80'] }, b: { ports: ['8080:80/udp', '0.0.0.0:8079-8080:1-2'] } })).toEqual([
      'PORT_TAKEN: tcp port 8080 of this machine leads to a already.',
    ])
    expect(complaints({ a: { ports: ['8080:80'] }, b: { ports: ['127.0.0.2:8080:80'] } })).toEqual([])
  })
})
