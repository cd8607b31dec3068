/** `netlab inspect` for people: a table of interfaces per namespace, then routes, rules and neighbours in ip's words. */
import { displayPath } from '../diagnostic/text.ts'
import { FABRIC } from '../state/network.ts'
import { isVirtual } from '../state/equal-link.ts'
import { KINDS } from '../state/kind.ts'
import type { LinkState, NamespaceState, VirtualLink } from '../state/network.ts'
import { optionWords } from '../state/option.ts'
import { limitsText } from '../state/limits.ts'
import { mountText, rootText } from '../state/mount.ts'
import { usageText } from './usage-text.ts'
import { statusText } from '../state/equal.ts'
import { routeText, ruleText } from '../state/words.ts'
import { bridgeAt } from '../lab/bridge-at.ts'
import type { Context } from './context.ts'
import type { InspectedNamespace, Inspection } from '../lab/inspect.ts'
import { frameTable } from './table.ts'

export async function inspectionText(
  inspection: Inspection,
  shown: readonly InspectedNamespace[],
  context: Pick<Context, 'cwd' | 'stdout'>,
): Promise<string> {
  const blocks = [headLine(inspection, context.cwd)]
  for (const namespace of shown) blocks.push(await namespaceText(namespace, inspection.namespaces, context.stdout.hasColor))
  return blocks.join('\n')
}

function headLine(inspection: Inspection, cwd: string): string {
  const { name, nodes, file, holderPid, since } = inspection.record
  const count = `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`
  return `${name}: ${count}, up since ${since}, holder ${holderPid}${file === undefined ? '' : `, file ${displayPath(file, cwd)}`}\n`
}

async function namespaceText(namespace: InspectedNamespace, all: readonly InspectedNamespace[], hasColor: boolean): Promise<string> {
  const { state, usage } = namespace
  const head = `${namespace.name === FABRIC ? 'fabric (bridges and cable ends)' : namespace.name}  ${idWords(namespace)}\n`
  const rows = [...state.links].map(([ifname, link]) => linkRow(ifname, link, state, all))
  const table = await frameTable(['LINK', 'STATE', 'MTU', 'MAC', 'PEER', 'ADDRESSES', 'RX', 'TX'], rows, { hasColor })
  const lines = [
    ...(state.root === undefined ? [] : [`root   ${rootText(state.root)}`]),
    ...[...state.mounts].map(([path, mount]) => `mount  ${path} ${mountText(mount)}`),
    ...(state.limits === undefined ? [] : [`limits ${limitsText(state.limits)}${usage === undefined ? '' : `; ${usageText(usage)}`}`]),
    ...[...state.routes.values()].map((route) => `route  ${routeText(route)}`),
    ...[...state.rules.values()].map((rule) => `rule   ${ruleText(rule)}`),
    ...[...state.neighs.values()].map((neigh) => `neigh  ${neigh.dst} dev ${neigh.ifname} lladdr ${neigh.lladdr}`),
    ...[...state.services].map(([name, { status }]) => `service ${name}  ${status === undefined ? 'lost' : statusText(status)}`),
  ]
  return head + table + lines.map((line) => `${line}\n`).join('')
}

function idWords(namespace: InspectedNamespace): string {
  const { net, uts, mnt } = namespace.inodes
  const ids = [`net ${net}`]
  if (uts !== undefined) ids.push(`uts ${uts}`)
  if (mnt !== undefined) ids.push(`mnt ${mnt}`)
  if (namespace.pids.length > 0) ids.push(`pids ${namespace.pids.join(' ')}`)
  return ids.join(', ')
}

function linkRow(ifname: string, link: LinkState, state: NamespaceState, all: readonly InspectedNamespace[]): string[] {
  const { facts } = link
  const addrs = [...state.addrs.values()].filter((addr) => addr.ifname === ifname)
  return [
    ifname,
    facts?.operstate ?? (link.up ? 'UP' : 'DOWN'),
    String(link.mtu),
    link.lladdr ?? '',
    peerWords(link, all),
    addrs.map((addr) => `${addr.local}/${addr.prefixlen}`).join('\n'),
    facts === undefined ? '' : countWords(facts.rxPackets, facts.rxBytes),
    facts === undefined ? '' : countWords(facts.txPackets, facts.txBytes),
  ]
}

/** The far end of the cable; where that is a port of a bridge, the bridge. */
function peerWords(link: LinkState, all: readonly InspectedNamespace[]): string {
  if (link.kind === 'loopback') return ''
  if (link.kind === 'other') return link.infoKind
  if (link.kind === 'bridge') return link.alias === undefined ? 'bridge' : `bridge ${link.alias}`
  if (link.kind === 'external') return `${link.device} of the machine`
  if (isVirtual(link)) return virtualWords(link)
  return bridgeAt(link.peer, all) ?? `${link.peer.netns}:${link.peer.ifname}`
}

/** `vlan id 10 on eth0` */
function virtualWords({ kind, parent, options }: VirtualLink): string {
  const said = optionWords(
    KINDS[kind].options,
    Object.fromEntries(
      KINDS[kind].options.flatMap(({ name, default: usual }) =>
        options[name] === undefined || options[name] === usual ? [] : [[name, options[name]]],
      ),
    ),
  )
  return [kind, ...said, ...(parent === undefined ? [] : ['on', parent])].join(' ')
}

/** `12 (1.2 kB)` */
function countWords(packets: number, bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${packets} (${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''})`
}
