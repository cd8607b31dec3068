// The details of a node, a bridge or a cable, as lines to scroll through.
import { bridgeName } from '../lab/live-network.ts'
import { withoutCounter, type NodeDetail } from '../lab/node-detail.ts'
import type { ServiceReport } from '../lab/services.ts'
import { statusText } from '../state/equal.ts'
import type { LiveLink } from '../state/live.ts'
import type { NamespaceState } from '../state/network.ts'
import { routeText, ruleText } from '../state/words.ts'
import type { Controller, Detail } from './controller.ts'
import { CABLE_COLORS, cableText, endText, type Cable, type CableEnd } from './links.ts'
import { impairedBy, type Impaired } from './impaired.ts'
import type { LabModel } from './model.ts'
import { nodeState, type NodeRow } from './nodes.ts'
import { bitsText, rateText, sparkline } from './rate-text.ts'
import type { Line } from './span.ts'
import { fitColumns, headLine, rowLine, type Column } from './table.ts'

/** The lines, and the title above them. */
export function detailLines(controller: Controller, width: number): { readonly title: string; readonly lines: readonly Line[] } {
  const { detail, model } = controller
  if (detail?.kind === 'nodes') {
    const row = controller.node
    if (row === undefined) return { title: 'Gone', lines: GONE }
    return { title: `${row.role} ${row.name}`, lines: nodeLines(controller, row, detail, width) }
  }
  const { cable } = controller
  if (cable === undefined) return { title: 'Gone', lines: GONE }
  return { title: `link ${cableText(cable)}`, lines: cableLines(model, cable, width) }
}

const GONE: readonly Line[] = [[{ text: ' It is no longer in the lab. Esc leads back.', dim: true }]]

function nodeLines({ model, rows }: Controller, row: NodeRow, detail: Detail, width: number): Line[] {
  const namespace = model.network.namespaces.get(row.netns)
  if (namespace === undefined) return [...GONE]
  const { words, color } = nodeState(row)
  const ifname = row.bridge
  const links = ifname === undefined ? [...namespace.links.values()] : row.links
  const shown = (name: string): boolean => ifname === undefined || name === ifname
  const routes = [...namespace.routes.values()].filter(({ nexthops }) => nexthops.length === 0 || nexthops.some(({ dev }) => shown(dev)))
  const neighs = [...namespace.neighs.values()].filter((neigh) => shown(neigh.ifname))
  return [
    [
      { text: ` ${words}`, color, bold: true },
      { text: `   network namespace ${namespace.inode}`, dim: true },
    ],
    ...section(ifname === undefined ? 'Interfaces' : 'Ports', tableLines(linkTable(model, row), links, width)),
    ...section(
      'Routes',
      routes.map((route): Line => [{ text: `   ${routeText(route)}` }]),
    ),
    ...section(
      'Neighbours',
      neighs.map(({ dst, ifname: dev, lladdr, state }): Line => [
        { text: `   ${dst} dev ${dev}${lladdr === undefined ? '' : ` lladdr ${lladdr}`} ` },
        { text: state, ...(state === 'FAILED' ? { color: 'red' as const } : { dim: true }) },
      ]),
    ),
    ...(ifname === undefined ? [] : bridgeLines(model, row, rows.cables)),
    ...(ifname === undefined ? fileLines(model.desired?.namespaces.get(row.netns), detail.asked?.sysctls) : []),
    ...(detail.asked === undefined ? [] : askedLines(detail.asked, detail)),
  ]
}

/** What the file says, and the kernel tells no watcher of. */
function fileLines(desired: NamespaceState | undefined, now: NodeDetail['sysctls'] = new Map()): Line[] {
  if (desired === undefined) return []
  const rules = [...desired.rules.values()].map((rule): Line => [{ text: `   ${ruleText(rule)}` }])
  const sysctls = [...desired.sysctls].map(([name, { value }]): Line => {
    const set = now.get(name) ?? value
    const isAsked = set.replaceAll(/\s+/g, ' ').trim() === value.replaceAll(/\s+/g, ' ').trim()
    return [{ text: `   ${name} = ${set}` }, ...(isAsked ? [] : [{ text: `  the file says ${value}`, color: 'yellow' as const }])]
  })
  return [...section('Rules of the file', rules), ...section('Sysctls of the file', sysctls)]
}

function askedLines({ rulesets, services, processes }: NodeDetail, detail: Detail): Line[] {
  const ruleLines = (lines: readonly string[]): Line[] => lines.map((line) => ruleLine(line, detail))
  const processLines = processes.map(({ pid, words, isStopped }): Line => [
    { text: `   ${pid} `, dim: true },
    { text: words },
    { text: isStopped ? '  stopped' : '', color: 'yellow' },
  ])
  return [
    ...rulesets.flatMap(({ tool, lines }) => section(tool, ruleLines(lines))),
    ...section('Services', services.map(serviceLine)),
    ...section('Processes', processLines),
  ]
}

function serviceLine({ service, command, status, pid }: ServiceReport): Line {
  const isWell = status?.state === 'running'
  return [
    { text: `   ${service} `, bold: true },
    { text: status === undefined ? 'has lost its supervisor' : statusText(status), color: isWell ? 'green' : 'yellow' },
    { text: `${pid === undefined ? '' : `, pid ${pid}`}   ${command}`, dim: true },
  ]
}

function section(title: string, lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [[], [{ text: ` ${title}`, bold: true, color: 'cyan' }], ...lines]
}

/** How long a rule is shown as one whose counter has just grown. */
const GROWN_MS = 3000

function ruleLine(line: string, { grownAtMs }: Detail): Line {
  const isGrown = Date.now() - (grownAtMs.get(withoutCounter(line)) ?? 0) < GROWN_MS
  return [
    { text: isGrown ? ' + ' : '   ', bold: true },
    { text: line, ...(isGrown && { bold: true, color: 'green' as const }) },
  ]
}

function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Line[] {
  const fitted = fitColumns(columns, width - 3)
  return [headLine(fitted, width - 3), ...rows.map((row) => rowLine(fitted, row, width - 3, false))].map((line) => [
    { text: '   ' },
    ...line,
  ])
}

function linkTable(model: LabModel, { netns, bridge }: NodeRow): Column<LiveLink>[] {
  const { network } = model
  const namespace = network.namespaces.get(netns)
  const addrs = (ifname: string): string =>
    [...(namespace?.addrs.values() ?? [])]
      .filter((addr) => addr.ifname === ifname)
      .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
      .join(' ')
  const peer = (link: LiveLink): string => {
    const end = network.peerOf(link)
    const far = end === undefined ? undefined : network.namespaces.get(end.netns)
    if (end === undefined || far === undefined) return ''
    const master = far.links.get(end.ifname)?.master
    return master === undefined ? `${end.netns}:${end.ifname}` : bridgeName(far, master)
  }
  const count = (ifindex: number, field: 'rxDropped' | 'txDropped' | 'rxErrors' | 'txErrors'): number =>
    namespace?.traffic.get(ifindex)?.counters[field] ?? 0
  const rate = (ifindex: number, field: 'rxBytes' | 'txBytes'): string => rateText(network.rates(netns, ifindex)[field] * 8)
  return [
    { title: 'NAME', width: 10, most: 15, grow: 1, rank: 0, cell: ({ ifname }) => ({ text: ifname, bold: true }) },
    {
      title: 'STATE',
      width: 10,
      rank: 0,
      cell: ({ up, carrier, port }) =>
        !up ? { text: 'down', color: 'red' } : !carrier ? { text: 'no carrier', color: 'red' } : { text: port ?? 'up', color: 'green' },
    },
    { title: 'PEER', width: 12, grow: 1, most: 24, rank: 1, cell: (link) => ({ text: peer(link) }) },
    bridge === undefined
      ? { title: 'ADDRESSES', width: 18, grow: 3, most: 60, rank: 2, cell: ({ ifname }) => ({ text: addrs(ifname) }) }
      : { title: 'COST', width: 5, align: 'right', rank: 2, cell: ({ treePort }) => ({ text: String(treePort?.cost ?? '') }) },
    { title: 'RX', width: 5, align: 'right', rank: 1, cell: ({ ifindex }) => ({ text: rate(ifindex, 'rxBytes') }) },
    { title: 'TX', width: 5, align: 'right', rank: 1, cell: ({ ifindex }) => ({ text: rate(ifindex, 'txBytes') }) },
    {
      title: 'DROPS',
      width: 6,
      align: 'right',
      rank: 3,
      cell: ({ ifindex }) => ({ text: String(count(ifindex, 'rxDropped') + count(ifindex, 'txDropped')) }),
    },
    {
      title: 'ERRORS',
      width: 6,
      align: 'right',
      rank: 4,
      cell: ({ ifindex }) => ({ text: String(count(ifindex, 'rxErrors') + count(ifindex, 'txErrors')) }),
    },
    { title: 'MTU', width: 5, align: 'right', rank: 5, cell: ({ mtu }) => ({ text: String(mtu) }) },
    { title: 'MAC', width: 17, rank: 6, cell: ({ lladdr }) => ({ text: lladdr ?? '', dim: true }) },
  ]
}

/** What is behind which port. */
function bridgeLines({ network }: LabModel, row: NodeRow, cables: readonly Cable[]): Line[] {
  const namespace = network.namespaces.get(row.netns)
  const portName = (ifname: string): string => {
    const cable = cables.find(
      ({ a, b }) => (a.netns === row.netns && a.ifname === ifname) || (b?.netns === row.netns && b.ifname === ifname),
    )
    const far = cable?.a.netns === row.netns && cable.a.ifname === ifname ? cable.b : cable?.a
    return far === undefined ? ifname : endText(far)
  }
  const ports = new Set(row.links.map(({ ifname }) => ifname))
  const learnt = [...(namespace?.fdb.values() ?? [])].filter(({ port }) => ports.has(port))
  return [
    ...section('Spanning tree', treeLines(network, row, portName)),
    ...section(
      'Forwarding table',
      learnt.map(({ lladdr, port, state }): Line => [{ text: `   ${lladdr} at ${portName(port)} ` }, { text: state, dim: true }]),
    ),
  ]
}

/** Where a bridge stands in the spanning tree, and by which port its way to the root leads. */
function treeLines(network: LabModel['network'], { netns, bridge, links }: NodeRow, portName: (ifname: string) => string): Line[] {
  const tree = network.namespaces.get(netns)?.links.get(bridge ?? '')?.tree
  if (tree === undefined) return [[{ text: '   off', dim: true }]]
  const { id, rootId, rootPort, rootCost } = tree
  if (id === rootId) return [[{ text: '   this bridge is the root', bold: true }, { text: `, ${id}` }]]
  const up = links.find(({ treePort }) => treePort?.number === rootPort)
  return [
    [{ text: `   root ${rootOf(network, rootId) ?? 'outside the lab'}`, bold: true }, { text: `, ${rootId}` }],
    [{ text: `   this bridge ${id}` }],
    [{ text: `   the way there is the port to ${up === undefined ? '?' : portName(up.ifname)}, cost ${rootCost}` }],
  ]
}

/** The bridge of the lab that has this id. */
function rootOf(network: LabModel['network'], id: string): string | undefined {
  for (const namespace of network.namespaces.values())
    for (const { ifname, tree } of namespace.links.values()) if (tree?.id === id) return bridgeName(namespace, ifname)
  return undefined
}

function cableLines(model: LabModel, cable: Cable, width: number): Line[] {
  const { network } = model
  const { a, b, state, forward, backward } = cable
  const samples = Math.max(10, Math.min(60, width - 30))
  const history = sparkline(network.history(a.netns, a.link.ifindex, samples))
  return [
    [{ text: ` ${state}`, bold: true, color: CABLE_COLORS[state] }],
    [],
    [{ text: `   ${endText(a)} → ${b === undefined ? '?' : endText(b)}   ` }, { text: bitsText(forward), bold: true }],
    [{ text: `   ${endText(a)} ← ${b === undefined ? '?' : endText(b)}   ` }, { text: bitsText(backward), bold: true }],
    [{ text: `   last minute  ` }, { text: history, color: 'cyan' }],
    ...impairedLines(model, cable),
    ...endLines(network, a),
    ...(b === undefined ? [[], [{ text: ' The far end is not in the lab.', dim: true }]] : endLines(network, b)),
  ]
}

/** What each direction does, and what the file says where that is something else. */
function impairedLines({ desired }: LabModel, { a, b, impaired }: Cable): Line[] {
  const line = (from: CableEnd, to: CableEnd | undefined, now: Impaired | undefined): Line[] => {
    const chain = desired?.namespaces.get(from.netns)?.qdiscs.get(from.ifname)
    const asked = chain === undefined ? '' : impairedBy(chain, from.link.mtu).words
    const words = now?.words ?? ''
    if (words === '' && asked === '') return []
    return [
      [
        { text: `   ${endText(from)} → ${to === undefined ? '?' : endText(to)}   ` },
        { text: words || 'nothing', color: 'yellow' },
        { text: words === asked ? '   as the file says' : `   the file says ${asked || 'nothing'}`, dim: words === asked },
      ],
    ]
  }
  return section('Impairments', [...line(a, b, impaired.forward), ...(b === undefined ? [] : line(b, a, impaired.backward))])
}

function endLines(network: LabModel['network'], end: CableEnd): Line[] {
  const { link, netns, place, ifname } = end
  const counters = network.namespaces.get(netns)?.traffic.get(link.ifindex)?.counters
  const state = !link.up ? 'down' : !link.carrier ? 'no carrier' : 'up'
  const facts: Line[] = [
    [
      { text: `   ${state}`, color: state === 'up' ? 'green' : 'red' },
      { text: `   operational state ${link.operstate}, mtu ${link.mtu}, mac ${link.lladdr ?? 'none'}` },
    ],
    ...(link.master === undefined
      ? []
      : [[{ text: `   port ${ifname} of the bridge ${place}, ${link.port ?? 'no spanning tree state'}` }]]),
  ]
  if (counters !== undefined) {
    const words = (direction: 'rx' | 'tx'): string =>
      `${direction}  ${counters[`${direction}Packets`]} packets, ${counters[`${direction}Bytes`]} bytes, ` +
      `${counters[`${direction}Dropped`]} dropped, ${counters[`${direction}Errors`]} errors`
    facts.push([{ text: `   ${words('rx')}` }], [{ text: `   ${words('tx')}` }])
  }
  return section(place === netns ? endText(end) : `${place} (${ifname})`, facts)
}
