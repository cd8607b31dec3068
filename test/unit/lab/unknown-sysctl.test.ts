import { expect, test } from 'vitest'
import { findUnknownSysctls } from '../../../src/lab/unknown-sysctl.ts'
import { compileTopology } from '../../../src/topology/compile.ts'

const compiled = (sysctls: object): ReturnType<typeof compileTopology> =>
  compileTopology({ nodes: { 'h[1-2]': { sysctls } }, links: [['h1', 'h2']] })
const detailsOf = (sysctls: object): string[] => findUnknownSysctls(compiled(sysctls).needs).map(({ detail }) => detail)

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
  const { diagnostics } = compiled({
    'net.ipv4.conf.eth1.rp_filter': 0,
    'net.ipv6.conf.eth0/10.accept_ra': 0,
    'net.ipv4.conf.lo.rp_filter': 0,
  })
  expect(diagnostics.map(({ code, detail }) => `${code}: ${detail}`)).toEqual([
    'UNKNOWN_INTERFACE: net.ipv4.conf.eth1.rp_filter is of an interface "eth1", and h1 has lo, eth0. Did you mean "eth0"? The same goes for 1 more here.',
    'UNKNOWN_INTERFACE: net.ipv6.conf.eth0/10.accept_ra is of an interface "eth0.10", and h1 has lo, eth0. The same goes for 1 more here.',
  ])
})

test('both must be told beside what else is wrong', () => {
  const { needs, diagnostics } = compileTopology({
    nodes: { h1: { sysctls: { 'net.ipv4.tcp_ecnn': 1, 'net.ipv4.conf.eth7.rp_filter': 0 } }, h2: { gateway: 'nobody' } },
    links: [['h1', 'h2']],
  })
  expect(diagnostics.map(({ code }) => code)).toEqual(expect.arrayContaining(['UNKNOWN_INTERFACE', 'UNKNOWN_NODE']))
  expect(findUnknownSysctls(needs)).toMatchObject([
    { detail: 'This kernel has no sysctl net.ipv4.tcp_ecnn. Did you mean "net.ipv4.tcp_ecn"?' },
  ])
})
