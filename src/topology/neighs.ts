/** `neighbors`: permanent ARP and NDP entries. ip-neighbour(8). */
import type { Origin } from '../diagnostic/origin.ts'
import { neighKey } from '../state/key.ts'
import type { NeighState } from '../state/network.ts'
import { parseAddress } from '../unit/address.ts'
import { parseMac } from '../unit/mac.ts'
import type { Damage } from './damage.ts'
import type { Findings } from './findings.ts'
import type { Router } from './next-hop.ts'
import { asScalar, itemsOf, scalarAt, valueAt } from './value.ts'
import type { Value } from './value.ts'
import type { Wiring } from './wiring.ts'

interface NeighWords {
  readonly address: string
  readonly mac: string
  readonly dev?: string
  readonly origin: Origin
}

export function readNeighs(router: Router, wiring: Wiring, findings: Findings, damage: Damage): NeighState[] {
  const neighs = new Map<string, NeighState>()
  for (const words of neighWords(valueAt(router.definition.settings, 'neighbors'), findings)) {
    const neigh = readNeigh(words, router, wiring, findings, damage)
    if (neigh === undefined) continue
    const before = neighs.get(neighKey(neigh))
    if (before?.origin === undefined) neighs.set(neighKey(neigh), neigh)
    else {
      findings.error('CONFLICTING_VALUES', words.origin, `${neigh.dst} has an entry on ${neigh.ifname} already.`, {
        related: [{ origin: before.origin, note: 'here first' }],
      })
    }
  }
  return [...neighs.values()]
}

function neighWords(value: Value | undefined, findings: Findings): NeighWords[] {
  if (value?.kind === 'map') {
    return [...value.entries].map(([address, entry]) => ({ address, mac: asScalar(entry.value).text, origin: entry.key }))
  }
  return itemsOf(value).flatMap((item) => {
    if (item.kind !== 'map') return readLine(asScalar(item).text, item.origin, findings)
    const dev = scalarAt(item, 'dev')?.text
    const [address, mac] = [scalarAt(item, 'address')?.text ?? '', scalarAt(item, 'mac')?.text ?? '']
    return [{ address, mac, origin: item.origin, ...(dev !== undefined && { dev }) }]
  })
}

/** `ADDRESS lladdr MAC [dev NAME] [nud permanent]` */
function readLine(line: string, origin: Origin, findings: Findings): NeighWords[] {
  const match = /^\s*(?:to\s+)?(\S+)\s+lladdr\s+(\S+)(?:\s+nud\s+permanent)?(?:\s+dev\s+(\S+))?(?:\s+nud\s+permanent)?\s*$/.exec(
    line.replace(/^\s*(\S+)\s+(dev\s+\S+)\s+(lladdr\s+\S+)/, '$1 $3 $2'),
  )
  if (match === null) {
    const example = '10.0.2.9 lladdr 02:00:00:00:02:09 dev eth0'
    findings.error('INVALID_VALUE', origin, `"${line}" is not a neighbour in the words of "ip neigh add", e.g. ${example}.`)
    return []
  }
  const [, address = '', mac = '', dev] = match
  return [{ address, mac, origin, ...(dev !== undefined && { dev }) }]
}

function readNeigh(words: NeighWords, router: Router, wiring: Wiring, findings: Findings, damage: Damage): NeighState | undefined {
  const { name } = router.definition
  const address = parseAddress(words.address)
  const mac = parseMac(words.mac)
  if (address === undefined) {
    findings.error('INVALID_VALUE', words.origin, `"${words.address}" is not an address.`)
    return undefined
  }
  if (mac.problem !== undefined) {
    findings.error('INVALID_VALUE', words.origin, `${mac.problem}.`)
    return undefined
  }
  const station =
    words.dev === undefined
      ? wiring.connectedTo(router.stations, address.text)?.station
      : router.stations.find((candidate) => candidate.ifname === words.dev)
  if (station !== undefined) {
    return { ifname: station.ifname, family: address.family, dst: address.text, lladdr: mac.value, origin: words.origin }
  }
  if (damage.has(name)) return undefined
  if (words.dev !== undefined) findings.error('UNKNOWN_INTERFACE', words.origin, `${name} has no interface "${words.dev}".`)
  else if (!damage.isCutOff(name))
    findings.error(
      'GATEWAY_NOT_CONNECTED',
      words.origin,
      `${address.text} is on no subnet of ${name}: say on which interface it is with \`dev\`.`,
    )
  return undefined
}
