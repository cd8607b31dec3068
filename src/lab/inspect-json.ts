/** `netlab inspect --json`: maps become lists in their order; the fields inside are those of src/state/network.ts. */
import type { LinkState } from '../state/network.ts'
import { bridgeAt } from './bridge-at.ts'
import type { InspectedNamespace, Inspection } from './inspect.ts'

export function inspectionJson(inspection: Inspection, shown: readonly InspectedNamespace[]): object {
  const { name, file, holderPid, since } = inspection.record
  const namespaces = shown.map((namespace) => namespaceJson(namespace, inspection.namespaces))
  return { lab: name, file: file ?? null, holderPid, since, namespaces }
}

function namespaceJson(namespace: InspectedNamespace, all: readonly InspectedNamespace[]): object {
  const { name, inodes, pids, state, usage } = namespace
  return {
    name,
    kind: state.kind,
    inodes,
    pids,
    hostname: state.hostname ?? null,
    limits: state.limits ?? null,
    usage: usage ?? null,
    root: state.root ?? null,
    mounts: [...state.mounts].map(([path, mount]) => ({ path, ...mount })),
    links: [...state.links].map(([ifname, link]) => linkJson(ifname, link, all)),
    addrs: [...state.addrs.values()],
    routes: [...state.routes.values()],
    rules: [...state.rules.values()],
    neighs: [...state.neighs.values()],
    sysctls: Object.fromEntries([...state.sysctls].map(([name, sysctl]) => [name, sysctl.value])),
    files: [...state.files].map(([path, file]) => ({ path, mode: file.mode.toString(8).padStart(4, '0'), sha256: file.sha256 })),
    rulesets: Object.fromEntries([...state.rulesets].map(([tool, ruleset]) => [tool, ruleset.canonical])),
    services: Object.fromEntries([...state.services].map(([service, { status }]) => [service, status ?? null])),
  }
}

/** `bridge`: of a cable that leads to a port of one. */
function linkJson(ifname: string, link: LinkState, all: readonly InspectedNamespace[]): object {
  const { facts, ...properties } = link
  const bridge = link.kind === 'veth' ? bridgeAt(link.peer, all) : undefined
  return { ifname, ...properties, ...(bridge !== undefined && { bridge }), ...facts }
}
