/** Checked source tree → Topology, stage by stage. Everything that is wrong is collected on the way; the result counts only without errors. */
import type { RouteState } from '../state/network.ts'
import { addressBits } from '../unit/address.ts'
import { containsPrefix, parsePrefix } from '../unit/prefix.ts'
import { assignAddresses, readLoopback } from './addresses.ts'
import { bridgeStations, portMtus, readBridge } from './bridges.ts'
import { readCables } from './cables.ts'
import type { Damage } from './damage.ts'
import { readDefinitions } from './definitions.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import { plugCables } from './interfaces.ts'
import type { PortDraft, Station } from './interfaces.ts'
import { readNeighs } from './neighs.ts'
import { createRouteReader } from './routes.ts'
import { computeRoutes } from './routing.ts'
import type { RoutedNode } from './routing.ts'
import { readRules } from './rules.ts'
import { checkSegments } from './segment-checks.ts'
import { joinSegments } from './segments.ts'
import { createSettingsReader } from './settings.ts'
import { readAddressing } from './subnets.ts'
import type { Bridge, Interface, InterfaceAddress, Node, NodeSettings, Topology } from './topology.ts'
import { mapAt, scalarAt, textsAt } from './value.ts'
import type { MapValue } from './value.ts'
import { createWiring } from './wiring.ts'

export function resolveTopology(lab: string, root: MapValue, findings: Findings, damage: Damage): Topology {
  const definitions = readDefinitions(root, findings, damage)
  const drafts = readCables(root, definitions, findings, damage)
  const cables = plugCables(lab, drafts, definitions, findings, damage)
  const mtus = portMtus(cables)
  const stationOf = bridgeStations(lab, definitions, mtus, findings)
  const segments = joinSegments(cables, definitions, stationOf, findings)
  const addressing = readAddressing(root, findings)
  const loopbacks = readLoopbacks(definitions, findings)
  assignAddresses(
    cables,
    segments,
    addressing,
    [...loopbacks.values()].flat().map(({ prefix }) => prefix),
    findings,
    damage,
  )
  checkSegments(segments.all, findings)

  const settingsOf = createSettingsReader(findings)
  const wiring = createWiring(segments)
  const forwards = (definition: Definition, family: 4 | 6): boolean =>
    definitions.nodes.get(definition.name) === definition && isForwarding(definition, settingsOf(definition.settings), family)
  const takes = (definition: Definition, family: 4 | 6, to: string): boolean =>
    forwards(definition, family) || isOwn(to, wiring.stationsOf(definition), loopbacks.get(definition.settings) ?? [])
  const routes = createRouteReader(definitions, wiring, takes, findings, damage)
  const routed = [...definitions.nodes.values()].map((definition): RoutedNode => {
    const router = { definition, stations: wiring.stationsOf(definition), loopback: loopbacks.get(definition.settings) ?? [] }
    const routing = scalarAt(definition.settings, 'routing') ?? scalarAt(root, 'routing')
    return {
      ...router,
      mode: routing?.text === 'auto' || routing?.text === 'ecmp' ? routing.text : 'none',
      modeOrigin: routing?.origin,
      forwards: { 4: forwards(definition, 4), 6: forwards(definition, 6) },
      routes: routes.routesOf(router),
    }
  })
  findNoRouters(root, routed, findings)
  computeRoutes(routed, wiring)

  const bridges = new Map<string, Bridge>()
  for (const definition of definitions.bridges.values()) {
    const station = stationOf.get(definition)
    const own = station === undefined ? new Map<string, RouteState>() : routes.routesOf({ definition, stations: [station], loopback: [] })
    bridges.set(definition.name, readBridge(definition, mtus.get(definition), station, own, findings))
  }
  const nodes = new Map<string, Node>()
  const interfaceOf = createInterfaces()
  for (const router of routed) {
    const { definition } = router
    const settings = settingsOf(definition.settings)
    const forwarding = scalarAt(definition.settings, 'forwarding')
    nodes.set(definition.name, {
      name: definition.name,
      origin: definition.origin,
      interfaces: new Map(router.stations.map((station) => [station.ifname, interfaceOf(station)])),
      loopback: router.loopback,
      forwarding: forwarding?.value === true,
      ...(forwarding !== undefined && { forwardingOrigin: forwarding.origin }),
      routes: router.routes,
      rules: readRules(definition.settings, findings),
      neighs: readNeighs(router, wiring, findings, damage),
      settings,
    })
  }
  return {
    name: lab,
    usesIpv6: [...nodes.values()].some(nodeUsesIpv6) || [...bridges.values()].some(({ addresses }) => addresses.some(isAddress6)),
    nodes,
    bridges,
    cables: cables.map(({ ends, draft }) => ({ ends: [interfaceOf(ends[0]), interfaceOf(ends[1])], origin: draft.link.origin })),
  }
}

/** Addresses of `lo` by the settings that name them, read once for all nodes of a range. */
function readLoopbacks(definitions: Definitions, findings: Findings): Map<MapValue, InterfaceAddress[]> {
  const loopbacks = new Map<MapValue, InterfaceAddress[]>()
  for (const { settings } of definitions.nodes.values()) {
    if (loopbacks.has(settings)) continue
    const lo = mapAt(mapAt(settings, 'interfaces'), 'lo')
    for (const [key, entry] of lo?.entries ?? []) {
      if (key !== 'address') findings.error('INVALID_VALUE', entry.key, `The loopback interface takes only \`address\`, not \`${key}\`.`)
    }
    loopbacks.set(settings, readLoopback([...textsAt(settings, 'loopback'), ...textsAt(lo, 'address')], findings))
  }
  return loopbacks
}

/** Whether all addresses of a prefix are the node's own: that of one interface, or a subnet of its loopback, which answers for all of it. */
function isOwn(to: string, stations: readonly Station[], loopback: readonly InterfaceAddress[]): boolean {
  const prefix = parsePrefix(to)
  if (prefix === undefined) return false
  if (loopback.some((address) => containsPrefix(address.prefix, prefix))) return true
  if (prefix.prefixlen !== addressBits(prefix.family)) return false
  return stations.some(({ addresses }) => addresses.some((address) => address.prefix.address === prefix.address))
}

/** `forwarding`, or the sysctls that it stands for, which win. */
function isForwarding(definition: Definition, settings: NodeSettings, family: 4 | 6): boolean {
  const isOn = scalarAt(definition.settings, 'forwarding')?.value === true
  if (settings.sysctls.size === 0) return isOn
  const names = family === 4 ? ['net.ipv4.ip_forward', 'net.ipv4.conf.all.forwarding'] : ['net.ipv6.conf.all.forwarding']
  const values = names.flatMap((name) => settings.sysctls.get(name)?.value ?? [])
  if (values.length > 0) return values.some((value) => value !== '0')
  const perLink = new RegExp(`^net\\.ipv${family}\\.conf\\..+\\.forwarding$`)
  return isOn || [...settings.sysctls].some(([name, sysctl]) => perLink.test(name) && sysctl.value !== '0')
}

function findNoRouters(root: MapValue, nodes: readonly RoutedNode[], findings: Findings): void {
  const routing = scalarAt(root, 'routing')
  if (routing === undefined || routing.text === 'none' || nodes.length === 0) return
  if (nodes.some((node) => node.forwards[4] || node.forwards[6])) return
  findings.warning('NO_ROUTERS', routing.origin, 'No node passes packets on, so there is no path to compute.', {
    hint: 'Give the routers `forwarding: true`.',
  })
}

/** Each end once, so that a node's interface and its cable's end are the same object. */
function createInterfaces(): (end: Station | PortDraft) => Interface {
  const known = new Map<Station | PortDraft, Interface>()
  return (end) => {
    const before = known.get(end)
    if (before !== undefined) return before
    const { ifname, origin, mac, mtu, up, qdiscs } = end
    const owner = end.kind === 'port' ? end.bridge.name : end.definition.name
    const made: Interface = {
      owner,
      ownerKind: end.kind === 'port' ? 'bridge' : 'node',
      ...(ifname !== undefined && { ifname }),
      origin,
      ...(mac !== undefined && { mac }),
      mtu,
      up,
      addresses: end.kind === 'port' ? [] : end.addresses,
      ...(qdiscs !== undefined && { qdiscs }),
    }
    known.set(end, made)
    return made
  }
}

function nodeUsesIpv6(node: Node): boolean {
  return (
    node.loopback.some(isAddress6) ||
    [...node.interfaces.values()].some(({ addresses }) => addresses.some(isAddress6)) ||
    [...node.rules, ...node.neighs].some(({ family }) => family === 6) ||
    hasRoute6(node) ||
    [...node.settings.sysctls].some(
      ([name, { value }]) => name.startsWith('net.ipv6.') && !(name.endsWith('.disable_ipv6') && value === '1'),
    )
  )
}

function hasRoute6(node: Node): boolean {
  for (const route of node.routes.values()) if (route.family === 6) return true
  return false
}

function isAddress6(address: InterfaceAddress): boolean {
  return address.prefix.family === 6
}
