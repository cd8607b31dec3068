/** desired × observed → plan. A pure comparison; the phases and their reasons are in order.ts. */
import type { NetworkState } from '../state/network.ts'
import { planBridgeMtus } from './bridge-mtu.ts'
import { planGoneBridges, planNewBridges } from './bridge.ts'
import { planCablesInTheWay, planExternals, planNewCables } from './cable.ts'
import { startDraft } from './draft.ts'
import type { Draft, PlanOptions } from './draft.ts'
import { planGoneFiles, planNewFiles } from './file.ts'
import { planInterfaces, planLinkChanges } from './link.ts'
import { planMembers } from './master.ts'
import { planMounts } from './mount.ts'
import { planNeighs } from './neigh.ts'
import { planGoneNetns, planNetns, planRemadeNetns } from './netns.ts'
import type { Plan } from './operation.ts'
import { planGoneMdbs, planMdbs, planPorts } from './port.ts'
import { planRoutes } from './route.ts'
import { planRules } from './rule.ts'
import { planRulesets } from './ruleset.ts'
import { planGoneServices, planNewServices } from './service.ts'
import { planLimits } from './limits.ts'
import { planSetup } from './setup.ts'
import { planLinkSysctls, planNetnsSysctls } from './sysctl.ts'
import { planNewVirtualLinks, planVirtualLinksInTheWay } from './virtual.ts'

const NOTHING: NetworkState = { namespaces: new Map() }

/**
 * The operations that make the network `lab` as desired, in the order in which they are to be applied; none where nothing differs.
 * The same input gives the same plan. `observed` is empty or absent while the lab is not up.
 * Setup commands run in new namespaces only.
 */
export function planChanges(lab: string, desired: NetworkState, observed: NetworkState = NOTHING, options: PlanOptions = {}): Plan {
  const draft = startDraft(desired, observed, options)
  planVirtualLinksInTheWay(draft)
  planCablesInTheWay(draft)
  planRemadeNetns(draft)
  planNamespaces(draft)
  planNewBridges(draft)
  planNewCables(draft)
  planExternals(draft)
  planNewVirtualLinks(draft)
  planMembers(draft)
  planGoneMdbs(draft)
  planLinkChanges(draft)
  planPorts(draft)
  planBridgeMtus(draft)
  planLinkSysctls(draft)
  planInterfaces(draft)
  planMdbs(draft)
  planRouting(draft)
  planRulesets(draft)
  planGoneFiles(draft)
  planLimits(draft)
  planSetup(draft)
  planGoneServices(draft)
  planNewServices(draft)
  planGoneBridges(draft)
  planGoneNetns(draft)
  return Object.freeze({ lab, operations: Object.freeze(draft.operations) })
}

/** One namespace after the other, each with all that needs no link: who makes it is in it at that moment. */
function planNamespaces(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    planNetns(draft, netns, desired)
    planNetnsSysctls(draft, netns, desired)
    planMounts(draft, netns, desired)
    planNewFiles(draft, netns, desired)
  }
}

/** Routes, rules and neighbours of one namespace after the other: one batch each. */
function planRouting(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) {
    planRoutes(draft, netns, desired)
    planRules(draft, netns, desired)
    planNeighs(draft, netns, desired)
  }
}
