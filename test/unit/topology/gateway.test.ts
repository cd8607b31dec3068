import { expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'

const links = [{ endpoints: ['r1', 's1'], subnet: '10.0.0.0/30' }]
const codesWith = (route: string, s1: object): string[] =>
  compileTopology({ nodes: { r1: { routes: [route] }, s1 }, links }).diagnostics.map(({ code }) => code)

test.each([
  ['an address on its loopback', '10.9.0.1 via 10.0.0.2', { loopback: '10.9.0.1' }],
  ['a subnet on its loopback', '10.9.0.0/25 via 10.0.0.2', { loopback: '10.9.0.1/24' }],
  ['the address of its interface', '10.0.0.2 via 10.0.0.2', {}],
])('a host takes what is for %s without forwarding', (_, route, s1) => {
  expect(codesWith(route, s1)).toEqual([])
})

test.each([
  ['everything', 'default via 10.0.0.2', { loopback: '10.9.0.1' }],
  ['more than its loopback has', '10.9.0.0/23 via 10.0.0.2', { loopback: '10.9.0.1/24' }],
  ['the subnet that it is on', '10.0.0.0/24 via 10.0.0.2', {}],
])('a host that is the gateway to %s must forward', (_, route, s1) => {
  expect(codesWith(route, s1)).toEqual(['GATEWAY_NOT_FORWARDING'])
})
