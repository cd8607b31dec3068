/** Ports of bridges: their options, VLANs, static entries. bridge(8); "bridge_slave" in ip-link(8). */
import { BARE_PORT } from '../state/equal-link.ts'
import { PORT_OPTIONS } from '../state/kind.ts'
import { optionDifferences } from '../state/option.ts'
import type { Options } from '../state/option.ts'
import type { BridgeLink, BridgePort, FdbEntry, LinkState, PortVlan } from '../state/network.ts'
import { causeOf } from './cause.ts'
import type { Draft } from './draft.ts'
import type { AddVlan, DelVlan, Operation, VlanRange } from './operation.ts'

/** Where a port is, for the operations on it. */
interface Place {
  readonly netns: string
  readonly ifname: string
  readonly bridge: string
}

/** Options, VLANs and static addresses of ports that are in their bridges, and what a bridge has of its own VLANs. */
export function planPorts(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const now = draft.now(netns)
    for (const [ifname, link] of desired.links) {
      const there = now.links.get(ifname)
      if (link.kind === 'bridge' && link.vlan !== undefined) emitAll(draft, link, ownVlanOperations({ netns, ifname }, link, there))
      const port = standingPort(link, there)
      const place = { netns, ifname, bridge: link.master ?? '' }
      if (port !== undefined) emitAll(draft, link, portOperations(place, link.port ?? BARE_PORT, port))
    }
  }
}

/** Multicast memberships: a bridge takes them when it is up. */
export function planMdbs(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    const now = draft.now(netns)
    for (const [ifname, link] of desired.links) {
      const port = standingPort(link, now.links.get(ifname))
      if (port !== undefined)
        emitAll(draft, link, mdbOperations({ netns, ifname, bridge: link.master ?? '' }, link.port ?? BARE_PORT, port))
    }
  }
}

function emitAll(draft: Draft, { origin }: LinkState, operations: readonly Operation[]): void {
  for (const operation of operations) draft.emit({ ...operation, ...(origin !== undefined && { origin }) })
}

function ownVlanOperations(place: Pick<Place, 'netns' | 'ifname'>, link: BridgeLink, there: LinkState | undefined): Operation[] {
  const own = there?.kind === 'bridge' && there.vlan !== undefined ? there.selfVlans : undefined
  return vlanOperations(place, link.selfVlans ?? new Map(), own ?? new Map(), true)
}

/** What a port has by now; undefined where the file says nothing of it and there is nothing to take away. */
function standingPort(link: LinkState, there: LinkState | undefined): BridgePort | undefined {
  if (link.master === undefined) return undefined
  if (there === undefined) return link.port === undefined ? undefined : BARE_PORT
  return link.port === undefined && there.port === undefined ? undefined : (there.port ?? BARE_PORT)
}

/** What turns a port that has `there` into `desired`, but for multicast. */
export function portOperations(place: Place, desired: BridgePort, there: BridgePort): Operation[] {
  const { netns, ifname } = place
  return [
    ...optionOperations(place, desired.options, there.options),
    ...vlanOperations(place, desired.vlans, there.vlans, false),
    ...fdbOperations({ netns, ifname }, desired.fdbs, there.fdbs),
  ]
}

/** Static entries: of a port in its bridge's table, of a VXLAN in its own. */
export function fdbOperations(
  { netns, ifname }: Pick<Place, 'netns' | 'ifname'>,
  desired: ReadonlyMap<string, FdbEntry>,
  there: ReadonlyMap<string, FdbEntry>,
): Operation[] {
  return [
    ...[...there]
      .filter(([key]) => !desired.has(key))
      .map(([, fdb]): Operation => ({ type: 'del fdb', netns, cause: 'not in the file', ifname, fdb })),
    ...[...desired]
      .filter(([key]) => !there.has(key))
      .map(([, fdb]): Operation => ({ type: 'add fdb', netns, cause: 'not there', ifname, fdb })),
  ]
}

export function mdbOperations({ netns, ifname, bridge }: Place, desired: BridgePort, there: BridgePort): Operation[] {
  return [
    ...[...there.mdbs]
      .filter(([key]) => !desired.mdbs.has(key))
      .map(([, mdb]): Operation => ({ type: 'del mdb', netns, cause: 'not in the file', ifname, bridge, mdb })),
    ...[...desired.mdbs]
      .filter(([key]) => !there.mdbs.has(key))
      .map(([, mdb]): Operation => ({ type: 'add mdb', netns, cause: 'not there', ifname, bridge, mdb })),
  ]
}

/** All options in one request. */
function optionOperations({ netns, ifname }: Place, desired: Options, there: Options): Operation[] {
  const differences = optionDifferences(PORT_OPTIONS, desired, there)
  if (differences.length === 0) return []
  const set = Object.fromEntries(differences.map((one) => [one.option.name, one.desired]))
  const previous = Object.fromEntries(differences.flatMap((one) => (one.observed === undefined ? [] : [[one.option.name, one.observed]])))
  const causes = differences.map(({ option, desired: wanted, observed }) => causeOf({ property: option.name, desired: wanted, observed }))
  return [{ type: 'set link', netns, cause: causes.join('; '), ifname, set: { port: set }, previous: { port: previous } }]
}

/** VLANs of a port or, `isSelf`, of a bridge's own interface. */
export function vlanOperations(
  { netns, ifname }: Pick<Place, 'netns' | 'ifname'>,
  desired: ReadonlyMap<number, PortVlan>,
  there: ReadonlyMap<number, PortVlan>,
  isSelf: boolean,
): (AddVlan | DelVlan)[] {
  const gone = new Map([...there].filter(([id]) => !desired.has(id)))
  const changed = [...desired].filter(([id, flags]) => there.get(id) !== flags)
  const befores = new Set(changed.map(([id]) => there.get(id)))
  const base = { netns, ifname, isSelf }
  return [
    ...rangesOf(gone).map((vlans): DelVlan => ({ ...base, type: 'del vlan', cause: 'not in the file', vlans })),
    ...[...befores].flatMap((flags) =>
      rangesOf(new Map(changed.filter(([id]) => there.get(id) === flags))).map((vlans): AddVlan => {
        if (flags === undefined) return { ...base, type: 'add vlan', cause: 'not there', vlans }
        const cause = `it is ${flags === '' ? 'tagged' : flags}, the file says ${vlans.flags === '' ? 'tagged' : vlans.flags}`
        return { ...base, type: 'add vlan', cause, vlans, previous: { ...vlans, flags } }
      }),
    ),
  ]
}

/** Runs of neighbouring VLANs with the same flags. A pvid is one VLAN: the kernel takes no range for it. */
export function rangesOf(vlans: ReadonlyMap<number, PortVlan>): VlanRange[] {
  const ranges: VlanRange[] = []
  for (const [id, flags] of [...vlans].sort(([one], [other]) => one - other)) {
    const last = ranges.at(-1)
    if (last?.last === id - 1 && last.flags === flags && !flags.includes('pvid')) ranges[ranges.length - 1] = { ...last, last: id }
    else ranges.push({ first: id, last: id, flags })
  }
  return ranges
}
