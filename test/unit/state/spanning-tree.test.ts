import { expect, test } from 'vitest'
import { FABRIC, type BridgeLink, type NetworkState } from '../../../src/state/network.ts'
import { withOwnOptions } from '../../../src/state/spanning-tree.ts'

const told: BridgeLink = {
  kind: 'bridge',
  up: true,
  mtu: 1500,
  stp: true,
  priority: 32768,
  ageingCs: 30000,
  forwardDelayCs: 1500,
  helloCs: 200,
  maxAgeCs: 2000,
  mcastSnooping: false,
}

const network = (link: BridgeLink): NetworkState => {
  const nothing = {
    mounts: new Map(),
    qdiscs: new Map(),
    addrs: new Map(),
    routes: new Map(),
    rules: new Map(),
    neighs: new Map(),
    sysctls: new Map(),
    files: new Map(),
  }
  const fabric = {
    kind: 'fabric' as const,
    links: new Map([['sw', link]]),
    ...nothing,
    rulesets: new Map(),
    setup: [],
    services: new Map(),
  }
  return { namespaces: new Map([[FABRIC, fabric]]) }
}

const sw = (state: NetworkState) => state.namespaces.get(FABRIC)?.links.get('sw')

test("the root's timers are not taken for the bridge's own", () => {
  const observed = { ...told, forwardDelayCs: 200, maxAgeCs: 600, lent: ['forwardDelayCs', 'helloCs', 'maxAgeCs'] as const }
  expect(sw(withOwnOptions(network(observed), network(told)))).toEqual({ ...told, lent: observed.lent })
})

test('what the tree has not lent counts as it is', () => {
  const observed = { ...told, ageingCs: 400, priority: 4096, lent: ['ageingCs'] as const }
  expect(sw(withOwnOptions(network(observed), network(told)))).toMatchObject({ ageingCs: 30000, priority: 4096 })
})

test('a bridge that nobody has asked for stays as it is', () => {
  const observed = network({ ...told, ageingCs: 400, lent: ['ageingCs'] })
  expect(withOwnOptions(observed, { namespaces: new Map() })).toBe(observed)
})
