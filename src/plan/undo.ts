/**
 * The way back: on a refusal, what was applied is undone. The planner has put into `Operation.undo` what the kernel took along. A
 * plan for a lab that is not up carries none of that: there the lab is dropped as a whole. A setup command cannot be undone, nor
 * can a process be brought back.
 */
import { BARE_PORT, isVirtual } from '../state/equal-link.ts'
import { DEFAULT_ISOLATION } from '../state/isolation.ts'
import { NO_LIMITS } from '../state/limits.ts'
import { routeKey } from '../state/key.ts'
import type { LinkState, ServiceState, VethLink } from '../state/network.ts'
import { newVxlanEntries } from '../state/vxlan.ts'
import { followers } from './attachment.ts'
import { takenOptions } from './bond.ts'
import type { Loss } from './loss.ts'
import type { LinkChange } from './link-change.ts'
import type { AddQdisc, Operation } from './operation.ts'
import { chainOperations } from './qdisc-chain.ts'
import { fdbOperations, mdbOperations, portOperations, vlanOperations } from './port-operations.ts'
import { emptyRuleset } from './ruleset-input.ts'
import { sysctlIfname, sysctlRank } from '../state/sysctl-name.ts'
import { linksInOrder, routesInOrder } from './order.ts'
import { NO_CONFIG, wireguardChange } from './wireguard-change.ts'
import type { Working, WorkingNamespace } from './working.ts'

const CAUSE = 'undo'

/**
 * What undoes the operations, which were applied in this order. Routes come back when all links and addresses have, and rules after
 * them: the kernel lets a route stand whose gateway or source has gone, but does not take it like that, and it looks up gateways by
 * the rules. Services come last: they need the network.
 */
export function undoAll(applied: readonly Operation[]): Operation[] {
  const steps = applied.toReversed().flatMap(undoOf)
  const routes = new Map<string, Operation & { type: 'add route' | 'replace route' }>()
  for (const step of steps) {
    if (step.type !== 'add route' && step.type !== 'replace route') continue
    const key = `${step.netns} ${routeKey(step.route)}`
    const earlier = routes.get(key)
    // Of several steps on one route only the last counts; whether the route stands by then does not matter to a replace.
    routes.set(key, earlier === undefined ? step : { ...step, type: 'replace route', previous: earlier.route })
  }
  const stepOf = new Map([...routes.values()].map((step) => [step.route, step]))
  return [
    ...steps.filter(({ type }) => !['add route', 'replace route', 'add rule', 'start service'].includes(type)),
    ...routesInOrder([...stepOf.keys()]).flatMap((route) => stepOf.get(route) ?? []),
    ...steps.filter(({ type }) => type === 'add rule'),
    ...steps.filter(({ type }) => type === 'start service'),
  ]
}

/** Operations that undo this one, when everything after it has been undone. Empty where there is no way back. */
export function undoOf(operation: Operation): readonly Operation[] {
  return operation.undo ?? inverseOf(operation)
}

/** What undoes the operation itself, without what the kernel took along. */
export function inverseOf(operation: Operation): Operation[] {
  const base = { netns: operation.netns, cause: CAUSE }
  switch (operation.type) {
    case 'add netns':
      return [{ ...base, type: 'del netns' }]
    case 'del netns':
      return []
    case 'set hostname':
      return operation.previous === undefined ? [] : [{ ...base, type: 'set hostname', hostname: operation.previous }]
    case 'set isolation':
      return [{ ...base, type: 'set isolation', isolation: operation.previous, previous: operation.isolation }]
    case 'set limits':
      return [{ ...base, type: 'set limits', limits: operation.previous, previous: operation.limits }]
    case 'add bridge':
    case 'add veth':
    case 'take link':
    case 'add link': {
      const peer = operation.type === 'add veth' ? { peer: operation.peer } : {}
      return [{ ...base, type: 'del link', ifname: operation.ifname, link: operation.link, ...peer }]
    }
    case 'set link':
      return operation.previous === undefined ? [] : [{ ...base, type: 'set link', ifname: operation.ifname, set: operation.previous }]
    case 'del link':
      return linkOperations(operation.netns, operation.ifname, operation.link, operation.peer)
    case 'add qdisc':
      return undoOfAddQdisc(operation)
    case 'change qdisc': {
      const { ifname, qdisc, parent, previous } = operation
      return [{ ...base, type: 'change qdisc', ifname, qdisc: previous, previous: qdisc, ...(parent !== undefined && { parent }) }]
    }
    case 'del qdisc':
      return chainOperations(operation.netns, operation.ifname, operation.chain, undefined, CAUSE)
    case 'set wireguard': {
      const { ifname, set, previous } = operation
      return previous === undefined ? [] : [{ ...base, type: 'set wireguard', ifname, set: previous, previous: set }]
    }
    case 'add vlan':
    case 'add fdb':
    case 'add mdb':
    case 'del vlan':
    case 'del fdb':
    case 'del mdb':
      return [portInverse(operation)]
    case 'add addr':
      return [{ ...base, type: 'del addr', addr: operation.addr }]
    case 'del addr':
      return [{ ...base, type: 'add addr', addr: operation.addr }]
    case 'add route':
      return [{ ...base, type: 'del route', route: operation.route }]
    case 'replace route':
      return [{ ...base, type: 'replace route', route: operation.previous, previous: operation.route }]
    case 'del route':
      return [{ ...base, type: 'add route', route: operation.route }]
    case 'add rule':
      return [{ ...base, type: 'del rule', rule: operation.rule }]
    case 'del rule':
      return [{ ...base, type: 'add rule', rule: operation.rule }]
    case 'replace neigh':
      if (operation.previous === undefined) return [{ ...base, type: 'del neigh', neigh: operation.neigh }]
      return [{ ...base, type: 'replace neigh', neigh: operation.previous, previous: operation.neigh }]
    case 'del neigh':
      return [{ ...base, type: 'replace neigh', neigh: operation.neigh }]
    case 'set sysctl': {
      const { name, value, previous } = operation
      return previous === undefined ? [] : [{ ...base, type: 'set sysctl', name, value: previous, previous: value }]
    }
    case 'add mount':
      return [{ ...base, type: 'del mount', path: operation.path, mount: operation.mount }]
    case 'del mount':
      return [{ ...base, type: 'add mount', path: operation.path, mount: operation.mount }]
    case 'write file': {
      const { path, file, previous } = operation
      if (previous === undefined) return [{ ...base, type: 'remove file', path, previous: file }]
      return [{ ...base, type: 'write file', path, file: previous, previous: file }]
    }
    case 'remove file': {
      const { path, previous } = operation
      return previous === undefined ? [] : [{ ...base, type: 'write file', path, file: previous }]
    }
    case 'set ruleset': {
      const { tool, input, previous } = operation
      return previous === undefined ? [] : [{ ...base, type: 'set ruleset', tool, input: previous, previous: input }]
    }
    case 'run setup':
      return []
    case 'start service': {
      const { name, service, previous } = operation
      if (!canStart(previous)) return [{ ...base, type: 'stop service', name, previous: service }]
      return [{ ...base, type: 'start service', name, service: previous, previous: service }]
    }
    case 'stop service': {
      const { name, previous } = operation
      return canStart(previous) ? [{ ...base, type: 'start service', name, service: previous }] : []
    }
  }
}

/** A service that ran, and of which it is known how. */
function canStart(service: ServiceState | undefined): service is ServiceState {
  return service?.definition !== undefined && service.status?.state === 'running'
}

type PortOperation = Extract<Operation, { type: 'add vlan' | 'add fdb' | 'add mdb' | 'del vlan' | 'del fdb' | 'del mdb' }>

function portInverse(operation: PortOperation): Operation {
  const { netns, ifname } = operation
  const base = { netns, cause: CAUSE, ifname }
  switch (operation.type) {
    case 'add vlan':
      // One that only got other flags stood before: its own come back.
      if (operation.previous !== undefined) return { ...base, type: 'add vlan', vlans: operation.previous, isSelf: operation.isSelf }
      return { ...base, type: 'del vlan', vlans: operation.vlans, isSelf: operation.isSelf }
    case 'del vlan':
      return { ...base, type: 'add vlan', vlans: operation.vlans, isSelf: operation.isSelf }
    case 'add fdb':
      return { ...base, type: 'del fdb', fdb: operation.fdb }
    case 'del fdb':
      return { ...base, type: 'add fdb', fdb: operation.fdb }
    case 'add mdb':
      return { ...base, type: 'del mdb', bridge: operation.bridge, mdb: operation.mdb }
    case 'del mdb':
      return { ...base, type: 'add mdb', bridge: operation.bridge, mdb: operation.mdb }
  }
}

/** With the root its chain goes, all of which was made by one plan. */
function undoOfAddQdisc({ netns, ifname, qdisc, parent }: AddQdisc): Operation[] {
  return parent === undefined ? [{ netns, cause: CAUSE, type: 'del qdisc', ifname, chain: { qdiscs: [qdisc] } }] : []
}

/** A link as it was, down: a link that netlab did not make cannot be made again. */
function linkOperations(netns: string, ifname: string, link: LinkState, peer: VethLink | undefined): Operation[] {
  const base = { netns, cause: CAUSE, ifname }
  if (link.kind === 'bridge') return [{ ...base, type: 'add bridge', link }, ...addrGenMode(netns, ifname, link)]
  if (link.kind === 'veth' && peer !== undefined) {
    const far = link.peer
    return [{ ...base, type: 'add veth', link, peer }, ...addrGenMode(netns, ifname, link), ...addrGenMode(far.netns, far.ifname, peer)]
  }
  if (link.kind === 'external')
    return [{ ...base, type: 'take link', link }, ...addrGenMode(netns, ifname, link), ...intoMaster(netns, ifname, link)]
  if (!isVirtual(link)) return []
  const set = link.wireguard === undefined ? {} : wireguardChange(link.wireguard, NO_CONFIG, undefined)
  const keys: Operation[] = Object.keys(set).length === 0 ? [] : [{ ...base, type: 'set wireguard', set }]
  const master = intoMaster(netns, ifname, link)
  const before = newVxlanEntries(link)
  const fdbs = fdbOperations({ netns, ifname }, link.fdbs ?? before, before).map((step) => ({ ...step, cause: CAUSE }))
  const made: Operation = { ...base, type: 'add link', link: { ...link, options: takenOptions(link) } }
  return [made, ...addrGenMode(netns, ifname, link), ...fdbs, ...keys, ...master]
}

function intoMaster(netns: string, ifname: string, { master }: LinkState): Operation[] {
  return master === undefined ? [] : [{ netns, cause: CAUSE, type: 'set link', ifname, set: { master } }]
}

/** A link is made with the kernel's own. */
function addrGenMode(netns: string, ifname: string, { addrGenMode: mode }: LinkState): Operation[] {
  return mode === 'none' ? [{ netns, cause: CAUSE, type: 'set link', ifname, set: { addrGenMode: mode } }] : []
}

/** VLANs that a bridge has forgotten. */
function vlansAgain(netns: string, ifname: string, link: LinkState): Operation[] {
  const own = link.kind === 'bridge' ? (link.selfVlans ?? new Map()) : undefined
  const steps = vlanOperations({ netns, ifname }, own ?? link.port?.vlans ?? new Map(), new Map(), own !== undefined)
  return steps.map((step) => ({ ...step, cause: CAUSE }))
}

/** What the links had as ports of bridges, which is lost with them or with their bridge. */
function portsAgain(netns: string, ifname: string, link: LinkState): Operation[] {
  const place = { netns, ifname, bridge: link.master ?? '' }
  const own =
    link.kind === 'bridge' && link.vlan !== undefined ? vlanOperations({ netns, ifname }, link.selfVlans ?? new Map(), new Map(), true) : []
  if (link.port === undefined || link.master === undefined) return own
  const steps = [...own, ...portOperations(place, link.port, BARE_PORT), ...mdbOperations(place, link.port, BARE_PORT)]
  return steps.map((step) => ({ ...step, cause: CAUSE }))
}

/** A bridge that is there again follows its ports' mtu until its own is set. */
function bridgeMtu(netns: string, ifname: string, link: LinkState): Operation[] {
  return link.kind === 'bridge' ? [{ netns, cause: CAUSE, type: 'set link', ifname, set: { mtu: link.mtu } }] : []
}

/** IFF_UP of a link and of its peer, where they were up. */
function upOperations(netns: string, ifname: string, link: LinkState, peer: VethLink | undefined): Operation[] {
  const set: LinkChange = { up: true }
  const found: Operation[] = []
  if (link.up) found.push({ netns, cause: CAUSE, type: 'set link', ifname, set })
  if (link.kind === 'veth' && peer?.up === true) {
    found.push({ netns: link.peer.netns, cause: CAUSE, type: 'set link', ifname: link.peer.ifname, set })
  }
  return found
}

/** The inverse of an operation and, after it, what brings back all that went along. */
export function undoWithLosses(operation: Operation, losses: readonly Loss[]): Operation[] {
  const ups = operation.type === 'del link' ? upOperations(operation.netns, operation.ifname, operation.link, operation.peer) : []
  const mtus = operation.type === 'del link' ? bridgeMtu(operation.netns, operation.ifname, operation.link) : []
  return [...inverseOf(operation), ...mtus, ...restoring(losses, ups, portsAfter(operation))]
}

/** A namespace as it was, with what stood on the other ends of its cables. */
export function undoOfDelNetns(netns: string, namespace: WorkingNamespace, losses: readonly Loss[]): Operation[] {
  const base = { netns, cause: CAUSE }
  const { kind, hostname, root, isolation, limits } = namespace
  return [
    { ...base, type: 'add netns', kind, ...(hostname !== undefined && { hostname }), ...(root !== undefined && { root }) },
    ...(isolation === undefined ? [] : [{ ...base, type: 'set isolation' as const, isolation, previous: DEFAULT_ISOLATION }]),
    ...(limits === undefined ? [] : [{ ...base, type: 'set limits' as const, limits, previous: NO_LIMITS }]),
    ...[...namespace.mounts].map(([path, mount]): Operation => ({ ...base, type: 'add mount', path, mount })),
    ...[...namespace.files].map(([path, file]): Operation => ({ ...base, type: 'write file', path, file })),
    ...restoring([...contents(netns, namespace), ...losses], loopbackOperations(netns, namespace)),
    ...[...namespace.rules.values()].map((rule): Operation => ({ ...base, type: 'add rule', rule })),
    ...[...namespace.rulesets].map(([tool, { canonical }]): Operation => {
      return { ...base, type: 'set ruleset', tool, input: canonical, previous: emptyRuleset(tool, canonical) }
    }),
  ]
}

/** What stands in a namespace, but for its cables to others. */
function contents(netns: string, namespace: WorkingNamespace): Loss[] {
  const links = [...linksInOrder(namespace.links)].flatMap(([ifname, link]): Loss[] => {
    if (link.kind === 'bridge' || isVirtual(link)) return [{ noun: 'link', netns, ifname, link }]
    if (link.kind !== 'veth' || link.peer.netns !== netns || ifname > link.peer.ifname) return []
    const peer = namespace.links.get(link.peer.ifname)
    return peer?.kind === 'veth' ? [{ noun: 'link', netns, ifname, link, peer }] : []
  })
  return [
    ...[...namespace.sysctls].map(([name, { value }]): Loss => ({ noun: 'sysctl', netns, name, value })),
    ...links,
    ...[...namespace.qdiscs].map(([ifname, chain]): Loss => ({ noun: 'qdisc', netns, ifname, chain })),
    ...[...namespace.addrs.values()].map((addr): Loss => ({ noun: 'addr', netns, addr })),
    ...[...namespace.routes.values()].map((route): Loss => ({ noun: 'route', netns, route })),
    ...[...namespace.neighs.values()].map((neigh): Loss => ({ noun: 'neigh', netns, neigh })),
  ]
}

function loopbackOperations(netns: string, namespace: WorkingNamespace): Operation[] {
  const lo = namespace.links.get('lo')
  if (lo === undefined) return []
  const set: LinkChange = { mtu: lo.mtu, up: lo.up }
  return [{ netns, cause: CAUSE, type: 'set link', ifname: 'lo', set }]
}

/** What links that the operation took out of a bridge, or with it, had there. */
function portsAfter(operation: Operation): Operation[] {
  if (operation.type !== 'del link') return []
  const { netns, ifname, link, peer } = operation
  const far = link.kind === 'veth' && peer !== undefined ? portsAgain(link.peer.netns, link.peer.ifname, peer) : []
  return [...portsAgain(netns, ifname, link), ...far]
}

/** In the order of a fresh plan. `ups` and `ports` are those of links that are there again already. */
function restoring(losses: readonly Loss[], ups: readonly Operation[], ports: readonly Operation[] = []): Operation[] {
  const of = <N extends Loss['noun']>(noun: N): Extract<Loss, { noun: N }>[] =>
    losses.filter((loss): loss is Extract<Loss, { noun: N }> => loss.noun === noun)
  const rank = ({ link }: { readonly link: LinkState }): number => {
    if (['bridge', 'bond', 'vrf'].includes(link.kind)) return 0
    return link.kind === 'veth' ? 1 : 2
  }
  const links = of('link').sort((one, other) => rank(one) - rank(other))
  const sysctls = of('sysctl').sort((one, other) => sysctlRank(one.name) - sysctlRank(other.name))
  const routes = of('route')
  const order = routesInOrder(routes.map((loss) => loss.route))
  const lossOfRoute = new Map(routes.map((loss) => [loss.route, loss]))
  const sysctl = (loss: (typeof sysctls)[number]): Operation => {
    return { netns: loss.netns, cause: CAUSE, type: 'set sysctl', name: loss.name, value: loss.value }
  }
  return [
    ...sysctls.filter((loss) => sysctlIfname(loss.name) === undefined).map(sysctl),
    ...links.flatMap((loss) => linkOperations(loss.netns, loss.ifname, loss.link, loss.peer)),
    ...links.flatMap((loss) => bridgeMtu(loss.netns, loss.ifname, loss.link)),
    ...of('master').map(({ netns, ifname, link }): Operation => ({
      netns,
      cause: CAUSE,
      type: 'set link',
      ifname,
      set: { master: link.master ?? null },
    })),
    ...of('lladdr').flatMap(({ netns, ifname, link: { lladdr } }): Operation[] =>
      lladdr === undefined ? [] : [{ netns, cause: CAUSE, type: 'set link', ifname, set: { lladdr } }],
    ),
    ...of('mtu').map(({ netns, ifname, link: { mtu } }): Operation => ({ netns, cause: CAUSE, type: 'set link', ifname, set: { mtu } })),
    ...sysctls.filter((loss) => sysctlIfname(loss.name) !== undefined).map(sysctl),
    ...of('qdisc').flatMap(({ netns, ifname, chain }) => chainOperations(netns, ifname, chain, undefined, CAUSE)),
    ...of('addr').map(({ netns, addr }): Operation => ({ netns, cause: CAUSE, type: 'add addr', addr })),
    ...ups,
    ...links.flatMap((loss) => upOperations(loss.netns, loss.ifname, loss.link, loss.peer)),
    ...ports,
    ...links.flatMap((loss) => [
      ...portsAgain(loss.netns, loss.ifname, loss.link),
      ...(loss.link.kind === 'veth' && loss.peer !== undefined ? portsAgain(loss.link.peer.netns, loss.link.peer.ifname, loss.peer) : []),
    ]),
    ...of('vlans').flatMap(({ netns, ifname, link }) => vlansAgain(netns, ifname, link)),
    ...[...of('master'), ...of('port')].flatMap(({ netns, ifname, link }) => portsAgain(netns, ifname, link)),
    ...order.flatMap((route): Operation[] => {
      const loss = lossOfRoute.get(route)
      if (loss === undefined) return []
      if (loss.left === undefined) return [{ netns: loss.netns, cause: CAUSE, type: 'add route', route }]
      return [{ netns: loss.netns, cause: CAUSE, type: 'replace route', route, previous: loss.left }]
    }),
    ...of('neigh').map(({ netns, neigh }): Operation => ({ netns, cause: CAUSE, type: 'replace neigh', neigh })),
  ]
}

/** Where undoing the operation brings a port back to its bridge: what the bridge's mtu was, to be set after it. */
function bridgeMtusBefore(working: Working, operation: Operation): Operation[] {
  const ports: { readonly netns: string; readonly master: string | null | undefined }[] = []
  if (operation.type === 'set link') ports.push({ netns: operation.netns, master: operation.previous?.master })
  if (operation.type === 'del link') {
    ports.push({ netns: operation.netns, master: operation.link.master })
    if (operation.link.kind === 'veth') ports.push({ netns: operation.link.peer.netns, master: operation.peer?.master })
  }
  return ports.flatMap(({ netns, master }): Operation[] => {
    const bridge = master ? working.get(netns)?.links.get(master) : undefined
    if (!master || bridge?.kind !== 'bridge') return []
    return [{ netns, cause: CAUSE, type: 'set link', ifname: master, set: { mtu: bridge.mtu } }]
  })
}

/** What the operation makes of the mtu of other links, back to what it was: what stands on a link shrinks with it, and does not grow again. */
export function mtusBefore(working: Working, operation: Operation): Operation[] {
  const { netns } = operation
  const links = working.get(netns)?.links
  if (links === undefined || operation.type !== 'set link') return bridgeMtusBefore(working, operation)
  const above = [...followers(links, operation.ifname, operation.set)].flatMap(([ifname, { mtu }]): Operation[] => {
    const before = links.get(ifname)?.mtu
    if (ifname === operation.ifname || mtu === undefined || before === undefined || mtu === before) return []
    return [{ netns, cause: CAUSE, type: 'set link', ifname, set: { mtu: before } }]
  })
  return [...above, ...bridgeMtusBefore(working, operation)]
}
