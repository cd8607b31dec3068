/** What makes a port of a bridge, or a table of entries, like another: for what the file wants, and for the way back. bridge(8). */
import { PORT_OPTIONS } from '../state/kind.ts'
import { optionDifferences } from '../state/option.ts'
import type { Options } from '../state/option.ts'
import type { BridgePort, FdbEntry, PortVlan } from '../state/network.ts'
import { causeOf } from './cause.ts'
import type { AddVlan, DelVlan, Operation, VlanRange } from './operation.ts'

/** Where a port is, for the operations on it. */
export interface PortPlace {
  readonly netns: string
  readonly ifname: string
  readonly bridge: string
}

/** What turns a port that has `there` into `desired`, but for multicast. */
export function portOperations(place: PortPlace, desired: BridgePort, there: BridgePort): Operation[] {
  const { netns, ifname } = place
  return [
    ...optionOperations(place, desired.options, there.options),
    ...vlanOperations(place, desired.vlans, there.vlans, false),
    ...fdbOperations({ netns, ifname }, desired.fdbs, there.fdbs),
  ]
}

/** Static entries: of a port in its bridge's table, of a VXLAN in its own. */
export function fdbOperations(
  { netns, ifname }: Pick<PortPlace, 'netns' | 'ifname'>,
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

export function mdbOperations({ netns, ifname, bridge }: PortPlace, desired: BridgePort, there: BridgePort): Operation[] {
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
function optionOperations({ netns, ifname }: PortPlace, desired: Options, there: Options): Operation[] {
  const differences = optionDifferences(PORT_OPTIONS, desired, there)
  if (differences.length === 0) return []
  const set = Object.fromEntries(differences.flatMap((one) => (one.desired === undefined ? [] : [[one.option.name, one.desired]])))
  const previous = Object.fromEntries(differences.flatMap((one) => (one.observed === undefined ? [] : [[one.option.name, one.observed]])))
  const causes = differences.map(({ option, desired: wanted, observed }) => causeOf({ property: option.name, desired: wanted, observed }))
  return [{ type: 'set link', netns, cause: causes.join('; '), ifname, set: { port: set }, previous: { port: previous } }]
}

/** VLANs of a port or, `isSelf`, of a bridge's own interface. */
export function vlanOperations(
  { netns, ifname }: Pick<PortPlace, 'netns' | 'ifname'>,
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
