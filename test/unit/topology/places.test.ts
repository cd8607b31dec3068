import { expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'
import { createFindings } from '../../../src/topology/findings.ts'
import { load } from '../../../src/topology/load.ts'
import { resolveTopology } from '../../../src/topology/resolve.ts'
import { gradedTests } from '../../../src/topology/tests/read-tests.ts'

const detailsOf = (tests: readonly object[], more: object = {}): string[] =>
  compileTopology({
    nodes: { h1: {}, h2: {} },
    bridges: { s1: { subnet: ['10.0.0.0/24', 'fd00::/64'] }, s2: {} },
    links: [
      ['s1', 's2'],
      ['h1', 's1'],
      ['h2', 's2'],
    ],
    tests,
    ...more,
  }).diagnostics.map(({ detail }) => detail)

test('a step may name a port of a bridge, which an unknown one has in its finding', () => {
  expect(detailsOf([{ steps: [{ down: 's1:s1.s2' }, { up: 's1:s1.s2' }] }])).toEqual([])
  expect(detailsOf([{ steps: [{ down: 's1:s2' }] }])).toEqual(['The bridge "s1" has no port "s2". It has s1.s2, h1.eth0.'])
  expect(detailsOf([{ steps: [{ down: 's2' }] }])).toEqual(['Which port of "s2"? It has s2.s1, h2.eth0.'])
})

test('arp and nd must ask by the family that they are for', () => {
  expect(
    detailsOf([
      { from: 'h1', to: 'h2', arp: {} },
      { from: 'h1', to: 'h2', nd: {} },
    ]),
  ).toEqual([])
  expect(detailsOf([{ from: 'h1', to: 'h2', nd: {}, family: 4 }])).toEqual([
    '10.0.0.2 is not asked by nd: neighbour discovery is for IPv6.',
  ])
})

test('a switch without its cable must be the only finding, not whoever is behind it', () => {
  const found = detailsOf([], {
    nodes: { 'h[1-2]': { gateway: '10.0.0.254' } },
    links: [
      ['s1', 's[2,3]'],
      ['h[1-2]', 's2'],
    ],
  })
  expect(found).toEqual(['"[2,3]" is not a range: two numbers are wanted, as in [1-3].'])
})

test('a switch without its cable must hide nothing of those who are elsewhere', () => {
  const found = detailsOf([], {
    nodes: { h1: { gateway: '10.9.9.9' }, h2: { gateway: '10.9.9.9' }, far: { gateway: '10.9.9.9' } },
    links: [['s1', 'nobody'], ['s1', 's2'], ['h1', 's1'], ['h2', 's2'], { endpoints: ['far', 'h1'], subnet: '10.1.0.0/24' }],
  })
  expect(found).toEqual(['10.9.9.9 is on no subnet of far, which is on 10.1.0.0/24 (eth0).', 'There is no node or bridge "nobody".'])
})

test('a test that asks for nothing sensible must be told of whom it cannot ask, too', () => {
  const found = detailsOf([
    { from: 'h1', to: 'h3', tcp: 'eighty' },
    { from: 'h4', to: 'h2', ping: {}, expect: 'open' },
  ])
  expect(found.filter((detail) => /h[34]/.test(detail))).toEqual([expect.stringContaining('"h3"'), expect.stringContaining('"h4"')])
  expect(found).toHaveLength(4)
})

test('the ports of bridges must be worked out once, however many graded tests name them', () => {
  const findings = createFindings()
  const ports = ['s1:s1.s2', 's2:s2.s1', 's1:h1.eth0']
  const file = {
    nodes: { h1: {} },
    bridges: { s1: {}, s2: {} },
    links: [
      ['s1', 's2'],
      ['h1', 's1'],
    ],
    tests: ports.map((down) => ({ steps: [{ down }] })),
  }
  const { root, damage } = load(file, findings, undefined)
  const topology = resolveTopology('lab', root!, findings, damage)
  let times = 0
  const counting = {
    ...topology,
    get cables() {
      times++
      return topology.cables
    },
  }
  expect(gradedTests(root!, counting, damage).map(({ problem }) => problem)).toEqual(ports.map(() => undefined))
  expect(times).toBe(1)
})

test('a test that asks by one family must say so in its name', () => {
  const { tests } = compileTopology({
    nodes: { h1: {}, h2: {} },
    links: [{ endpoints: ['h1', 'h2'], subnet: ['10.0.0.0/24', 'fd00::/64'] }],
    tests: [
      { from: 'h1', to: 'h2', ping: {} },
      { from: 'h1', to: 'h2', ping: {}, family: 6 },
    ],
  })
  expect(tests.map(({ name }) => name)).toEqual(['h1 → h2 ping reply', 'h1 → h2 ping reply over IPv6'])
})
