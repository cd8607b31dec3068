/** WireGuard interfaces: who is whose peer, and with which keys, endpoints and prefixes. wg(8). */
import type { Origin } from '../diagnostic/origin.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { addressBits, parseAddress } from '../unit/address.ts'
import { parsePrefix } from '../unit/prefix.ts'
import { canonicalPrivateKey, derivedPrivateKey, isWireguardKey, publicKeyOf } from '../unit/wireguard-key.ts'
import type { Damage } from './damage.ts'
import type { Definitions } from './definitions.ts'
import { farEndOf } from './far-end.ts'
import type { Findings } from './findings.ts'
import type { Station } from './interfaces.ts'
import { asMap, itemsAt, scalarAt, textsAt } from './value.ts'
import type { MapValue, ScalarValue, Value } from './value.ts'
import type { NodeStations } from './virtuals.ts'
import type { Wiring } from './wiring.ts'
import type { WireguardConfig, WireguardPeer } from '../state/wireguard.ts'

const DEFAULT_PORT = 51_820

/** One side's view of a peer that is a node, or that the file gives by its key. */
interface PeerDraft {
  readonly origin: Origin
  readonly station?: Station
  readonly settings?: MapValue
}

export interface WireguardReader {
  /** The same for all interfaces that are joined by peering. */
  groupOf(station: Station): string | undefined
  /** When all addresses are known. */
  configOf(station: Station, wiring: Wiring): WireguardConfig | undefined
}

export function createWireguardReader(
  lab: string,
  definitions: Definitions,
  nodeStations: NodeStations,
  findings: Findings,
  damage: Damage,
): WireguardReader {
  const stations = [...nodeStations.values()].flatMap((own) => [...own.values()].filter(({ virtual }) => virtual?.kind === 'wireguard'))
  const peersOf = new Map<Station, PeerDraft[]>(stations.map((station) => [station, []]))
  const keys = new Map(stations.map((station) => [station, privateKeyOf(lab, station, findings)]))
  for (const station of stations) {
    for (const item of itemsAt(station.virtual?.settings, 'peers')) {
      const peer = readPeer(station, item, definitions, nodeStations, findings, damage)
      if (peer !== undefined) peersOf.get(station)?.push(peer)
    }
  }
  // Whoever is named by another has that one for a peer too.
  for (const [station, peers] of [...peersOf].map(([one, list]) => [one, [...list]] as const)) {
    for (const { station: other, origin } of peers) {
      const back = other === undefined ? undefined : peersOf.get(other)
      if (back !== undefined && !back.some((peer) => peer.station === station)) back.push({ origin, station })
    }
  }
  const groups = groupsOf(peersOf)
  return {
    groupOf: (station) => groups.get(station),
    configOf: (station, wiring) => {
      const privateKey = keys.get(station)
      const settings = station.virtual?.settings
      if (privateKey === undefined) return undefined
      const peers = new Map<string, WireguardPeer>()
      const owners = new Map<string, Origin>()
      for (const draft of peersOf.get(station) ?? []) {
        const peer = peerOf(station, draft, keys, wiring, findings)
        if (peer === undefined) continue
        if (peers.has(peer.publicKey)) findings.error('CONFLICTING_VALUES', draft.origin, 'This peer is named twice.')
        findSharedPrefix(peer, draft, owners, findings)
        peers.set(peer.publicKey, peer)
      }
      return { privateKey, listenPort: listenPortOf(station), fwmark: numberAt(settings, 'fwmark') ?? 0, peers }
    },
  }
}

function numberAt(settings: MapValue | undefined, key: string): number | undefined {
  const value = scalarAt(settings, key)?.value
  return typeof value === 'number' ? value : undefined
}

/** UDP port of a wireguard interface. */
export function listenPortOf(station: Station): number {
  return numberAt(station.virtual?.settings, 'listen_port') ?? DEFAULT_PORT
}

function privateKeyOf(lab: string, station: Station, findings: Findings): string {
  const given = scalarAt(station.virtual?.settings, 'private_key')
  if (given !== undefined && isWireguardKey(given.text)) return canonicalPrivateKey(given.text)
  if (given !== undefined) findings.error('INVALID_VALUE', given.origin, KEY_WANTED, { hint: 'wg genkey makes one.' })
  return derivedPrivateKey(lab, station.definition.name, station.ifname)
}

const KEY_WANTED = 'A key of WireGuard is 32 bytes in base64: 43 letters and a "=".'

function readPeer(
  station: Station,
  item: Value,
  definitions: Definitions,
  nodeStations: NodeStations,
  findings: Findings,
  damage: Damage,
): PeerDraft | undefined {
  const settings = item.kind === 'map' ? asMap(item) : undefined
  const name = item.kind === 'scalar' ? item : scalarAt(settings, 'node')
  const key = scalarAt(settings, 'public_key')
  if (name !== undefined && key !== undefined) {
    findings.error('CONFLICTING_VALUES', key.origin, 'A peer is a `node`, whose key is known, or a `public_key`; not both.')
  }
  if (name === undefined && key === undefined) {
    findings.error('MISSING_KEY', item.origin, 'A peer is a `node` or has a `public_key`; this one has neither.')
    return undefined
  }
  if (name === undefined) return { origin: item.origin, ...(settings !== undefined && { settings }) }
  const other = findPeer(station, name, definitions, nodeStations, findings, damage)
  return other && { origin: name.origin, station: other, ...(settings !== undefined && { settings }) }
}

/** The WireGuard interface that `r2` or `r2:wg0` stands for. */
function findPeer(
  station: Station,
  name: ScalarValue,
  definitions: Definitions,
  nodeStations: NodeStations,
  findings: Findings,
  damage: Damage,
): Station | undefined {
  const [node = '', ifname] = name.text.split(':')
  const definition = definitions.nodes.get(node)
  if (definition === undefined) {
    const names = findings.isFull() ? [] : definitions.nodes.keys()
    findings.error('UNKNOWN_NODE', name.origin, `There is no node "${node}".${didYouMean(node, names)}`)
    return undefined
  }
  const all = [...(nodeStations.get(definition)?.values() ?? [])].filter(({ virtual }) => virtual?.kind === 'wireguard')
  const others = all.filter((other) => other !== station && (ifname === undefined || other.ifname === ifname))
  const [only] = others
  if (only !== undefined && others.length === 1) return only
  if (!damage.has(node)) reportNoPeer(station, name, all, others, findings)
  return undefined
}

function reportNoPeer(
  { definition }: Station,
  name: ScalarValue,
  all: readonly Station[],
  others: readonly Station[],
  findings: Findings,
): void {
  const [node = '', ifname] = name.text.split(':')
  const has = all.length === 0 ? 'has no WireGuard interface' : `has ${all.map((other) => other.ifname).join(', ')}`
  if (definition.name === node && ifname === undefined) findings.error('INVALID_VALUE', name.origin, `${node} cannot be its own peer.`)
  else if (others.length > 1) {
    findings.error('INVALID_VALUE', name.origin, `${node} ${has}: say which.`, { hint: `${node}:${others[0]?.ifname ?? ''}` })
  } else findings.error('UNKNOWN_INTERFACE', name.origin, `${node} ${has}${ifname === undefined ? '' : `, and no WireGuard "${ifname}"`}.`)
}

function groupsOf(peersOf: ReadonlyMap<Station, readonly PeerDraft[]>): Map<Station, string> {
  const groups = new Map<Station, string>()
  let count = 0
  for (const [start, peers] of peersOf) {
    if (groups.has(start) || peers.every((peer) => peer.station === undefined)) continue
    const name = `wireguard ${++count}`
    const open = [start]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (groups.has(next)) continue
      groups.set(next, name)
      for (const { station } of peersOf.get(next) ?? []) if (station !== undefined) open.push(station)
    }
  }
  return groups
}

function peerOf(
  station: Station,
  { origin, station: other, settings }: PeerDraft,
  keys: ReadonlyMap<Station, string>,
  wiring: Wiring,
  findings: Findings,
): WireguardPeer | undefined {
  const given = scalarAt(settings, 'public_key')
  const shared = scalarAt(settings, 'preshared_key')
  const wrong = [given, shared].find((key) => key !== undefined && !isWireguardKey(key.text))
  if (wrong !== undefined) {
    findings.error('INVALID_VALUE', wrong.origin, KEY_WANTED)
    return undefined
  }
  const own = other === undefined ? [] : other.addresses.map(({ prefix }) => `${prefix.address}/${addressBits(prefix.family)}`)
  const allowedIps = [...new Set([...own, ...readAllowedIps(settings, findings)])].sort()
  const endpoint = endpointOf(station, other, scalarAt(settings, 'endpoint'), origin, wiring, findings)
  const presharedKey = shared?.text
  return {
    publicKey: other === undefined ? (given?.text ?? '') : publicKeyOf(keys.get(other) ?? ''),
    ...(presharedKey !== undefined && { presharedKey }),
    ...(endpoint !== undefined && { endpoint }),
    allowedIps,
    persistentKeepalive: numberAt(settings, 'persistent_keepalive') ?? 0,
  }
}

function readAllowedIps(settings: MapValue | undefined, findings: Findings): string[] {
  return textsAt(settings, 'allowed_ips').flatMap((item) => {
    const prefix = parsePrefix(item.text, { bare: true })
    if (prefix !== undefined && prefix.address === prefix.network) return [`${prefix.network}/${prefix.prefixlen}`]
    findings.error('INVALID_VALUE', item.origin, `"${item.text}" is not a prefix without host bits, e.g. 10.2.0.0/16.`)
    return []
  })
}

function endpointOf(
  station: Station,
  other: Station | undefined,
  given: ScalarValue | undefined,
  origin: Origin,
  wiring: Wiring,
  findings: Findings,
): string | undefined {
  if (given?.text === 'none') return undefined
  if (given !== undefined) {
    const [, address = '', port = ''] = /^\[?(.+?)\]?:(\d{1,5})$/.exec(given.text) ?? []
    const parsed = parseAddress(address)
    if (parsed !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return endpointText(parsed.text, Number(port))
    findings.error('INVALID_VALUE', given.origin, `"${given.text}" is no endpoint, e.g. 192.0.2.1:51820, [2001:db8::1]:51820 or none.`)
    return undefined
  }
  if (other === undefined) return undefined
  const far = farEndOf(station.definition, other.definition, 'any', wiring)
  if (far !== undefined) return endpointText(far.remote, listenPortOf(other))
  findings.warning('UNREACHABLE_ROUTE', origin, `${other.definition.name} has no address to which packets of the tunnel could go.`)
  return undefined
}

function endpointText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** A prefix belongs to one peer: the kernel gives it to the last that asks. */
function findSharedPrefix(peer: WireguardPeer, { origin }: PeerDraft, owners: Map<string, Origin>, findings: Findings): void {
  for (const prefix of peer.allowedIps) {
    const before = owners.get(prefix)
    if (before !== undefined) {
      findings.error('CONFLICTING_VALUES', origin, `${prefix} is behind two peers of one interface, and only one can have it.`, {
        related: [{ origin: before, note: 'the other one' }],
      })
    }
    owners.set(prefix, origin)
  }
}
