/** What the kernel refuses of tunnels in one node: two that it could not tell apart, and two that would listen on one port. */
import type { Origin } from '../diagnostic/origin.ts'
import type { VirtualKind } from '../state/kind.ts'
import type { OptionValue } from '../state/option.ts'
import type { Findings } from './findings.ts'
import type { Station } from './interfaces.ts'
import { scalarAt } from './value.ts'
import type { NodeStations } from './virtuals.ts'
import { vxlanFamily } from './tunnels.ts'
import { listenPortOf } from './wireguard.ts'

/** To be asked when far ends are addresses. */
export function checkTunnels(nodeStations: NodeStations, findings: Findings): void {
  for (const stations of nodeStations.values()) {
    findEndless(stations.values(), findings)
    findTwins(stations.values(), findings)
    findTakenPorts(stations.values(), findings)
  }
}

/** Of `FALLBACK_LINKS`, those whose kind a file can name. */
const FALLBACKS: Partial<Record<VirtualKind | 'bridge', string>> = {
  gre: 'gre0',
  gretap: 'gretap0',
  ip6gre: 'ip6gre0',
  ipip: 'tunl0',
  sit: 'sit0',
}

/** EEXIST: the kernel has one of its own without ends, for packets that no other tunnel wants (ip_tunnel_init_net). */
function findEndless(stations: Iterable<Station>, findings: Findings): void {
  for (const { definition, ifname, origin, virtual } of stations) {
    const fallback = virtual === undefined ? undefined : FALLBACKS[virtual.kind]
    if (virtual === undefined || fallback === undefined || virtual.parent !== undefined) continue
    const { entries } = virtual.settings
    if (entries.has('remote') || entries.has('local') || hasKey(virtual.kind, virtual.options['key'])) continue
    const detail = `${definition.name}:${ifname} has no far end and no address of its own, as the kernel's own ${fallback}: there is one ${virtual.kind} of that sort.`
    findings.error('MISSING_KEY', origin, detail, { hint: 'Give it `remote`, or `local`.' })
  }
}

/** To ip6gre_tunnel_find a key of 0 is none. */
function hasKey(kind: VirtualKind | 'bridge', key: OptionValue | undefined): boolean {
  return key !== undefined && (key !== 0 || !kind.startsWith('ip6'))
}

/** EEXIST: of one kind there is one tunnel between two addresses, unless keys tell them apart (ip_tunnel_find), and a VNI once a port and family (vxlan_vni_in_use). */
function findTwins(stations: Iterable<Station>, findings: Findings): void {
  const first = new Map<string, Station>()
  for (const station of stations) {
    const identity = identityOf(station)
    const before = identity === undefined ? undefined : first.get(identity)
    if (identity !== undefined && before === undefined) first.set(identity, station)
    if (before === undefined) continue
    const detail = `${before.ifname} and ${station.ifname} of ${station.definition.name} are both the ${identity}: the kernel could not tell whose packets come in.`
    findings.error('CONFLICTING_VALUES', station.origin, detail, {
      hint: identity?.startsWith('vxlan') ? 'Give one another `id`.' : 'Give one another far end; tunnels of gre may have a `key` each.',
      related: [{ origin: before.origin, note: 'here first' }],
    })
  }
}

function identityOf({ virtual }: Station): string | undefined {
  if (virtual === undefined || virtual.kind === 'bridge') return undefined
  const { local, remote, key, id, dstport } = virtual.options
  switch (virtual.kind) {
    case 'vxlan':
      return `vxlan with id ${String(id)} over IPv${vxlanFamily(virtual)}, port ${String(dstport)}`
    case 'gre':
    case 'gretap':
    case 'ip6gre':
    case 'ip6gretap':
    case 'ipip':
    case 'sit': {
      const place = virtual.parent === undefined ? '' : ` on ${virtual.parent.ifname}`
      return `${virtual.kind} from ${String(local ?? 'any')} to ${String(remote ?? 'any')}${hasKey(virtual.kind, key) ? ` with key ${String(key)}` : ''}${place}`
    }
    default:
      return undefined
  }
}

/** EADDRINUSE, when the second comes up: each WireGuard interface opens a port of its own. Those of vxlan share theirs. */
function findTakenPorts(stations: Iterable<Station>, findings: Findings): void {
  const first = new Map<number, Station>()
  for (const station of stations) {
    const port = station.up ? portOf(station) : undefined
    if (port === undefined) continue
    const before = first.get(port)
    first.set(port, before ?? station)
    if (before === undefined || (before.virtual?.kind === 'vxlan' && station.virtual?.kind === 'vxlan')) continue
    const { definition, ifname } = station
    findings.error(
      'CONFLICTING_VALUES',
      portOrigin(station),
      `${before.ifname} of ${definition.name} has the UDP port ${port} already, and ${ifname} needs it for itself.`,
      {
        hint: 'Give one of them another: `listen_port` of a wireguard, `dstport` of a vxlan.',
        related: [{ origin: portOrigin(before), note: 'here first' }],
      },
    )
  }
}

function portOf(station: Station): number | undefined {
  if (station.virtual?.kind === 'wireguard') return listenPortOf(station)
  return station.virtual?.kind === 'vxlan' ? Number(station.virtual.options['dstport']) : undefined
}

function portOrigin({ virtual, origin }: Station): Origin {
  return (scalarAt(virtual?.settings, 'listen_port') ?? scalarAt(virtual?.settings, 'dstport'))?.origin ?? origin
}
