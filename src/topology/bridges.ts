/** `bridges`: settings of the bridge itself. ip-link(8), "BRIDGE Type Support"; the bounds are those of net/bridge/br_stp.c. */
import type { Station } from './interfaces.ts'
import { readMac } from './interfaces.ts'
import { bridgeLinkName } from './port-names.ts'
import { derivedMac } from '../unit/mac.ts'
import { parseDuration } from '../unit/duration.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import type { PluggedCable } from './interfaces.ts'
import type { RouteState } from '../state/network.ts'
import type { Bridge } from './topology.ts'
import { bridgeVlanProtocol, ownVlanOf } from './switches.ts'
import { itemsAt, mapAt, scalarAt, switchAt, valueAt } from './value.ts'

const DEFAULT_MTU = 1500
const NS_PER_CS = 10_000_000n

interface TimeSetting {
  readonly key: 'ageing' | 'forward_delay' | 'hello' | 'max_age'
  readonly defaultCs: number
  /** Seconds. */
  readonly min: number
  readonly max: number
}

const AGEING: TimeSetting = { key: 'ageing', defaultCs: 30_000, min: 0, max: 1_000_000 }
/** BR_MIN_FORWARD_DELAY and BR_MAX_FORWARD_DELAY hold only with the spanning tree on (br_set_forward_delay). */
const FORWARD_DELAY: TimeSetting = { key: 'forward_delay', defaultCs: 1_500, min: 0, max: 30 }
const FORWARD_DELAY_STP: TimeSetting = { ...FORWARD_DELAY, min: 2 }
const HELLO: TimeSetting = { key: 'hello', defaultCs: 200, min: 1, max: 10 }
const MAX_AGE: TimeSetting = { key: 'max_age', defaultCs: 2_000, min: 6, max: 40 }

/** The stations of bridges that have addresses of their own. */
export function bridgeStations(
  lab: string,
  definitions: Definitions,
  portMtu: ReadonlyMap<Definition, number>,
  findings: Findings,
): Map<Definition, Station> {
  const stations = new Map<Definition, Station>()
  for (const definition of definitions.bridges.values()) {
    const { name, origin, settings } = definition
    const gateway = valueAt(settings, 'gateway')
    if (itemsAt(settings, 'address').length === 0) {
      if (gateway !== undefined)
        findings.error('INVALID_VALUE', gateway.origin, `The bridge ${name} has no \`address\`, so it can use no gateway.`)
      continue
    }
    const { ifname } = bridgeLinkName(name)
    const mac = readMac(valueAt(settings, 'mac'), findings)
    const mtu = scalarAt(settings, 'mtu')
    stations.set(definition, {
      definition,
      kind: 'bridge',
      ifname,
      origin,
      address: valueAt(settings, 'address'),
      mac: mac?.value ?? derivedMac(lab, name, ifname),
      macOrigin: mac?.origin ?? origin,
      mtu: typeof mtu?.value === 'number' ? mtu.value : (portMtu.get(definition) ?? DEFAULT_MTU),
      mtuOrigin: mtu?.origin ?? origin,
      up: true,
      addresses: [],
      portSettings: [],
      vrf: undefined,
    })
  }
  return stations
}

/** Smallest MTU of each bridge's ports. */
export function portMtus(cables: readonly PluggedCable[]): ReadonlyMap<Definition, number> {
  const mtus = new Map<Definition, number>()
  for (const cable of cables) {
    for (const end of cable.ends) if (end.kind === 'port') mtus.set(end.bridge, Math.min(mtus.get(end.bridge) ?? Infinity, end.mtu))
  }
  return mtus
}

export function readBridge(
  definition: Definition,
  portMtu: number | undefined,
  station: Station | undefined,
  routes: ReadonlyMap<string, RouteState>,
  findings: Findings,
): Bridge {
  findStrayVlanKeys(definition, findings)
  const { name, origin, settings } = definition
  const internet = switchAt(settings, 'internet')
  const mac = station === undefined ? readMac(valueAt(settings, 'mac'), findings)?.value : station.mac
  const mtu = scalarAt(settings, 'mtu')?.value
  const stp = scalarAt(settings, 'stp')?.value === true
  const priority = scalarAt(settings, 'priority')?.value
  return {
    name,
    origin,
    ...(mac !== undefined && { mac }),
    mtu: typeof mtu === 'number' ? mtu : (portMtu ?? DEFAULT_MTU),
    stp,
    priority: typeof priority === 'number' ? priority : 32_768,
    ageingCs: readTime(definition, AGEING, findings),
    forwardDelayCs: readTime(definition, stp ? FORWARD_DELAY_STP : FORWARD_DELAY, findings),
    helloCs: readTime(definition, HELLO, findings),
    maxAgeCs: readTime(definition, MAX_AGE, findings),
    mcastSnooping: scalarAt(settings, 'mcast_snooping')?.value === true,
    ...bridgeVlans(definition, station !== undefined),
    addresses: station?.addresses ?? [],
    routes,
    ...(internet !== undefined && { internet }),
  }
}

/** A bridge's own interface is in a VLAN where it has something to say there. */
function bridgeVlans({ settings }: Definition, hasStation: boolean): Pick<Bridge, 'vlan' | 'selfVlans'> {
  const protocol = bridgeVlanProtocol(settings)
  if (protocol === undefined) return {}
  return { vlan: { protocol, defaultPvid: 0 }, selfVlans: new Map(hasStation ? [[ownVlanOf(settings), 'pvid untagged' as const]] : []) }
}

/** Keys that mean something only where the bridge tells VLANs apart. */
function findStrayVlanKeys({ name, settings }: Definition, findings: Findings): void {
  for (const key of ['vlan', 'vlans', 'vlan_protocol']) {
    const entry = settings.entries.get(key)
    if (entry === undefined) continue
    if (bridgeVlanProtocol(settings) === undefined) {
      const detail = `${name} takes no notice of VLANs, so it has no \`${key}\`.`
      findings.error('INVALID_VALUE', entry.key, detail, { hint: 'Give it `vlan_filtering: true`.' })
    }
  }
  for (const [key, entry] of mapAt(settings, 'vlans')?.entries ?? []) {
    if (!/^[1-9]\d{0,3}$/.test(key) || Number(key) > 4094) {
      findings.error('INVALID_VALUE', entry.key, `"${key}" is no VLAN: 1 to 4094 are accepted.`)
    }
  }
}

/** Hundredths of a second. A number without a unit means seconds, as `brctl` and every switch have it. */
function readTime(definition: Definition, setting: TimeSetting, findings: Findings): number {
  const scalar = scalarAt(definition.settings, setting.key)
  if (scalar === undefined) return setting.defaultCs
  const duration = parseDuration(/^[\d.]+$/.test(scalar.text) ? `${scalar.text}s` : scalar.text)
  if (duration.problem !== undefined) {
    findings.error('INVALID_VALUE', scalar.origin, `${duration.problem}.`)
    return setting.defaultCs
  }
  const timeCs = Number(duration.value / NS_PER_CS)
  if (duration.value % NS_PER_CS === 0n && timeCs >= setting.min * 100 && timeCs <= setting.max * 100) return timeCs
  const accepted = `${setting.min}s to ${setting.max}s, in hundredths of a second`
  findings.error('INVALID_VALUE', scalar.origin, `${setting.key} ${scalar.text} is not accepted: the kernel takes ${accepted}.`)
  return setting.defaultCs
}
