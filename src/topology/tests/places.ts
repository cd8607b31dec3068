/** The nodes, addresses and cables that tests speak of. */
import { didYouMean } from '../../diagnostic/suggest.ts'
import { parseAddress } from '../../unit/address.ts'
import { containsAddress } from '../../unit/prefix.ts'
import { expandRange } from '../../unit/range.ts'
import { FABRIC, type NetworkState } from '../../state/network.ts'
import { isPortOf } from '../../state/port.ts'
import type { ServiceName } from '../../state/service.ts'
import type { Damage } from '../damage.ts'
import { desiredState } from '../desired.ts'
import type { Findings } from '../findings.ts'
import type { InterfaceAddress, Topology } from '../topology.ts'
import type { ScalarValue } from '../value.ts'
import type { CableEnd, Target } from './test.ts'

export interface Places {
  /** Nodes, or bridges with an address, by names, ranges and `all`. */
  nodes(words: readonly ScalarValue[]): string[]
  /** What may be asked: as `nodes`, and addresses. `undefined` address: the choice depends on who asks. */
  targets(words: readonly ScalarValue[]): Asked[]
  /** The address by which `from` asks; undefined where the target has none of the family. */
  addressFor(from: string, asked: Asked, family: 4 | 6 | undefined): Target | undefined
  /** All addresses of a node or bridge, or the address itself. */
  addressesOf(word: ScalarValue): string[] | undefined
  /** `node:ifname`, or a port of a bridge as `netlab link ls` has it, `s1:s1.s2`. */
  cableEnd(word: ScalarValue): CableEnd | undefined
  service(node: ScalarValue, service: ScalarValue): ServiceName | undefined
}

export interface Asked {
  readonly word: ScalarValue
  readonly owner?: string
  readonly address?: string
}

/** The network that a topology means, worked out when it is first asked for: most tests name no port of a bridge. */
export function networkOf(topology: Topology): () => NetworkState {
  let network: NetworkState | undefined
  return () => (network ??= desiredState(topology))
}

/** `network`: that of the topology. */
export function createPlaces(topology: Topology, findings: Findings, damage: Damage, network: () => NetworkState): Places {
  const addresses = new Map<string, readonly InterfaceAddress[]>()
  for (const node of topology.nodes.values())
    addresses.set(node.name, [...[...node.interfaces.values()].flatMap((link) => link.addresses), ...node.loopback])
  for (const bridge of topology.bridges.values()) if (bridge.addresses.length > 0) addresses.set(bridge.name, bridge.addresses)
  const owners = new Map([...addresses].flatMap(([owner, own]) => own.map(({ prefix }) => [prefix.address, owner] as const)))

  const unknown = (word: ScalarValue, name: string): void => {
    if (damage.has(name)) return
    const bridge = topology.bridges.has(name) ? ` "${name}" is a bridge without an address.` : ''
    findings.error('UNKNOWN_NODE', word.origin, `There is no node "${name}".${bridge}${didYouMean(name, addresses.keys())}`)
  }
  const expand = (word: ScalarValue): readonly string[] => {
    if (word.text === 'all' && !addresses.has('all')) return [...topology.nodes.keys()]
    const names = expandRange(word.text)
    if (names.problem !== undefined) findings.error('INVALID_NAME', word.origin, `${names.problem}.`)
    return names.value ?? []
  }
  const known = (word: ScalarValue): string[] =>
    expand(word).filter((name) => {
      if (addresses.has(name)) return true
      unknown(word, name)
      return false
    })

  const bridgeEnd = (word: ScalarValue, name: string, ifname: string | undefined): CableEnd | undefined => {
    // What is wrong elsewhere comes first: without it nobody knows the ports.
    if (findings.hasErrors()) return undefined
    const netns = addresses.has(name) ? name : FABRIC
    const links = [...(network().namespaces.get(netns)?.links ?? [])].filter(([, link]) => isPortOf(network(), netns, link, name))
    const ports = links.map(([port]) => port)
    if (ifname !== undefined && ports.includes(ifname)) return { node: netns, ifname, word: `${name}:${ifname}` }
    const has = ports.length === 0 ? 'It has none.' : `It has ${ports.join(', ')}.`
    const detail = ifname === undefined ? `Which port of "${name}"?` : `The bridge "${name}" has no port "${ifname}".`
    findings.error('UNKNOWN_INTERFACE', word.origin, `${detail} ${has}`)
    return undefined
  }

  return {
    nodes: (words) => [...new Set(words.flatMap(known))],
    targets: (words) =>
      words.flatMap((word): Asked[] => {
        const address = parseAddress(word.text)?.text
        if (address === undefined) return known(word).map((owner) => ({ word, owner }))
        const owner = owners.get(address)
        return [{ word, address, ...(owner !== undefined && { owner }) }]
      }),
    addressFor: (from, { word, owner, address }, family) => {
      if (address !== undefined) return { text: word.text, address, ...(owner !== undefined && { owner }) }
      const own = addresses.get(from) ?? []
      const theirs = (addresses.get(owner!) ?? []).filter(({ prefix }) => family === undefined || prefix.family === family)
      const askable = theirs.filter(({ prefix }) => own.some((mine) => mine.prefix.family === prefix.family))
      const first = (list: readonly InterfaceAddress[]): InterfaceAddress | undefined =>
        list.find(({ prefix }) => prefix.family === 4) ?? list[0]
      const shared = askable.filter((their) => own.some((mine) => containsAddress(mine.prefix, their.prefix.address)))
      const chosen = first(shared) ?? first(askable) ?? first(theirs)
      return chosen === undefined ? undefined : { text: owner!, address: chosen.prefix.address, owner: owner! }
    },
    addressesOf: (word) => {
      const address = parseAddress(word.text)?.text
      if (address !== undefined) return [address]
      const own = addresses.get(word.text)
      if (own === undefined) unknown(word, word.text)
      return own?.map(({ prefix }) => prefix.address)
    },
    cableEnd: (word) => {
      const [node = '', ifname, more] = word.text.split(':')
      if (topology.bridges.has(node)) return bridgeEnd(word, node, ifname)
      const own = topology.nodes.get(node)?.interfaces
      if (own === undefined) unknown(word, node)
      else if (ifname === undefined && own.size === 1) return endOf(node, [...own.keys()][0]!)
      else if (ifname === undefined || more !== undefined || !own.has(ifname)) {
        const has = own.size === 0 ? 'It has none.' : `It has ${[...own.keys()].join(', ')}.`
        const detail = ifname === undefined ? `Which interface of "${node}"?` : `The node "${node}" has no interface "${ifname}".`
        findings.error('UNKNOWN_INTERFACE', word.origin, `${detail} ${has}`)
      } else return endOf(node, ifname)
      return undefined
    },
    service: (node, service) => {
      const own = topology.nodes.get(node.text)?.settings.services
      if (own === undefined) unknown(node, node.text)
      else if (own.has(service.text)) return { netns: node.text, service: service.text }
      else {
        const has = own.size === 0 ? 'It has none.' : `It has ${[...own.keys()].join(', ')}.`
        findings.error('SERVICE_UNKNOWN', service.origin, `The node "${node.text}" has no service "${service.text}". ${has}`)
      }
      return undefined
    },
  }
}

function endOf(node: string, ifname: string): CableEnd {
  return { node, ifname, word: `${node}:${ifname}` }
}
