import type { NamespaceState } from '../state/network.ts'
import { withDistributions } from '../plan/working.ts'
import { impairmentTexts } from '../state/impairment-text.ts'
import { impairmentOf } from '../state/impairment.ts'
import { endName } from './link-end.ts'
import type { LinkReport } from './link.ts'
import { openLab } from './running.ts'

/** Every end of every cable of a running lab, nodes first. Errors: refusal LAB_UNKNOWN, LAB_DEAD. */
export async function listLinks(lab: string): Promise<readonly LinkReport[]> {
  const { memory, engine } = await openLab(lab)
  try {
    const { network } = await engine.observe(new Map(), { withFacts: true })
    return [...memory.desired.namespaces].flatMap(([netns, desired]) => {
      const there = network.namespaces.get(netns)
      if (there === undefined) return []
      const chains = withDistributions(there.qdiscs, desired.qdiscs)
      return [...desired.links].flatMap(([ifname, link]): LinkReport[] => {
        if (link.kind !== 'veth' || !there.links.has(ifname)) return []
        const impairment = impairmentOf(chains.get(ifname), link.mtu)
        return [
          {
            end: endName(memory, { netns, ifname }),
            peer: endName(memory, link.peer),
            ...carrierOf(there, ifname),
            ...(impairment !== undefined && { impairment: impairmentTexts(impairment) }),
          },
        ]
      })
    })
  } finally {
    await engine.close()
  }
}

function carrierOf(namespace: NamespaceState, ifname: string): Pick<LinkReport, 'up' | 'carrier'> {
  const link = namespace.links.get(ifname)
  return { up: link?.up === true, carrier: link?.facts?.carrier === true }
}
