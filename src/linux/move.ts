// A link on its way from one namespace of the lab to another.
import type { LinkEnd } from '../state/network.ts'
import type { Refusal } from './apply.ts'
import { moveLink } from './message/link.ts'
import { readIfindexes } from './observe.ts'
import { transact } from './transport.ts'
import { namespaceOf, type World } from './world.ts'

/** Moves it, under a name there; its number stays, which is its own in the whole lab. Returns the kernel's no. */
export function moveInLab(world: World, from: LinkEnd, to: LinkEnd): Pick<Refusal, 'code' | 'extack'> | undefined {
  const [source, target] = [namespaceOf(world, from.netns), namespaceOf(world, to.netns)]
  readIfindexes(world, source)
  const ifindex = source.ifindexes.get(from.ifname)
  if (ifindex === undefined) return { code: 'ENODEV' }
  const [refusal] = transact(source.netlink, [moveLink(ifindex, target.net, to.ifname, ifindex)])
  if (refusal !== undefined) return refusal
  source.ifindexes.delete(from.ifname)
  target.ifindexes.set(to.ifname, ifindex)
  return undefined
}
