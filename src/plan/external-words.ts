/** Interfaces of the machine on their way, in iproute2's words. */
import { HOST } from '../state/network.ts'
import type { ExternalLink } from '../state/network.ts'
import { netnsName } from './netns-words.ts'
import type { DelLink, TakeLink } from './operation.ts'
import { quote } from './quote.ts'
import type { IpCommand } from './words.ts'

export function takeCommands({ netns, ifname, link }: TakeLink, lab: string): readonly IpCommand[] {
  const { device, lladdr, mtu } = link
  const settings = [`mtu ${mtu}`, ...(lladdr === undefined ? [] : [`address ${lladdr}`]), `alias ${quote(link.alias ?? '')}`]
  return [
    { netns: HOST, words: `link set ${quote(device)} netns ${quote(netnsName(lab, netns))} name ${quote(ifname)}` },
    { netns, words: `link set ${quote(ifname)} ${settings.join(' ')}` },
  ]
}

/** `netns 1`: that of the machine's first process. */
export function returnCommands({ netns, ifname }: DelLink, { device }: ExternalLink): readonly IpCommand[] {
  return [{ netns, words: `link set ${quote(ifname)} netns 1 name ${quote(device)}` }]
}
