/** Far ends of tunnels that the file gives as nodes, settled when all addresses are; and what is odd about tunnels then. */
import { didYouMean } from '../diagnostic/suggest.ts'
import { KINDS } from '../state/kind.ts'
import type { FdbEntry } from '../state/network.ts'
import { parseAddress } from '../unit/address.ts'
import type { Definitions } from './definitions.ts'
import { farEndOf } from './far-end.ts'
import type { FarEnd } from './far-end.ts'
import type { Findings } from './findings.ts'
import { readMac } from './interfaces.ts'
import type { Station, Virtual } from './interfaces.ts'
import { checkCast, FAR_END } from './kind-options.ts'
import { itemsAt, scalarAt, textsAt, valueAt } from './value.ts'
import type { ScalarValue } from './value.ts'
import type { NodeStations } from './virtuals.ts'
import type { Wiring } from './wiring.ts'

export function settleFarEnds(definitions: Definitions, nodeStations: NodeStations, wiring: Wiring, findings: Findings): void {
  for (const stations of nodeStations.values()) {
    for (const station of stations.values()) {
      const remote = station.virtual?.options[FAR_END]
      if (typeof remote === 'string' && parseAddress(remote) === undefined) settle(station, definitions, wiring, findings)
      else if (station.virtual?.kind === 'vxlan' && remote === undefined) settleMany(station, definitions, wiring, findings)
      if (station.virtual?.kind !== 'vxlan') continue
      settleEntries(station, definitions, wiring, findings)
      findOtherFamily(station, findings)
    }
  }
}

function settle(station: Station, definitions: Definitions, wiring: Wiring, findings: Findings): void {
  const { virtual } = station
  const [scalar] = textsAt(virtual?.settings, FAR_END)
  if (virtual === undefined || scalar === undefined) return
  const end = endOf(station, scalar, definitions, wiring, findings)
  if (end === undefined) return
  const local = virtual.options['local'] ?? end.local
  virtual.options = { ...virtual.options, remote: end.remote, ...(local !== undefined && { local }) }
}

/** That of its socket: of its far end, else of its own address, else IPv4 (vxlan_config_validate). Asked when far ends are addresses. */
export function vxlanFamily({ options: { local, remote, group }, remotes = [] }: Virtual): 4 | 6 {
  return String(remote ?? group ?? remotes[0] ?? local ?? '').includes(':') ? 6 : 4
}

/** The kernel opens one socket, of one family (vxlan_config_validate). Other tunnels take one family alone. */
function findOtherFamily({ virtual }: Station, findings: Findings): void {
  const scalar = scalarAt(virtual?.settings, 'local')
  const { local, remote, group } = virtual?.options ?? {}
  const far = remote ?? group ?? virtual?.remotes?.[0]
  if (scalar === undefined || typeof local !== 'string' || typeof far !== 'string' || parseAddress(far) === undefined) return
  if (local.includes(':') === far.includes(':')) return
  findings.error('INVALID_VALUE', scalar.origin, `${local} and ${far} are of two families: both ends of a vxlan are of one.`)
}

/** All of one family: the kernel opens a socket of one alone, which it tells by `local` where there is no single `remote` (vxlan_config_validate). */
function settleMany(station: Station, definitions: Definitions, wiring: Wiring, findings: Findings): void {
  const { virtual } = station
  const texts = textsAt(virtual?.settings, FAR_END)
  if (virtual === undefined || texts.length < 2) return
  const remotes = new Set<string>()
  let local = virtual.options['local']
  for (const scalar of texts) {
    const end = endOf(station, scalar, definitions, wiring, findings)
    if (end === undefined) return
    local ??= end.local
    const [first = end.remote] = remotes
    if (first.includes(':') !== end.remote.includes(':')) {
      findings.error('INVALID_VALUE', scalar.origin, `${first} and ${end.remote} are of two families: the far ends of a vxlan are of one.`)
      return
    }
    if (remotes.has(end.remote)) findings.warning('INVALID_VALUE', scalar.origin, `${end.remote} is among the far ends already.`)
    checkCast(FAR_END, end.remote, scalar, findings)
    remotes.add(end.remote)
  }
  const [first = ''] = remotes
  if (first.includes(':') && local === undefined) {
    findings.error('MISSING_KEY', station.origin, 'A vxlan with several far ends in IPv6 needs `local`, an address of its own.')
    return
  }
  virtual.options = { ...virtual.options, ...(local !== undefined && { local }) }
  virtual.remotes = [...remotes]
}

/**
 * Entries of its table that name a far end; the others are for the bridge that has it. The kernel passes over a second far end of one
 * address (vxlan_fdb_update_existing), and has none of another family (vxlan_fdb_add: EAFNOSUPPORT).
 */
function settleEntries(station: Station, definitions: Definitions, wiring: Wiring, findings: Findings): void {
  const { virtual } = station
  const first = new Map<string, string>()
  const entries = itemsAt(virtual?.settings, 'fdb').flatMap((item): FdbEntry[] => {
    const map = item.kind === 'map' ? item : undefined
    const dst = scalarAt(map, 'dst')
    if (dst === undefined) {
      const isPort = station.master !== undefined
      if (!isPort)
        findings.error('MISSING_KEY', item.origin, 'An entry of a vxlan says behind which far end the address is: it needs `dst`.')
      return []
    }
    const mac = readMac(valueAt(map, 'mac'), findings)
    const end = endOf(station, dst, definitions, wiring, findings)
    if (mac === undefined || end === undefined) return []
    checkCast(FAR_END, end.remote, dst, findings)
    if (virtual !== undefined && end.remote.includes(':') !== (vxlanFamily(virtual) === 6))
      findings.error('INVALID_VALUE', dst.origin, `${end.remote} is not of IPv${vxlanFamily(virtual)}, as all else of this vxlan is.`)
    const before = first.get(mac.value)
    if (before !== undefined && before !== end.remote)
      findings.error('CONFLICTING_VALUES', dst.origin, `${mac.value} is behind ${before} already: an address is behind one far end.`)
    first.set(mac.value, end.remote)
    return [{ lladdr: mac.value, dst: end.remote }]
  })
  if (virtual !== undefined && entries.length > 0) virtual.fdbs = entries
}

function endOf(station: Station, scalar: ScalarValue, definitions: Definitions, wiring: Wiring, findings: Findings): FarEnd | undefined {
  const { virtual, definition } = station
  const { text: remote } = scalar
  const address = parseAddress(remote)
  if (address !== undefined) return { remote: address.text }
  if (virtual === undefined || virtual.kind === 'bridge') return undefined
  const far = definitions.nodes.get(remote)
  if (far === undefined) {
    const names = findings.isFull() ? [] : definitions.nodes.keys()
    findings.error('UNKNOWN_NODE', scalar.origin, `"${remote}" is neither an address nor a node.${didYouMean(remote, names)}`)
    return undefined
  }
  const option = KINDS[virtual.kind].options.find(({ name }) => name === FAR_END)
  const end = farEndOf(definition, far, option?.type === 'address' ? option.family : 'any', wiring)
  if (end === undefined) {
    findings.error('UNREACHABLE_ROUTE', scalar.origin, `${remote} has no address to which packets of ${station.ifname} could go.`)
  }
  return end
}
