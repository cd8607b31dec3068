/**
 * Where the kernel is not as the file says. Used to verify after `up`, to show drift, and to know that there is nothing to do.
 * A whole object that is missing or too much is one difference; what would stand on it is not listed again.
 */
import type { Origin, Sourced } from '../diagnostic/origin.ts'
import { fileDifferences, isSameRuleset, isSameSysctl, neighDifferences, routeDifferences, serviceDifferences } from './equal.ts'
import { linkDifferences } from './equal-link.ts'
import type { PropertyDifference, PropertyValue } from './equal.ts'
import { droppedFiles, droppedRulesets, droppedServices, findExtras, lostSubnetOf } from './extra.ts'
import type { Standing } from './extra.ts'
import { isSameRoot, mountText, rootText } from './mount.ts'
import { findPrimaryChanges } from './primary.ts'
import { DEFAULT_ISOLATION, isolationText } from './isolation.ts'
import { limitsText, NO_LIMITS } from './limits.ts'
import type { AddrState, NamespaceState, NetworkState } from './network.ts'
import { qdiscDifferences } from './qdisc-equal.ts'
import { qdiscKindText } from './qdisc.ts'
import { routeText, ruleText } from './words.ts'

const THERE = 'there'

/** One thing that differs. Without `desired` it is too much, without `observed` it is missing; a whole object's value is 'there'. */
export interface Difference {
  /** `h1/eth0.mtu`, `h1 route 10.0.0.0/8 via 10.0.0.1 dev eth0`: the object and, after a dot, its property. */
  readonly path: string
  readonly desired?: PropertyValue
  readonly observed?: PropertyValue
  /** Of the desired object. */
  readonly origin?: Origin
}

/** What differs, in the order of the file; what is too much comes last in each namespace. Setup commands are no state: they never differ. */
export function differences(desired: NetworkState, observed: NetworkState, standing: Standing = {}): Difference[] {
  const found: Difference[] = []
  for (const [netns, namespace] of desired.namespaces) {
    const there = observed.namespaces.get(netns)
    if (there === undefined) {
      found.push(difference(netns, namespace, THERE, undefined))
    } else if (there.kind !== namespace.kind) {
      found.push(difference(`${netns}.kind`, namespace, namespace.kind, there.kind))
    } else if (!isSameRoot(namespace.root, there.root)) {
      found.push(difference(`${netns}.root`, namespace.root ?? namespace, rootText(namespace.root), rootText(there.root)))
    } else {
      found.push(...namespaceDifferences(netns, namespace, there, standing))
    }
  }
  for (const [netns] of observed.namespaces) {
    if (!desired.namespaces.has(netns)) found.push(difference(netns, {}, undefined, THERE))
  }
  return found
}

/** `h1/eth0.mtu is 1400, the file says 1500` */
export function formatDifference({ path, desired, observed }: Difference): string {
  if (desired === undefined) return `${path} is not in the file`
  if (observed === undefined && desired === THERE) return `${path} is missing`
  // Rulesets are many lines each.
  if (String(desired).includes('\n') || String(observed).includes('\n')) return `${path} differs from the file`
  return `${path} is ${String(observed ?? 'not set')}, the file says ${String(desired)}`
}

function namespaceDifferences(netns: string, desired: NamespaceState, observed: NamespaceState, standing: Standing): Difference[] {
  return [
    ...hostnameDifferences(netns, desired, observed),
    ...isolationDifferences(netns, desired, observed),
    ...limitDifferences(netns, desired, observed),
    ...linkAndAddrDifferences(netns, desired, observed, standing),
    ...chainDifferences(netns, desired, observed),
    ...routingDifferences(netns, desired, observed),
    ...mountDifferences(netns, desired, observed),
    ...settingDifferences(netns, desired, observed),
    ...extraDifferences(netns, desired, observed, standing),
  ]
}

function hostnameDifferences(netns: string, desired: NamespaceState, observed: NamespaceState): Difference[] {
  if (desired.hostname === undefined || desired.hostname === observed.hostname) return []
  return [difference(`${netns}.hostname`, desired, desired.hostname, observed.hostname)]
}

function isolationDifferences(netns: string, desired: NamespaceState, observed: NamespaceState): Difference[] {
  if (desired.isolation === undefined) return []
  const [wanted, there] = [desired.isolation, observed.isolation ?? DEFAULT_ISOLATION].map(isolationText)
  return wanted === there ? [] : [difference(`${netns}.isolate`, desired, wanted, there)]
}

function limitDifferences(netns: string, desired: NamespaceState, observed: NamespaceState): Difference[] {
  const [wanted, there] = [desired, observed].map(({ limits }) => limitsText(limits ?? NO_LIMITS))
  return wanted === there ? [] : [difference(`${netns}.limits`, desired, wanted, there)]
}

function linkAndAddrDifferences(netns: string, desired: NamespaceState, observed: NamespaceState, standing: Standing): Difference[] {
  const found: Difference[] = []
  for (const [ifname, link] of desired.links) {
    const there = observed.links.get(ifname)
    const path = `${netns}/${ifname}`
    if (there === undefined) found.push(difference(path, link, THERE, undefined))
    else found.push(...ofProperties(path, link, linkDifferences(link, there)))
  }
  for (const [key, addr] of desired.addrs) {
    if (!observed.addrs.has(key) && observed.links.has(addr.ifname)) found.push(difference(addrPath(netns, addr), addr, THERE, undefined))
    const lost = lostSubnetOf(netns, key, observed, standing)
    if (lost !== undefined) found.push(difference(`${addrPath(netns, addr)} subnet ${lost}`, addr, THERE, undefined))
  }
  for (const change of findPrimaryChanges(desired, observed)) {
    found.push(difference(`${netns}/${change.desired.ifname}.primary`, change.desired, change.desired.local, change.observed.local))
  }
  return found
}

function chainDifferences(netns: string, desired: NamespaceState, observed: NamespaceState): Difference[] {
  const found: Difference[] = []
  for (const [ifname, chain] of desired.qdiscs) {
    if (!observed.links.has(ifname)) continue
    const there = observed.qdiscs.get(ifname)
    for (const [index, qdisc] of chain.qdiscs.entries()) {
      const path = `${netns}/${ifname} qdisc ${qdiscKindText(qdisc.options)}`
      const other = there?.qdiscs[index]
      if (other === undefined || other.handle !== qdisc.handle) found.push(difference(path, qdisc, THERE, undefined))
      else found.push(...ofProperties(path, qdisc, qdiscDifferences(qdisc.options, other.options)))
    }
    const more = there?.qdiscs[chain.qdiscs.length]
    if (more !== undefined) found.push(difference(`${netns}/${ifname} qdisc ${qdiscKindText(more.options)}`, {}, undefined, THERE))
  }
  return found
}

function routingDifferences(netns: string, desired: NamespaceState, observed: NamespaceState): Difference[] {
  const found: Difference[] = []
  for (const [key, route] of desired.routes) {
    const there = observed.routes.get(key)
    const path = `${netns} route ${routeText(route)}`
    if (there !== undefined) found.push(...ofProperties(path, route, routeDifferences(route, there)))
    else if (route.nexthops.every((nexthop) => observed.links.has(nexthop.dev))) found.push(difference(path, route, THERE, undefined))
  }
  for (const [key, rule] of desired.rules) {
    if (!observed.rules.has(key)) found.push(difference(`${netns} rule ${ruleText(rule)}`, rule, THERE, undefined))
  }
  for (const [key, neigh] of desired.neighs) {
    const there = observed.neighs.get(key)
    const path = `${netns} neigh ${neigh.dst} dev ${neigh.ifname}`
    if (there !== undefined) found.push(...ofProperties(path, neigh, neighDifferences(neigh, there)))
    else if (observed.links.has(neigh.ifname)) found.push(difference(path, neigh, THERE, undefined))
  }
  return found
}

function mountDifferences(netns: string, desired: NamespaceState, observed: NamespaceState): Difference[] {
  const found: Difference[] = []
  for (const [path, mount] of desired.mounts) {
    const there = observed.mounts.get(path)
    const [wanted, text] = [mountText(mount), there && mountText(there)]
    if (there === undefined) found.push(difference(`${netns} mount ${path}`, mount, THERE, undefined))
    else if (text !== wanted) found.push(difference(`${netns} mount ${path}`, mount, wanted, text))
  }
  for (const path of observed.mounts.keys())
    if (!desired.mounts.has(path)) found.push(difference(`${netns} mount ${path}`, {}, undefined, THERE))
  return found
}

function settingDifferences(netns: string, desired: NamespaceState, observed: NamespaceState): Difference[] {
  const found: Difference[] = []
  for (const [name, sysctl] of desired.sysctls) {
    const there = observed.sysctls.get(name)
    if (there !== undefined && isSameSysctl(sysctl, there)) continue
    found.push(difference(`${netns} sysctl ${name}`, sysctl, sysctl.value, there?.value))
  }
  for (const [path, file] of desired.files) {
    const there = observed.files.get(path)
    if (there === undefined) found.push(difference(`${netns} file ${path}`, file, THERE, undefined))
    else found.push(...ofProperties(`${netns} file ${path}`, file, fileDifferences(file, there)))
  }
  for (const [name, service] of desired.services) {
    const there = observed.services.get(name)
    if (there === undefined) found.push(difference(`${netns} service ${name}`, service, THERE, undefined))
    else found.push(...ofProperties(`${netns} service ${name}`, service, serviceDifferences(service, there)))
  }
  for (const [tool, ruleset] of desired.rulesets) {
    const there = observed.rulesets.get(tool)
    if (!isSameRuleset(ruleset, there)) found.push(difference(`${netns} ${tool}`, ruleset, ruleset.canonical, there?.canonical ?? ''))
  }
  return found
}

function ofProperties(path: string, of: Sourced, properties: readonly PropertyDifference[]): Difference[] {
  return properties.map((one) => difference(`${path}.${one.property}`, of, one.desired, one.observed))
}

function extraDifferences(netns: string, desired: NamespaceState, observed: NamespaceState, standing: Standing): Difference[] {
  const extras = findExtras(netns, desired, observed, standing)
  return [
    ...extras.links.map(([ifname]) => difference(`${netns}/${ifname}`, {}, undefined, THERE)),
    ...extras.qdiscs.map(([ifname]) => difference(`${netns}/${ifname} qdisc`, {}, undefined, THERE)),
    ...extras.addrs.map((addr) => difference(addrPath(netns, addr), {}, undefined, THERE)),
    ...extras.routes.map((route) => difference(`${netns} route ${routeText(route)}`, {}, undefined, THERE)),
    ...extras.rules.map((rule) => difference(`${netns} rule ${ruleText(rule)}`, {}, undefined, THERE)),
    ...extras.neighs.map((neigh) => difference(`${netns} neigh ${neigh.dst} dev ${neigh.ifname}`, {}, undefined, THERE)),
    ...droppedRulesets(netns, desired, observed, standing).map((tool) =>
      difference(`${netns} ${tool}`, {}, undefined, observed.rulesets.get(tool)?.canonical ?? ''),
    ),
    ...droppedFiles(netns, desired, observed, standing).map((path) => difference(`${netns} file ${path}`, {}, undefined, THERE)),
    ...droppedServices(desired, observed).map((name) => difference(`${netns} service ${name}`, {}, undefined, THERE)),
  ]
}

function difference(path: string, of: Sourced, desired: PropertyValue | undefined, observed: PropertyValue | undefined): Difference {
  return {
    path,
    ...(desired !== undefined && { desired }),
    ...(observed !== undefined && { observed }),
    ...(of.origin !== undefined && { origin: of.origin }),
  }
}

function addrPath(netns: string, addr: AddrState): string {
  return `${netns}/${addr.ifname} addr ${addr.local}/${addr.prefixlen}`
}
