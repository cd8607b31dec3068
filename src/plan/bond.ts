/** What a bond leaves behind, and nobody can tell: the address and MTU of what it let go, and its own address when it is empty. */
import { remakingDifference } from '../state/equal-link.ts'
import type { LinkState, NetworkState, VirtualLink } from '../state/network.ts'
import type { Options } from '../state/option.ts'
import type { LinkChange } from './link-change.ts'
import type { Loss } from './loss.ts'
import type { SetLink } from './operation.ts'
import type { Working, WorkingNamespace } from './working.ts'

const CAUSES = {
  released: 'its bond has let it go',
  lladdr: 'its last member has gone',
  mtu: 'a bond has let go what it stands on',
} as const

/** Sets it at once, before anything else depends on it: addresses as the file has them, and the MTU that it had until now. */
export function valuesAgain(desired: NetworkState, working: Working, losses: readonly Loss[]): SetLink[] {
  return losses.flatMap((loss): SetLink[] => {
    if (loss.noun !== 'released' && loss.noun !== 'lladdr' && loss.noun !== 'mtu') return []
    const { netns, ifname, noun } = loss
    const wanted = desired.namespaces.get(netns)?.links.get(ifname)
    const set = wanted === undefined ? {} : changeOf(noun, wanted, working.get(netns), ifname)
    if (wanted === undefined || Object.keys(set).length === 0) return []
    return [{ type: 'set link', netns, cause: CAUSES[noun], ...(wanted.origin !== undefined && { origin: wanted.origin }), ifname, set }]
  })
}

/** Nothing where the link is to be made anew, or another bond has given it its own. */
function changeOf(noun: keyof typeof CAUSES, wanted: LinkState, namespace: WorkingNamespace | undefined, ifname: string): LinkChange {
  const there = namespace?.links.get(ifname)
  if (there === undefined || remakingDifference(wanted, there) !== undefined) return {}
  if (noun === 'released' && namespace?.links.get(there.master ?? '')?.kind === 'bond') return {}
  return {
    ...(noun !== 'lladdr' && { mtu: there.mtu }),
    ...(noun !== 'mtu' && wanted.lladdr !== undefined && { lladdr: wanted.lladdr }),
  }
}

/** Those that the kernel tells of every bond, and takes where it has a use for them alone: with EACCES in other modes, EPERM without miimon. */
export function takenOptions({ kind, options }: VirtualLink): Options {
  if (kind !== 'bond') return options
  const isLeftOut = (name: string): boolean =>
    name === 'lacp_rate' ? options['mode'] !== '802.3ad' : (name === 'updelay' || name === 'downdelay') && options['miimon'] === 0
  return Object.fromEntries(Object.entries(options).filter(([name]) => !isLeftOut(name)))
}
