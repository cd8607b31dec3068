/** The nodes, addresses and cables that tests speak of. */
import { didYouMean } from '../../diagnostic/suggest.ts'
import { parseAddress } from '../../unit/address.ts'
import { containsAddress } from '../../unit/prefix.ts'
import { expandRange } from '../../unit/range.ts'
import type { ServiceName } from '../../state/service.ts'
import type { Damage } from '../damage.ts'
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
  cableEnd(word: ScalarValue): CableEnd | undefined
  service(node: ScalarValue, service: ScalarValue): ServiceName | undefined
}

export interface Asked {
  readonly word: ScalarValue
  readonly owner?: string
  readonly address?: string
}

export function createPlaces(topology: Topology, findings: Findings, damage: Damage): Places {
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
      const own = topology.nodes.get(node)?.interfaces
      if (own === undefined) unknown(word, node)
      else if (ifname === undefined && own.size === 1) return { node, ifname: [...own.keys()][0]! }
      else if (ifname === undefined || more !== undefined || !own.has(ifname)) {
        const has = own.size === 0 ? 'It has none.' : `It has ${[...own.keys()].join(', ')}.`
        const detail = ifname === undefined ? `Which interface of "${node}"?` : `The node "${node}" has no interface "${ifname}".`
        findings.error('UNKNOWN_INTERFACE', word.origin, `${detail} ${has}`)
      } else return { node, ifname }
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
