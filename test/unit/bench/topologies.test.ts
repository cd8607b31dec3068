/** The benchmark's topologies: netlab's file must promise the very network that floor.c builds, or the ratio compares two things. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'
import { chain, fatTree, formatFloor, formatYaml, pair, star } from '../../bench/topologies.js'

const folder = mkdtempSync(join(tmpdir(), 'netlab-bench-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a chain of three is two cables and the routes between its ends', () => {
  expect(formatFloor(chain(3)).trim().split('\n')).toEqual([
    'node 1',
    'node 1',
    'node 1',
    'link 0 10.0.0.1 1 10.0.0.2 30',
    'link 1 10.0.0.5 2 10.0.0.6 30',
    'route 0 0.0.0.0 0 10.0.0.2',
    'route 1 0.0.0.0 0 10.0.0.6',
    'route 2 10.0.0.0 8 10.0.0.5',
    'ping 0 2 10.0.0.6',
  ])
})

test('a fat-tree of k has five quarters of k² switches and a quarter of k³ hosts', () => {
  const { nodes, links } = fatTree(4)
  expect(nodes.length).toBe(20 + 16)
  expect(links.length).toBe(3 * 16)
})

test.each([pair(), star(3), chain(4), fatTree(4)])('$name is the same in both forms', (topology) => {
  const file = join(folder, `${topology.name}.yaml`)
  writeFileSync(file, formatYaml(topology))
  const { desired, diagnostics } = compileTopology(file)
  expect(diagnostics).toEqual([])
  for (const [i, node] of topology.nodes.entries()) {
    const namespace = desired?.namespaces.get(`n${i}`)
    const addresses = topology.links
      .flatMap(({ a, b, prefixlen }) => [a, b].map((end) => ({ ...end, prefixlen })))
      .filter((end) => end.node === i)
      .map(({ address, prefixlen }) => `${address}/${prefixlen}`)
    const found = [...(namespace?.addrs.values() ?? [])].filter(({ ifname }) => ifname !== 'lo')
    expect(found.map(({ local, prefixlen }) => `${local}/${prefixlen}`).sort()).toEqual(addresses.sort())
    const routes = node.routes.map(({ to, prefixlen, via }) => `${to}/${prefixlen} via ${via}`)
    expect([...(namespace?.routes.values() ?? [])].map(({ dst, nexthops }) => `${dst} via ${nexthops[0]?.via}`).sort()).toEqual(
      routes.sort(),
    )
  }
})
