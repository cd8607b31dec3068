/** Far ends of tunnels that the file gives as nodes, settled when all addresses are; and what is odd about tunnels then. */
import { didYouMean } from '../diagnostic/suggest.ts'
import { KINDS } from '../state/kind.ts'
import { parseAddress } from '../unit/address.ts'
import type { Definitions } from './definitions.ts'
import { farEndOf } from './far-end.ts'
import type { Findings } from './findings.ts'
import type { Station } from './interfaces.ts'
import { FAR_END } from './kind-options.ts'
import { scalarAt } from './value.ts'
import type { NodeStations } from './virtuals.ts'
import type { Wiring } from './wiring.ts'

export function settleFarEnds(definitions: Definitions, nodeStations: NodeStations, wiring: Wiring, findings: Findings): void {
  for (const stations of nodeStations.values()) {
    for (const station of stations.values()) {
      const remote = station.virtual?.options[FAR_END]
      if (typeof remote === 'string' && parseAddress(remote) === undefined) settle(station, remote, definitions, wiring, findings)
    }
  }
}

function settle(station: Station, remote: string, definitions: Definitions, wiring: Wiring, findings: Findings): void {
  const { virtual, definition } = station
  const scalar = scalarAt(virtual?.settings, FAR_END)
  if (virtual === undefined || virtual.kind === 'bridge' || scalar === undefined) return
  const far = definitions.nodes.get(remote)
  if (far === undefined) {
    const names = findings.isFull() ? [] : definitions.nodes.keys()
    findings.error('UNKNOWN_NODE', scalar.origin, `"${remote}" is neither an address nor a node.${didYouMean(remote, names)}`)
    return
  }
  const option = KINDS[virtual.kind].options.find(({ name }) => name === FAR_END)
  const end = farEndOf(definition, far, option?.type === 'address' ? option.family : 'any', wiring)
  if (end === undefined) {
    findings.error('UNREACHABLE_ROUTE', scalar.origin, `${remote} has no address to which packets of ${station.ifname} could go.`)
    return
  }
  const local = virtual.options['local'] ?? end.local
  virtual.options = { ...virtual.options, remote: end.remote, ...(local !== undefined && { local }) }
}
