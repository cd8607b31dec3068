/** Names of ICMP errors: those of iptables' --reject-with, without the `icmp-` and `icmp6-` before them. iptables-extensions(8), RFC 792, RFC 4443. */
import type { IcmpCode } from './test.ts'

/** By name: the code of "destination unreachable" in IPv4 (type 3) and IPv6 (type 1). */
const CODES: Readonly<Record<string, { readonly v4?: number; readonly v6?: number }>> = {
  'net-unreachable': { v4: 0, v6: 0 },
  'no-route': { v4: 0, v6: 0 },
  'host-unreachable': { v4: 1, v6: 3 },
  'addr-unreachable': { v4: 1, v6: 3 },
  'proto-unreachable': { v4: 2 },
  'port-unreachable': { v4: 3, v6: 4 },
  'frag-needed': { v4: 4 },
  'net-prohibited': { v4: 9, v6: 1 },
  'host-prohibited': { v4: 10, v6: 1 },
  'admin-prohibited': { v4: 13, v6: 1 },
  'adm-prohibited': { v4: 13, v6: 1 },
}

export const ICMP_CODE_NAMES = Object.keys(CODES)

/** A number stands for itself in both families. */
export function parseIcmpCode(text: string): IcmpCode | undefined {
  if (/^\d+$/.test(text)) return { text, v4: Number(text), v6: Number(text) }
  const known = CODES[text.replace(/^icmp6?-/, '')]
  return known === undefined ? undefined : { text, ...known }
}
