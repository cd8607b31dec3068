// What the page shows of a node or a link when it is clicked on: tables of plain text, which the page never takes for markup.
import { commandText } from '../plan/service-command.ts'
import { modeText, statusText } from '../state/equal.ts'
import { isVirtual } from '../state/equal-link.ts'
import type { LinkState, NamespaceState } from '../state/network.ts'
import { qdiscText } from '../state/qdisc-words.ts'
import { routeText, ruleText } from '../state/words.ts'
import { publicKeyOf } from '../unit/wireguard-key.ts'
import type { Detail, Details, Table } from './detail.ts'
import { DrawnNetwork, shownName, type GraphSource, type Place } from './drawn-network.ts'
import { graphAsNamed } from './graph.ts'
import { addressesOf, type GraphCable, type GraphEnd } from './graph-cable.ts'
import { kindText } from './graph-node.ts'
import type { GraphTunnel } from './graph-tunnel.ts'
import { printable } from './printable.ts'

export function detailsOf(source: GraphSource): Details {
  const graph = graphAsNamed(source)
  const network = new DrawnNetwork(source)
  const places = new Map(network.nodes().map((place) => [place.name, place]))
  const nodes = graph.nodes.map(({ name, role, state, trouble }): [string, Detail] => {
    const summary = [role, ...(state === 'plain' ? [] : [trouble ?? state])].join(', ')
    return [name, { title: shownName(name), summary, tables: placeTables(network, places.get(name)!) }]
  })
  const lines = [
    ...graph.cables.map((cable): [string, Detail] => [cable.key, cableDetail(network, cable)]),
    ...graph.tunnels.map((tunnel): [string, Detail] => [tunnel.key, tunnelDetail(tunnel)]),
  ]
  return printable({ nodes: Object.fromEntries(nodes), lines: Object.fromEntries(lines) })
}

function placeTables(network: DrawnNetwork, { netns, bridge }: Place): Table[] {
  const namespace = network.namespaceAt(netns)
  if (namespace === undefined) return []
  const isOwn = (ifname: string, link: LinkState): boolean => bridge === undefined || ifname === bridge || link.master === bridge
  const tables = [interfaceTable(namespace, isOwn)]
  // Bridges without an address share a namespace, in which nothing else is theirs.
  if (bridge === undefined || netns === bridge) tables.push(...namespaceTables(network, netns, namespace))
  return tables.filter(({ rows }) => rows.length > 0)
}

function interfaceTable(namespace: NamespaceState, isOwn: (ifname: string, link: LinkState) => boolean): Table {
  const links = [...namespace.links].filter(([ifname, link]) => isOwn(ifname, link) && (link.kind !== 'loopback' || hasAddress(namespace)))
  return {
    heading: 'Interfaces',
    columns: ['name', 'kind', 'addresses', 'mtu', 'mac', 'state'],
    rows: links.map(([ifname, link]) => [
      ifname,
      [isVirtual(link) ? kindText(link) : link.kind, ...(link.master === undefined ? [] : [`in ${link.master}`]), ...keyWords(link)].join(
        ' ',
      ),
      addressesOf(namespace, ifname).join('\n'),
      String(link.mtu),
      link.lladdr ?? '',
      stateWords(link),
    ]),
  }
}

function hasAddress(namespace: NamespaceState): boolean {
  return addressesOf(namespace, 'lo').length > 0
}

/** Of WireGuard the public key; the private one is nobody's business. */
function keyWords(link: LinkState): string[] {
  if (!isVirtual(link) || link.wireguard === undefined) return []
  return [`public key ${publicKeyOf(link.wireguard.privateKey)}, ${link.wireguard.peers.size} peers`]
}

function stateWords({ up, facts }: LinkState): string {
  if (facts === undefined) return up ? 'up' : 'down'
  return !up ? 'down' : facts.carrier ? 'up' : 'no carrier'
}

function namespaceTables(network: DrawnNetwork, netns: string, namespace: NamespaceState): Table[] {
  const list = (heading: string, texts: readonly string[]): Table => ({ heading, columns: [], rows: texts.map((text) => [text]) })
  return [
    list(
      'Routes',
      [...namespace.routes.values()].map((route) => `${route.family === 'mpls' ? 'mpls ' : ''}${routeText(route)}`),
    ),
    list('Rules', [...namespace.rules.values()].map(ruleText)),
    list(
      'Neighbours',
      [...namespace.neighs.values()].map(({ dst, ifname, lladdr }) => `${dst} dev ${ifname} lladdr ${lladdr}`),
    ),
    serviceTable(network, netns),
    ...[...namespace.rulesets].map(([tool, { canonical, input }]) =>
      list(tool, [(canonical === '' ? (input ?? '') : canonical).trimEnd()]),
    ),
    list(
      'Sysctls',
      [...namespace.sysctls].map(([name, { value }]) => `${name} = ${value}`),
    ),
    list(
      'Files',
      [...namespace.files].map(([path, { mode }]) => `${path}  ${modeText(mode)}`),
    ),
  ]
}

function serviceTable({ desired, observed }: DrawnNetwork, netns: string): Table {
  const asked = desired.namespaces.get(netns)?.services
  const there = observed?.namespaces.get(netns)?.services
  const rows = [...(asked ?? [])].map(([name, { definition }]) => {
    const status = there?.get(name)?.status
    const state = observed === undefined ? '' : status === undefined ? 'lost' : statusText(status)
    return [name, definition === undefined ? '' : commandText(definition.argv), state]
  })
  return { heading: 'Services', columns: ['name', 'command', 'state'], rows }
}

function cableDetail(network: DrawnNetwork, { a, b, state, subnets, words }: GraphCable): Detail {
  const facts = [...subnets, ...words].map((text) => [text.trim()])
  return {
    title: `${endName(a)} – ${endName(b)}`,
    summary: ['cable', ...(state === 'plain' ? [] : [state])].join(', '),
    tables: [
      { heading: 'Ends', columns: ['end', 'at it', 'mtu', 'mac', 'state'], rows: [a, b].map((end) => endRow(network, end)) },
      { heading: 'Packets that leave by', columns: ['end', 'discipline'], rows: [a, b].flatMap((end) => qdiscRows(network, end)) },
      { heading: 'Link', columns: [], rows: facts },
      {
        heading: 'Packets since it was made',
        columns: ['end', 'received', 'sent', 'dropped'],
        rows: [a, b].flatMap((end) => countRows(network, end)),
      },
    ].filter(({ rows }) => rows.length > 0),
  }
}

function endName({ node, ifname }: GraphEnd): string {
  return `${shownName(node)}:${ifname}`
}

function endRow(network: DrawnNetwork, end: GraphEnd): string[] {
  const link = network.namespaceAt(end.netns)?.links.get(end.ifname)
  const state = link === undefined ? 'not there' : stateWords(link)
  return [endName(end), end.words.filter((word) => word !== end.ifname).join('\n'), String(link?.mtu ?? ''), link?.lladdr ?? '', state]
}

function qdiscRows(network: DrawnNetwork, end: GraphEnd): string[][] {
  const chain = network.namespaceAt(end.netns)?.qdiscs.get(end.ifname)
  return (chain?.qdiscs ?? []).map(({ options }) => [endName(end), qdiscText(options)])
}

function countRows(network: DrawnNetwork, end: GraphEnd): string[][] {
  const facts = network.namespaceAt(end.netns)?.links.get(end.ifname)?.facts
  return facts === undefined
    ? []
    : [[endName(end), String(facts.rxPackets), String(facts.txPackets), String(facts.rxDropped + facts.txDropped)]]
}

function tunnelDetail({ a, b, kind, subnets }: GraphTunnel): Detail {
  return {
    title: `${a.node}:${a.ifname} – ${b.node}:${b.ifname}`,
    summary: 'tunnel',
    tables: [{ heading: 'Tunnel', columns: [], rows: [kind, ...subnets].map((text) => [text]) }],
  }
}
