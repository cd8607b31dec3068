/** Checked source tree → Topology, stage by stage. Everything that is wrong is collected on the way; the result counts only without errors. */
import type { RouteState } from '../state/network.ts'
import { addressBits } from '../unit/address.ts'
import { containsPrefix, parsePrefix } from '../unit/prefix.ts'
import type { Prefix } from '../unit/prefix.ts'
import { assignAddresses, readLoopback } from './addresses.ts'
import { bridgeStations, portMtus, readBridge } from './bridges.ts'
import { readCables } from './cables.ts'
import { findForeignSysctls } from './foreign-sysctl.ts'
import type { Damage } from './damage.ts'
import { readDefinitions } from './definitions.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import { plugCables } from './interfaces.ts'
import type { Base } from './media.ts'
import type { PluggedCable, Station } from './interfaces.ts'
import { findSmallTable } from './mpls.ts'
import { readNeighs } from './neighs.ts'
import { checkNesting } from './nesting.ts'
import { createPortReader } from './published-ports.ts'
import { createRouteReader, MAIN_TABLE } from './routes.ts'
import { computeRoutes } from './routing.ts'
import type { RoutedNode } from './routing.ts'
import { readRules } from './rules.ts'
import { resolveServices } from './service-order.ts'
import { checkSegments } from './segment-checks.ts'
import { joinSegments } from './segments.ts'
import { createSettingsReader } from './settings.ts'
import { readAddressing } from './subnets.ts'
import type { Addressing } from './subnets.ts'
import { readSwitches } from './switches.ts'
import { createInterfaces } from './topology-interfaces.ts'
import type { Bridge, InterfaceAddress, Node, NodeSettings, Topology } from './topology.ts'
import { createTunnelBases } from './tunnel-base.ts'
import { settleFarEnds } from './tunnels.ts'
import { readVirtuals } from './virtuals.ts'
import { checkTunnels } from './tunnel-checks.ts'
import { checkVlans } from './vlan-checks.ts'
import { createWireguardReader } from './wireguard.ts'
import { mapAt, scalarAt, switchAt, textsAt, valueAt } from './value.ts'
import type { MapValue } from './value.ts'
import { createWiring } from './wiring.ts'

export function resolveTopology(lab: string, root: MapValue, findings: Findings, damage: Damage): Topology {
  const definitions = readDefinitions(root, findings, damage)
  const drafts = readCables(root, definitions, findings, damage)
  const cables = plugCables(lab, drafts, definitions, findings, damage)
  const mtus = portMtus(cables)
  const stationOf = bridgeStations(lab, definitions, mtus, findings)
  const nodeStations = readVirtuals(lab, definitions, cables, findings, damage)
  const wireguards = createWireguardReader(lab, definitions, nodeStations, findings, damage)
  const baseOf = createBases(cables, wireguards, createTunnelBases(nodeStations))
  const switches = readSwitches(cables, definitions, nodeStations, baseOf, findings)
  const segments = joinSegments(cables, definitions, stationOf, nodeStations, switches, baseOf, findings)
  const addressing = readAddressing(root, findings)
  const loopbacks = readLoopbacks(definitions, findings)
  assignAddresses(
    cables,
    segments,
    nodeStations,
    addressing,
    [...[...loopbacks.values()].flat().map(({ prefix }) => prefix), ...bridgePrefixes(definitions, addressing)],
    findings,
    damage,
  )
  checkSegments(segments.all, findings)
  checkVlans(cables, nodeStations, switches, findings)
  checkNesting(nodeStations, findings)

  const settingsOf = createSettingsReader(findings)
  const wiring = createWiring(segments)
  settleFarEnds(definitions, nodeStations, wiring, findings)
  checkTunnels(nodeStations, findings)
  const forwards = (definition: Definition, family: 4 | 6): boolean =>
    definitions.nodes.get(definition.name) === definition && isForwarding(definition, settingsOf(definition.settings), family)
  const takes = (definition: Definition, family: 4 | 6, to: string): boolean =>
    forwards(definition, family) || isOwn(to, wiring.stationsOf(definition), loopbacks.get(definition.settings) ?? [])
  const routes = createRouteReader(definitions, wiring, takes, findings, damage)
  const routed = [...definitions.nodes.values()].flatMap((definition): RoutedNode[] => {
    const router = { definition, stations: wiring.stationsOf(definition), loopback: loopbacks.get(definition.settings) ?? [] }
    const routing = scalarAt(definition.settings, 'routing') ?? scalarAt(root, 'routing')
    const node = {
      ...router,
      mode: (routing?.text === 'auto' || routing?.text === 'ecmp' ? routing.text : 'none') as RoutedNode['mode'],
      modeOrigin: routing?.origin,
      forwards: { 4: forwards(definition, 4), 6: forwards(definition, 6) },
      routes: routes.routesOf(router),
    }
    // A VRF is a router of its own: what it knows of the others it is told by nobody.
    const tables = new Set(router.stations.map(({ table }) => table ?? MAIN_TABLE).concat(MAIN_TABLE))
    return [...tables].map((table) => ({
      ...node,
      table,
      stations: router.stations.filter((station) => (station.table ?? MAIN_TABLE) === table),
      loopback: table === MAIN_TABLE ? router.loopback : [],
    }))
  })
  findNoRouters(root, routed, findings)
  computeRoutes(routed, wiring)

  const bridges = new Map<string, Bridge>()
  for (const definition of definitions.bridges.values()) {
    const station = stationOf.get(definition)
    const own = station === undefined ? new Map<string, RouteState>() : routes.routesOf({ definition, stations: [station], loopback: [] })
    bridges.set(definition.name, readBridge(definition, mtus.get(definition), station, own, findings))
  }
  const services = resolveServices(new Map(routed.map(({ definition }) => [definition.name, settingsOf(definition.settings)])), findings)
  const nodes = new Map<string, Node>()
  const portsOf = createPortReader(findings)
  const interfaceOf = createInterfaces(switches.portOf, (station) => wireguards.configOf(station, wiring), findings)
  for (const router of routed) {
    const { definition } = router
    if (router.table !== MAIN_TABLE) continue
    const settings = settingsOf(definition.settings)
    const forwarding = scalarAt(definition.settings, 'forwarding')
    const addresses = [...wiring.stationsOf(definition).flatMap((station) => station.addresses), ...router.loopback]
    const published = portsOf(
      definition.name,
      definition.settings,
      addresses.map(({ prefix }) => prefix.address),
    )
    const internet = switchAt(definition.settings, 'internet')
    findSmallTable(definition.name, router.routes, settings.sysctls, findings)
    const node: Node = {
      name: definition.name,
      origin: definition.origin,
      interfaces: new Map(wiring.stationsOf(definition).map((station) => [station.ifname, interfaceOf(station)])),
      loopback: router.loopback,
      forwarding: forwarding?.value === true,
      ...(forwarding !== undefined && { forwardingOrigin: forwarding.origin }),
      routes: router.routes,
      rules: readRules(definition.settings, findings),
      neighs: readNeighs({ ...router, stations: wiring.stationsOf(definition) }, wiring, findings, damage),
      services: new Map([...(services.get(definition.name) ?? []), ...published]),
      ...(internet !== undefined && { internet }),
      settings,
    }
    findForeignSysctls(node, findings, damage)
    nodes.set(definition.name, node)
  }
  return {
    name: lab,
    usesIpv6: [...nodes.values()].some(nodeUsesIpv6) || [...bridges.values()].some(({ addresses }) => addresses.some(isAddress6)),
    nodes,
    bridges,
    cables: cables.map(({ ends, draft }) => ({ ends: [interfaceOf(ends[0]), interfaceOf(ends[1])], origin: draft.link.origin })),
  }
}

/** Of all bridges, those without a port, too: the first port must not take the subnet from under an automatic one. */
function bridgePrefixes({ bridges }: Definitions, addressing: Addressing): Prefix[] {
  const subnets = [...bridges.values()].flatMap(({ settings }) => addressing.subnetsOf(valueAt(settings, 'subnet')))
  return subnets.flatMap((subnet) => ('prefix' in subnet ? [subnet.prefix] : []))
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

/** The cable or tunnel that a station sends into. */
function createBases(
  cables: readonly PluggedCable[],
  wireguards: { groupOf(station: Station): string | undefined },
  tunnelBase: (station: Station) => Base,
): (station: Station) => Base {
  const cableOf = new Map<Station, PluggedCable>()
  for (const cable of cables) for (const end of cable.ends) if (end.kind !== 'port') cableOf.set(end, cable)
  return (station) => cableOf.get(station) ?? wireguards.groupOf(station) ?? tunnelBase(station)
}

function nodeUsesIpv6(node: Node): boolean {
  return (
    node.settings.usesIpv6 ||
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
