/** Settings of a kernel by which it answers nobody, and counts nothing. */
import type { Session } from './session.ts'

/** What is asked of the node, by its interface `ifname`. */
export type Asked = 'echo' | 'neighbour'

interface Silencer {
  readonly name: string
  /** Values that silence it. */
  readonly values: readonly string[]
}

/** Documentation/networking/ip-sysctl.rst */
function silencersOf(asked: Asked, family: 4 | 6, ifname: string): Silencer[] {
  if (asked === 'neighbour')
    return family === 6 ? [] : ['all', ifname].map((scope) => ({ name: `net.ipv4.conf.${scope}.arp_ignore`, values: ['3', '8'] }))
  const names = family === 4 ? ['net.ipv4.icmp_echo_ignore_all'] : ['net.ipv6.icmp.echo_ignore_all']
  return names.map((name) => ({ name, values: ['1'] }))
}

/** Which of them keeps the node from answering. */
export async function silenceCauses({ engine }: Session, netns: string, ifname: string, asked: Asked, family: 4 | 6): Promise<string[]> {
  const silencers = silencersOf(asked, family, ifname)
  if (silencers.length === 0) return []
  const { network } = await engine.observe(new Map([[netns, { sysctls: silencers.map(({ name }) => name), files: [] }]]))
  const what = asked === 'echo' ? 'no echo request' : 'no ARP request for this address'
  return silencers.flatMap(({ name, values }) => {
    const value = network.namespaces.get(netns)?.sysctls.get(name)?.value
    return value !== undefined && values.includes(value) ? [`${netns} answers ${what}: its ${name} is ${value}.`] : []
  })
}
