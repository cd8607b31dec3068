/** Whether prefixes contain addresses. Text in, canonical as the model has it. */
import ipaddr from 'ipaddr.js'

/** Whether `prefix` (`10.0.0.0/8`) contains `address`; false across families. */
export function containsAddress(prefix: string, address: string): boolean {
  const network = ipaddr.parseCIDR(prefix)
  const parsed = ipaddr.parse(address)
  return network[0].kind() === parsed.kind() && parsed.match(network)
}

export function prefixlenOf(prefix: string): number {
  return Number(prefix.slice(prefix.indexOf('/') + 1))
}
