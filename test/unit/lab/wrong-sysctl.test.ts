import { expect, test } from 'vitest'
import { findWrongSysctls } from '../../../src/lab/wrong-sysctl.ts'
import { compileTopology } from '../../../src/topology/compile.ts'

const detailsOf = (sysctls: object): string[] =>
  findWrongSysctls(compileTopology({ nodes: { 'h[1-2]': { sysctls } }, links: [['h1', 'h2']] }).desired!).map(({ detail }) => detail)

test('a sysctl that no network of this kernel has must be found once, with the one that is meant', () => {
  expect(detailsOf({ 'net.ipv4.ip_forwrd': 1, 'net.ipv4.conf.eth0.rp_filtr': 1 })).toEqual([
    'This kernel has no sysctl net.ipv4.ip_forwrd. Did you mean "net.ipv4.ip_forward"?',
    'This kernel has no sysctl net.ipv4.conf.eth0.rp_filtr. Did you mean "net.ipv4.conf.eth0.rp_filter"?',
  ])
})

test('what a node will have must be none: of its links, of all, MPLS', () => {
  expect(detailsOf({ 'net.ipv4.ip_forward': 1, 'net.ipv4.conf.eth0.rp_filter': 1, 'net.mpls.conf.eth0.input': 1 })).toEqual([])
  expect(detailsOf({ 'net.ipv4.neigh.eth0.gc_stale_time': 60 })).toEqual([])
})

test('a sysctl of an interface that the node has not must be found', () => {
  expect(detailsOf({ 'net.ipv4.conf.eth1.rp_filter': 0, 'net.ipv6.conf.eth0/10.accept_ra': 0 })).toEqual([
    'net.ipv4.conf.eth1.rp_filter is of an interface "eth1", and h1 has lo, eth0. Did you mean "eth0"?',
    'net.ipv6.conf.eth0/10.accept_ra is of an interface "eth0.10", and h1 has lo, eth0.',
  ])
})
